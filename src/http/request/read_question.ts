// Turns validated parameters into a question: parses references, keys and platforms, and refuses what would weaken trust.

import type * as z from 'zod';
import { type ArtifactDigest, isArtifactDigest, isDigest } from '../../core/crypto/digest.ts';
import type { PublicKey } from '../../core/crypto/public_key.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { parsePredicateType } from '../../core/formats/in_toto.ts';
import {
  fullName,
  type ImageReference,
  parseImageReference,
  parseRepositoryName,
} from '../../core/reference.ts';
import { parsePlatform } from '../../registry/platform.ts';
import type {
  EvidenceQuestion,
  HeldEvidence,
  ImageQuestion,
  NamedImage,
  NamedTrust,
  Question,
} from '../../verify/question.ts';
import { parsed } from './parsed.ts';
import { publicKeyFromPem, publicKeyFromQuery } from './read_public_key.ts';
import type { offlineQuerySchema, verifyBodySchema, verifyQuerySchema } from './schemas.ts';

/** The policy that applies if the caller names neither keys nor a policy. */
export const DEFAULT_POLICY = 'default';

export function imageQuestion(
  reference: string,
  parameters: Partial<z.output<typeof verifyQuerySchema>>,
): ImageQuestion {
  return {
    ...imageOf(reference, parameters),
    trust: namedTrust(parameters.key, parameters.policy),
    annotations: splitAnnotations(parameters.annotation),
    ...attestationOf(parameters.attestation),
    ...(parameters.transparency !== undefined && { transparency: parameters.transparency }),
  };
}

export async function imageQuestionFromBody(
  body: z.output<typeof verifyBodySchema>,
  readKey = publicKeyFromPem,
): Promise<ImageQuestion> {
  const { keys, policy, publicKeys, transparency, annotations = {} } = body;
  const own = publicKeys === undefined ? undefined : await Promise.all(publicKeys.map(readKey));
  return {
    ...imageOf(body.image, body),
    trust: chooseTrust(keys, policy, own, transparency === 'unsafe-none'),
    annotations: Object.entries(annotations),
    ...attestationOf(body.attestation?.type),
    ...strengthened(transparency),
  };
}

/** Parses the caller's claim of where an artifact is meant to go. @throws CallerError if it names a different digest */
export function statedReference(text: string, digest: ArtifactDigest): ImageReference {
  const reference = parsed('BAD_REFERENCE', () => parseImageReference(text));
  if (reference.digest === undefined || reference.digest === digest) return reference;
  throw new CallerError('BAD_REQUEST', 'reference: names a digest other than that of the artifact.');
}

const DIGEST_FORMS = 'sha256: and 64 lower-case hexadecimal digits (or sha384: and 96, sha512: and 128)';

/** The digest in the path of evidence. Error: `BAD_DIGEST`. */
export function digestInPath(text: string): ArtifactDigest {
  if (isArtifactDigest(text)) return text;
  throw new CallerError(
    'BAD_DIGEST',
    `Expected ${DIGEST_FORMS} in the path. To ask about an image by name, use GET, or POST /v1/verify.`,
  );
}

/** In a field or parameter of the name `digest`. Error: `BAD_DIGEST`. */
export function artifactDigest(text: string): ArtifactDigest {
  if (isArtifactDigest(text)) return text;
  throw new CallerError('BAD_DIGEST', `digest: expected ${DIGEST_FORMS}.`);
}

export async function evidenceQuestion(
  digest: ArtifactDigest,
  parameters: z.output<typeof offlineQuerySchema>,
  held: HeldEvidence,
): Promise<EvidenceQuestion> {
  if (held.form === 'simple-signing' && !isDigest(digest))
    throw new CallerError(
      'BAD_DIGEST',
      'The digest of an image must be sha256: and 64 lower-case hexadecimal digits.',
    );
  const { key, policy, publicKey, transparency, annotation, reference } = parameters;
  const own = publicKey === undefined ? undefined : await Promise.all(publicKey.map(publicKeyFromQuery));
  return {
    digest,
    held: [held],
    trust: chooseTrust(key, policy, own, transparency === 'unsafe-none'),
    annotations: splitAnnotations(annotation),
    ...attestationOf(parameters.attestation),
    ...strengthened(transparency),
    ...(reference !== undefined && {
      reference: statedReference(reference, digest),
    }),
  };
}

/** The full names that answering the question reads from. */
export function namesIn({ reference, signatures }: NamedImage): string[] {
  return [fullName(reference), ...(signatures === undefined ? [] : [fullName(signatures)])];
}

/** Errors: `BAD_REFERENCE`; `BAD_REQUEST` for the platform. */
export function imageOf(
  reference: string,
  { platform, signatures }: { platform?: string | undefined; signatures?: string | undefined },
): NamedImage {
  return {
    reference: parsed('BAD_REFERENCE', () => parseImageReference(reference)),
    ...(platform !== undefined && { platform: parsed('BAD_REQUEST', () => parsePlatform(platform)) }),
    ...(signatures !== undefined && { signatures: repositoryOfSignatures(signatures) }),
  };
}

function repositoryOfSignatures(text: string): ImageReference {
  const repository = attempt(() => parseRepositoryName(text));
  if (repository instanceof Malformed)
    throw new CallerError('BAD_REFERENCE', `signatures: ${repository.problem}.`);
  return repository;
}

function chooseTrust(
  keys: string[] | undefined,
  policy: string | undefined,
  own: PublicKey[] | undefined,
  isLogWaived: boolean,
): NamedTrust {
  if (own !== undefined) {
    if (keys !== undefined || policy !== undefined) {
      throw new CallerError(
        'BAD_REQUEST',
        'Name stored keys, a policy, or your own public keys, but only one of the three.',
      );
    }
    return { publicKeys: own, isLogWaived };
  }
  if (isLogWaived) {
    throw new CallerError(
      'BAD_REQUEST',
      'transparency=unsafe-none is only for your own public keys. For a stored key it is set on the key.',
    );
  }
  return namedTrust(keys, policy);
}

function namedTrust(keys: string[] | undefined, policy: string | undefined): NamedTrust {
  if (keys !== undefined && policy !== undefined)
    throw new CallerError('BAD_REQUEST', 'Name keys or a policy, not both.');
  if (keys !== undefined) return { keys };
  return { policy: { id: policy ?? DEFAULT_POLICY, isImplied: policy === undefined } };
}

export function attestationOf(type: string | undefined): Pick<Question, 'attestation'> {
  return type === undefined ? {} : { attestation: parsed('BAD_REQUEST', () => parsePredicateType(type)) };
}

function strengthened(
  transparency: 'required' | 'online' | 'unsafe-none' | undefined,
): Pick<Question, 'transparency'> {
  return transparency === undefined || transparency === 'unsafe-none' ? {} : { transparency };
}

/** Splits at the first equals sign, as cosign's `-a` does. */
export function splitAnnotations(texts: string[] | undefined): [string, string][] {
  return (texts ?? []).map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
}
