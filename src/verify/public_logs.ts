// The built-in logs as the core takes them, parsed on first use.
import { fromBase64 } from '../core/bytes.ts';
import { parsePublicKey } from '../core/public_key.ts';
import type { TrustedLog } from '../core/trusted_log.ts';
import { PUBLIC_LOGS } from '../trust_roots/public_logs.ts';

/** Finished values only. */
const parsed = new Map<string, TrustedLog>();

export async function findPublicLog(logId: string): Promise<TrustedLog | undefined> {
  const ready = parsed.get(logId);
  if (ready !== undefined) return ready;
  const listed = PUBLIC_LOGS.find((log) => log.logId === logId);
  if (listed === undefined) return undefined;
  const log: TrustedLog = {
    name: new URL(listed.url).host,
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

/** Where a signature without an entry is looked up: the first log of the list answers searches (Rekor v1). */
export const DEFAULT_LOG_URL = PUBLIC_LOGS[0]?.url ?? '';
