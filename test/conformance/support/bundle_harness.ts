// Valid bundles and attached envelopes by a signer and a log, to be verified by the core after a case has changed one thing.
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import type { BundleEvidence, EnvelopeEvidence } from '../../../src/core/evidence/evidence.ts';
import type { TrustedLog } from '../../../src/core/trust/trusted_log.ts';
import {
  type BundleParts,
  bundle,
  bundleEntry,
  dsseBody,
  type Envelope,
  envelope,
  hashedBodyV2,
  hintOf,
  intotoBody,
  pae,
  type StatementOptions,
  statement,
} from '../../support/bundles.ts';
import { type Bytes, base64, digest, text, utf8 } from '../../support/bytes.ts';
import { type FakeLog, makeLog } from '../../support/fake_log.ts';
import { type BundleEntry, type FakeLogV2, makeLogV2 } from '../../support/fake_log_v2.ts';
import { type Algorithm, type Hash, makeKey, type Signer } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { LOGGED_AT, NOW, type Subject, trusted, trustedLog, trustIn } from './harness.ts';

export type Kind = 'dsse' | 'intoto' | 'hashedrekord' | 'v2';

export interface Making {
  kind?: Kind;
  /** A bare signature over an artifact in place of a statement. */
  isMessage?: boolean;
  algorithm?: Algorithm;
  signer?: Signer;
  hash?: Hash;
  statement?: StatementOptions;
  mediaType?: string;
  log?: FakeLog;
  logV2?: FakeLogV2;
}

export interface BundleSubject extends Subject<BundleEvidence> {
  logV2: FakeLogV2;
  /** The bytes that were signed: the encoding of an envelope, or the artifact. */
  message: Bytes;
  signature: string;
  envelope?: Envelope;
  artifact: Bytes;
  parts: BundleParts;
}

/** The hash algorithm that bundles prescribe for a key. */
export function bundleHash(algorithm: Algorithm): Hash {
  return algorithm === 'P-384' ? 'SHA-384' : algorithm === 'P-521' ? 'SHA-512' : 'SHA-256';
}

/** A genuine, logged bundle by a trusted key, found as a referrer of an image. */
export async function makeBundle(options: Making = {}): Promise<BundleSubject> {
  const { kind = 'dsse', isMessage = false, mediaType } = options;
  const signer = options.signer ?? (await makeKey(options.algorithm ?? 'P-256'));
  const hash = options.hash ?? bundleHash(signer.algorithm);
  const log = options.log ?? (await makeLog());
  const logV2 = options.logV2 ?? (await makeLogV2());
  const artifact = crypto.getRandomValues(new Uint8Array(16));
  const about = parseDigest(await digest(artifact));
  const payload = statement(about, options.statement);
  const signed = isMessage ? undefined : await envelope(signer, payload, { hash });
  const message = signed === undefined ? artifact : pae(signed.payloadType, payload);
  const signature = signed?.signatures[0]?.sig ?? base64(await signer.sign(artifact, hash));
  await log.append(`{"filler":"${about}"}`, LOGGED_AT);
  await logV2.append(`{"filler":"${about}","kind":"","apiVersion":""}`);
  const parts: BundleParts = {
    ...(mediaType !== undefined && { mediaType }),
    hint: hintOf(signer),
    content:
      signed === undefined
        ? {
            messageSignature: {
              messageDigest: { algorithm: 'SHA2_256', digest: base64(fromHex(about)) },
              signature,
            },
          }
        : { dsseEnvelope: signed },
    tlogEntries: [],
  };
  const subject: BundleSubject = {
    signer,
    log,
    logV2,
    logged: await log.get(0),
    digest: about,
    message,
    signature,
    ...(signed !== undefined && { envelope: signed }),
    artifact,
    parts,
    evidence: {
      format: 'sigstore-bundle',
      source: { index: 0, via: isMessage ? 'request' : 'referrers' },
      subject: messageOfDigest(about),
      bundle: new Uint8Array(),
      facts: new Map(),
    },
    trust: await trustIn([await trusted(signer)], [await trustedLog(log), await trustedLogV2(logV2)]),
    requirements: { name: 'registry.example/app', annotations: [] },
    now: NOW,
    questions: [],
  };
  parts.tlogEntries = [await logEntry(subject, kind, hash)];
  await rebuild(subject);
  return subject;
}

/** A log entry about the subject's signature. */
export async function logEntry(
  subject: BundleSubject,
  kind: Kind,
  hash: Hash = 'SHA-256',
): Promise<BundleEntry> {
  const { signer, log, logV2, message, signature, envelope: signed } = subject;
  if (kind === 'v2') return logV2.append(await hashedBodyV2(message, signature, signer, { hash }));
  const layer = { payload: message, signature };
  const body =
    kind === 'hashedrekord' || signed === undefined
      ? await logBody('hashedrekord', layer, signer, { hash })
      : await envelopeBody(kind, signed, signer);
  const { entry } = await log.append(body, LOGGED_AT);
  return bundleEntry(entry);
}

function envelopeBody(kind: 'dsse' | 'intoto', signed: Envelope, signer: Signer): Promise<string> {
  const given = JSON.stringify(signed);
  return kind === 'dsse' ? dsseBody(signed, signer, given) : intotoBody('0.0.2', signed, signer, given);
}

/** Builds the bundle from the parts and puts it into the evidence; a bundle beside an image is listed by its digest and size. */
export async function rebuild(
  subject: BundleSubject,
  // biome-ignore lint/suspicious/noExplicitAny: bundles are edited into forms that no type allows
  edit: (bundle: any) => void = () => undefined,
): Promise<void> {
  const document = structuredClone(bundle(subject.parts));
  edit(document);
  await setBundle(subject, utf8(JSON.stringify(document)));
}

export async function setBundle({ evidence }: BundleSubject, bytes: Bytes): Promise<void> {
  evidence.bundle = bytes;
  if (evidence.source.via !== 'request')
    evidence.layer = { digest: parseDigest(await digest(bytes)), size: bytes.length };
}

/** Signs and logs another payload, so that only the payload's content can be wrong. */
export async function resignBundle(
  subject: BundleSubject,
  payload: Bytes,
  options: { payloadType?: string; kind?: Kind } = {},
): Promise<void> {
  const { payloadType = 'application/vnd.in-toto+json', kind = 'dsse' } = options;
  const signed = await envelope(subject.signer, payload, { payloadType });
  subject.envelope = signed;
  subject.message = pae(payloadType, payload);
  subject.signature = signed.signatures[0]?.sig ?? '';
  subject.parts.content = { dsseEnvelope: signed };
  subject.parts.tlogEntries = [await logEntry(subject, kind)];
  await rebuild(subject);
}

export function trustedLogV2(log: FakeLogV2, limits: Partial<TrustedLog> = {}): Promise<TrustedLog> {
  return trustedLog(log, { version: 2, ...limits });
}

export interface AttachedOptions {
  kind?: 'dsse' | 'intoto 0.0.1' | 'intoto 0.0.2';
  statement?: StatementOptions;
  algorithm?: Algorithm;
  hash?: Hash;
}

export interface AttachedSubject extends Subject<EnvelopeEvidence> {
  envelope: Envelope;
}

/** An attestation as cosign attaches it: an envelope with its log entry as an annotation. */
export async function makeAttached(options: AttachedOptions = {}): Promise<AttachedSubject> {
  const { kind = 'dsse', algorithm = 'P-256', hash = 'SHA-256' } = options;
  const signer = await makeKey(algorithm);
  const log = await makeLog();
  const about = parseDigest(await digest(crypto.getRandomValues(new Uint8Array(16))));
  const signed = await envelope(signer, statement(about, options.statement), { hash });
  const given = JSON.stringify(signed);
  const body =
    kind === 'dsse'
      ? await dsseBody(signed, signer, given)
      : await intotoBody(kind === 'intoto 0.0.1' ? '0.0.1' : '0.0.2', signed, signer, given);
  const logged = await log.append(body, LOGGED_AT);
  const bytes = utf8(given);
  return {
    signer,
    log,
    logged,
    digest: about,
    envelope: signed,
    evidence: {
      format: 'dsse',
      source: { index: 0, via: 'tag' },
      subject: messageOfDigest(about),
      layer: { digest: parseDigest(await digest(bytes)), size: bytes.length },
      envelope: bytes,
      signature: '',
      logBundle: log.annotation(logged.entry),
      facts: new Map(),
    },
    trust: await trustIn([await trusted(signer)], [await trustedLog(log)]),
    requirements: {
      name: 'registry.example/app',
      annotations: [],
      attestation: 'https://sigstore.dev/cosign/sign/v1',
    },
    now: NOW,
    questions: [],
  };
}

/** Replaces the envelope's bytes, under a layer digest that matches them. */
export async function setEnvelope({ evidence }: AttachedSubject, bytes: Bytes): Promise<void> {
  evidence.envelope = bytes;
  evidence.layer = { digest: parseDigest(await digest(bytes)), size: bytes.length };
}

/** The parsed JSON of the current bundle. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function bundleOf({ evidence }: BundleSubject): any {
  return JSON.parse(text(evidence.bundle));
}

function fromHex(imageDigest: string): Bytes {
  return Uint8Array.from(imageDigest.slice('sha256:'.length).match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
}
