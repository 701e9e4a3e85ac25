// The built-in logs and timestamp authorities in the core's form, parsed on first use.

import { parsePublicKey } from '../../core/crypto/public_key.ts';
import { fromBase64 } from '../../core/encoding/bytes.ts';
import type { TrustedAuthority } from '../../core/trust/trusted_authority.ts';
import { namesAt, type TrustedLog } from '../../core/trust/trusted_log.ts';
import { PUBLIC_AUTHORITIES } from '../../trust_roots/public_authorities.ts';
import { PUBLIC_LOGS } from '../../trust_roots/public_logs.ts';

/** Finished values only: on Workers, one request must not await another's promise. */
const parsed = new Map<string, TrustedLog>();

export async function findPublicLog(logId: string): Promise<TrustedLog | undefined> {
  const ready = parsed.get(logId);
  if (ready !== undefined) return ready;
  const listed = PUBLIC_LOGS.find((log) => log.logId === logId);
  if (listed === undefined) return undefined;
  const log: TrustedLog = {
    ...namesAt(listed.url),
    url: listed.url,
    version: listed.version,
    key: await parsePublicKey(fromBase64(listed.spki, 'log key')),
    logId,
    validFrom: Date.parse(listed.validFrom),
    ...(listed.validUntil !== undefined && { validUntil: Date.parse(listed.validUntil) }),
  };
  parsed.set(logId, log);
  return log;
}

let authorities: TrustedAuthority[] | undefined;

export function publicAuthorities(): TrustedAuthority[] {
  authorities ??= PUBLIC_AUTHORITIES.map(({ url, chain, validFrom, validUntil }) => ({
    name: new URL(url).host,
    chain: chain.map((certificate) => fromBase64(certificate, 'certificate')),
    validFrom: Date.parse(validFrom),
    ...(validUntil !== undefined && { validUntil: Date.parse(validUntil) }),
  }));
  return authorities;
}

/** The public log to search for a signature that came without an entry: Rekor v2 logs cannot be searched. */
export const DEFAULT_LOG_URL = PUBLIC_LOGS.find(({ version }) => version === 1)?.url ?? '';
