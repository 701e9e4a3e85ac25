// Asking a Rekor v1 log (sigstore/rekor openapi.yaml): the entry at an index, or the entry of a signature by its proposed form.
// What it answers is not trusted here.
import { fromUtf8, toBase64, toHex, utf8 } from '../core/bytes.ts';
import { parseJson } from '../core/json.ts';
import { asArray, asObject } from '../core/json_fields.ts';
import { type LogEntry, parseApiLogEntry } from '../core/log_entry.ts';
import { Malformed } from '../core/malformed.ts';
import { publicKeyPem } from '../core/public_key.ts';
import type { OnlineAnswer, OnlineQuery } from '../core/verification.ts';
import { type Egress, type EgressResponse, failure, unavailable } from '../egress/egress.ts';

/** In bytes: entries with attestations are large, ours are not. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Entries looked at: the API itself answers at most ten. */
const MAX_ENTRIES = 16;

export interface LogAddress {
  /** Without a trailing slash. */
  url: string;
}

/**
 * @param address the log's own for an entry, the default log's for a signature that came without one
 * @returns no entries when the log has none
 */
export async function askRekor(
  egress: Egress,
  address: LogAddress,
  query: OnlineQuery,
): Promise<OnlineAnswer> {
  const request =
    'entry' in query ? entryRequest(address, query.entry.logIndex) : searchRequest(address, query);
  const response = await egress.send({
    service: 'rekor',
    step: 'log entry',
    ...request,
    maxBytes: MAX_ANSWER_BYTES,
    named: new Set([new URL(address.url).origin]),
    redirects: 'refuse',
  });
  return { entries: readAnswer(request.url, response, 'entry' in query), source: request.url };
}

function entryRequest({ url }: LogAddress, logIndex: bigint) {
  return { url: `${url}/api/v1/log/entries?logIndex=${logIndex}`, headers: { accept: 'application/json' } };
}

/** The `hashedrekord` that cosign would have logged for this signature. */
function searchRequest({ url }: LogAddress, query: Exclude<OnlineQuery, { entry: LogEntry }>) {
  const proposed = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: toHex(query.payloadSha256) } },
      signature: {
        content: toBase64(query.signature),
        publicKey: { content: toBase64(utf8(publicKeyPem(query.key))) },
      },
    },
  };
  return {
    url: `${url}/api/v1/log/entries/retrieve`,
    method: 'POST' as const,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ entries: [proposed] }),
  };
}

function readAnswer(url: string, response: EgressResponse, isSingle: boolean): LogEntry[] {
  const request = { service: 'rekor' as const, step: 'log entry', url };
  if (response.status === 404) return [];
  if (response.status === 429 || response.status >= 500) throw unavailable(request, response);
  if (response.status !== 200) throw failure(request, 'MALFORMED', `is answered with ${response.status}`);
  try {
    const answer = parseJson(fromUtf8(response.body, 'log answer'), 'log answer');
    const maps = isSingle ? [answer] : asArray(answer, 'log answer');
    const entries = maps.flatMap((map) => Object.values(asObject(map, 'log answer')));
    if (entries.length > MAX_ENTRIES)
      throw new Malformed('log answer', `has more than ${MAX_ENTRIES} entries`);
    return entries.map(parseApiLogEntry);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw failure(request, 'MALFORMED', `cannot be read (${error.message})`);
  }
}
