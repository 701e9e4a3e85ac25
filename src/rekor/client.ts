// Asking a Rekor v1 log (sigstore/rekor openapi.yaml): the entry at an index, or the entry of a signature by its proposed form.
// What it answers is not trusted here.

import { publicKeyPem } from '../core/crypto/public_key.ts';
import { fromUtf8, toBase64, toHex, utf8 } from '../core/encoding/bytes.ts';
import { parseJson } from '../core/encoding/json.ts';
import { asArray, asObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { type LogEntry, parseApiLogEntry } from '../core/log/log_entry.ts';
import type { OnlineAnswer, OnlineQuery, SearchQuery } from '../core/verification.ts';
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

/** The entries that cosign would have logged for this signature: one for a message, two forms for an envelope. */
function searchRequest({ url }: LogAddress, query: SearchQuery) {
  const verifier = toBase64(utf8(publicKeyPem(query.key)));
  const entries =
    'envelope' in query ? proposedEnvelopes(query, verifier) : [proposedMessage(query, verifier)];
  return {
    url: `${url}/api/v1/log/entries/retrieve`,
    method: 'POST' as const,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ entries }),
  };
}

function proposedMessage(query: Extract<SearchQuery, { messageSha256: unknown }>, verifier: string) {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: toHex(query.messageSha256) } },
      signature: { content: toBase64(query.signature), publicKey: { content: verifier } },
    },
  };
}

function proposedEnvelopes(
  { envelope, signature }: Extract<SearchQuery, { envelope: unknown }>,
  verifier: string,
) {
  const { payloadType, payload, given } = envelope;
  const text =
    given === undefined
      ? JSON.stringify({
          payloadType,
          payload: toBase64(payload),
          signatures: [{ sig: toBase64(signature) }],
        })
      : fromUtf8(given, 'envelope');
  return [
    {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: { proposedContent: { envelope: text, verifiers: [verifier] } },
    },
    { apiVersion: '0.0.1', kind: 'intoto', spec: { content: { envelope: text }, publicKey: verifier } },
  ];
}

function readAnswer(url: string, response: EgressResponse, isSingle: boolean): LogEntry[] {
  const request = { service: 'rekor' as const, step: 'log entry', url };
  if (response.status === 404) return [];
  if (response.status === 429 || response.status >= 500) throw unavailable(request, response);
  if (response.status !== 200) throw failure(request, 'MALFORMED', `is answered with ${response.status}`);
  try {
    const answer = parseJson(fromUtf8(response.body, 'log answer'), 'log answer', 'integers');
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
