// The verdict in the JSON form that the API promises, built from a report.

import type { Check } from '../core/checks.ts';
import { algorithmName } from '../core/crypto/public_key.ts';
import { toHex } from '../core/encoding/bytes.ts';
import { formatInstant } from '../core/encoding/instant.ts';
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { parsePredicate } from '../core/formats/in_toto.ts';
import { entryLeafHash } from '../core/log/logged_entry.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import type { Claims } from '../core/verification.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import type { NamedTrust } from './question.ts';
import type { DecidingPolicy, Report } from './report.ts';

export interface VerdictDocument {
  verdict: Report['verdict'];
  code: Report['code'];
  summary: string;
  subject: {
    reference?: string;
    digest?: string;
    mediaType?: string;
    platform?: { name: string; digest: string };
    /** Fields that come from the caller and were not verified. */
    unverified?: string[];
  };
  trust:
    | { keys: string[] }
    /** Without a version if the policy could not be read. */
    | { policy: Partial<Omit<DecidingPolicy, 'selection'>> & { id: string } }
    | { publicKeys: string[]; transparency?: 'unsafe-none' };
  signatures: SignatureDocument[];
}

export interface SignatureDocument {
  verdict: SignatureResult['verdict'];
  code: SignatureResult['code'];
  format: SignatureResult['format'];
  source: SignatureResult['source'];
  key?: { id?: string; fingerprint: string; algorithm: string; hash: string };
  signedAt?: string;
  claims?: { dockerReference?: string; annotations: JsonObject };
  predicateType?: string;
  /** Read when the document is written, one at a time: parsed, each may take twenty times the memory of its text. */
  predicate?: { toJSON(): Json | undefined };
  transparency?: {
    log: string;
    logIndex?: number | bigint;
    entry: string;
    integratedTime?: string;
    proof: string;
    url?: string;
  };
  checks: Check[];
}

export interface Shown {
  /** What the caller named: an image, or a reference that it only claims. */
  reference?: ImageReference | undefined;
  isReferenceUnverified?: boolean | undefined;
  include?: 'predicate' | undefined;
}

export async function toVerdictDocument(
  report: Report,
  named: NamedTrust,
  { reference, isReferenceUnverified, include }: Shown = {},
): Promise<VerdictDocument> {
  const { verdict, code, summary, subject, signatures } = report;
  return {
    verdict,
    code,
    summary,
    subject: {
      ...(reference !== undefined && { reference: formatReference(reference) }),
      ...subject,
      ...(reference !== undefined && isReferenceUnverified === true && { unverified: ['reference'] }),
    },
    trust: describeTrust(report, named),
    signatures: await Promise.all(
      signatures.map(async (result) => ({
        ...(await toSignatureDocument(result)),
        ...(include === 'predicate' && predicateOf(result)),
      })),
    ),
  };
}

function describeTrust({ keys, policy }: Report, named: NamedTrust): VerdictDocument['trust'] {
  if (policy !== undefined) {
    const { selection: _, ...shown } = policy;
    return { policy: shown };
  }
  if ('policy' in named)
    return { policy: { id: 'draft' in named.policy ? named.policy.draft.id : named.policy.id } };
  if ('keys' in named)
    return { keys: keys.length === 0 ? named.keys : keys.map(({ id, key }) => id ?? key.fingerprint) };
  const publicKeys = named.publicKeys.map(({ fingerprint }) => fingerprint);
  return { publicKeys, ...(named.isLogWaived && { transparency: 'unsafe-none' as const }) };
}

async function toSignatureDocument(result: SignatureResult): Promise<SignatureDocument> {
  const { verdict, code, format, source, signer, signedAt, claims, transparency, checks } = result;
  return {
    verdict,
    code,
    format,
    source,
    ...(signer !== undefined && {
      key: {
        ...(signer.trusted.id !== undefined && { id: signer.trusted.id }),
        fingerprint: signer.trusted.key.fingerprint,
        algorithm: algorithmName(signer.trusted.key),
        hash: signer.hash,
      },
    }),
    ...(signedAt !== undefined && { signedAt: formatInstant(signedAt) }),
    ...(claims !== undefined && describeClaims(claims)),
    ...(transparency !== undefined && { transparency: await describeEntry(transparency) }),
    checks,
  };
}

function describeClaims(claims: Claims): Pick<SignatureDocument, 'claims' | 'predicateType'> {
  switch (claims.kind) {
    case 'simple-signing':
      return {
        claims: {
          dockerReference: claims.payload.dockerReference,
          annotations: claims.payload.optional ?? {},
        },
      };
    case 'in-toto':
      return {
        claims: { annotations: claims.about?.annotations ?? {} },
        predicateType: claims.statement.predicateType,
      };
    case 'artifact':
      return {};
  }
}

/** A predicate can be megabytes long, so it is included only on request. */
function predicateOf({ claims }: SignatureResult): Pick<SignatureDocument, 'predicate'> {
  if (claims?.kind !== 'in-toto') return {};
  return { predicate: { toJSON: () => parsePredicate(claims.payload) } };
}

async function describeEntry({
  log,
  url,
  version,
  entry,
  logIndex,
  integratedTime,
  proof,
}: NonNullable<SignatureResult['transparency']>) {
  const uuid = toHex(await entryLeafHash(entry));
  return {
    log,
    ...(logIndex !== undefined && {
      logIndex: logIndex <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(logIndex) : logIndex,
    }),
    entry: uuid,
    ...(integratedTime !== undefined && { integratedTime: formatInstant(integratedTime) }),
    proof,
    // A v2 log has no URL for a single entry: its tiles hold 256 each.
    ...(version === 1 && {
      url: `${url}/api/v1/log/entries${logIndex === undefined ? `/${uuid}` : `?logIndex=${logIndex}`}`,
    }),
  };
}
