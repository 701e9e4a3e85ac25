// The verdict as callers read it: the contract's JSON, made from a report.

import { toHex } from '../core/bytes.ts';
import type { Check } from '../core/checks.ts';
import { formatInstant } from '../core/instant.ts';
import type { JsonObject } from '../core/json.ts';
import { leafHash } from '../core/merkle.ts';
import { algorithmName } from '../core/public_key.ts';
import { entryLeafHash } from '../core/reading.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import type { NamedTrust } from './question.ts';
import type { Report } from './verify.ts';

export interface VerdictDocument {
  verdict: Report['verdict'];
  code: Report['code'];
  summary: string;
  subject: {
    reference?: string;
    digest?: string;
    mediaType?: string;
    platform?: { name: string; digest: string };
  };
  trust: { keys: string[] } | { publicKeys: string[]; transparency?: 'unsafe-none' };
  signatures: SignatureDocument[];
}

export interface SignatureDocument {
  verdict: SignatureResult['verdict'];
  code: SignatureResult['code'];
  format: SignatureResult['format'];
  source: SignatureResult['source'];
  key?: { id?: string; fingerprint: string; algorithm: string; hash: string };
  signedAt?: string;
  claims?: { dockerReference: string; annotations: JsonObject };
  transparency?: {
    log: string;
    logIndex: number | bigint;
    entry: string;
    integratedTime?: string;
    proof: string;
    url: string;
  };
  checks: Check[];
}

/** @param reference what the caller named: an image, or its own unverified word for one */
export async function toVerdictDocument(
  report: Report,
  named: NamedTrust,
  reference?: ImageReference,
): Promise<VerdictDocument> {
  const { verdict, code, summary, subject, signatures } = report;
  return {
    verdict,
    code,
    summary,
    subject: { ...(reference !== undefined && { reference: formatReference(reference) }), ...subject },
    trust: describeTrust(report, named),
    signatures: await Promise.all(signatures.map(toSignatureDocument)),
  };
}

function describeTrust({ keys }: Report, named: NamedTrust): VerdictDocument['trust'] {
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
    ...(claims !== undefined && { claims }),
    ...(transparency !== undefined && { transparency: await describeEntry(transparency, result.evidence) }),
    checks,
  };
}

async function describeEntry(
  { log, url, entry, proof }: NonNullable<SignatureResult['transparency']>,
  evidence: SignatureResult['evidence'],
) {
  const leaf = await (evidence === undefined ? leafHash(entry.body) : entryLeafHash(evidence, entry));
  const { logIndex, integratedTime } = entry;
  return {
    log,
    logIndex: logIndex <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(logIndex) : logIndex,
    entry: toHex(leaf),
    ...(entry.signedEntryTimestamp !== undefined && { integratedTime: formatInstant(integratedTime * 1000) }),
    proof,
    url: `${url}/api/v1/log/entries?logIndex=${logIndex}`,
  };
}
