// Queries a Rekor v1 log (sigstore/rekor openapi.yaml): the entry at an index, or a signature's entry by proposing it. The answers are
// not trusted here.

import { publicKeyPem } from '../core/crypto/public_key.ts';
import { fromUtf8, toBase64, toHex, utf8 } from '../core/encoding/bytes.ts';
import { parseJson } from '../core/encoding/json.ts';
import { asArray, asObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { type LogEntry, parseApiLogEntry } from '../core/log/log_entry.ts';
import type { OnlineAnswer, OnlineQuery, SearchQuery } from '../core/log/online_query.ts';
import type { Egress } from '../egress/egress.ts';
import { failure, isTransient, unavailable } from '../egress/failure.ts';
import type { EgressResponse } from '../egress/request.ts';

/** In bytes: entries with attestations are large; the ones this service looks up are not. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Entries examined; the API itself returns at most ten. */
const MAX_ENTRIES = 16;

/**
 * @param log the URL, without a trailing slash, of the entry's own log, or of one that is searched for a signature without an entry
 * @returns no entries if the log has none
 */
export function askRekor(egress: Egress, log: string, query: OnlineQuery): Promise<OnlineAnswer> {
  return 'entry' in query
    ? ask(egress, {
        url: `${log}/api/v1/log/entries?logIndex=${query.entry.logIndex}`,
        headers: ACCEPT,
      })
    : search(egress, `${log}/api/v1/log/entries/retrieve`, query);
}

const ACCEPT = { accept: 'application/json' };

async function ask(egress: Egress, asked: Asked): Promise<OnlineAnswer> {
  const response = await send(egress, asked);
  return { entries: readAnswer(asked, response), source: asked.url };
}

interface Asked {
  url: string;
  headers: Record<string, string>;
  method?: 'POST';
  body?: string;
}

function send(egress: Egress, asked: Asked): Promise<EgressResponse> {
  return egress.send({
    service: 'rekor',
    step: 'log entry',
    ...asked,
    maxBytes: MAX_ANSWER_BYTES,
    named: new Set([new URL(asked.url).origin]),
    redirects: 'refuse',
  });
}

/**
 * Proposes one form after another until the log has one. A log refuses a form that it does not store with 400, which says nothing about
 * the entry in another form. If every form was refused, nothing is known.
 */
async function search(egress: Egress, url: string, query: SearchQuery): Promise<OnlineAnswer> {
  let beside: OnlineAnswer | undefined;
  let refused: Error | undefined;
  for (const entries of proposals(query)) {
    const headers = { ...ACCEPT, 'content-type': 'application/json' };
    const asked: Asked = { url, method: 'POST', headers, body: JSON.stringify({ entries }) };
    const response = await send(egress, asked);
    if (response.status === 400) {
      refused = unexpected(asked, response);
      continue;
    }
    const answer = { entries: readAnswer(asked, response), source: url };
    for (const entry of answer.entries) if (await query.isAnswer(entry)) return answer;
    if (beside === undefined || beside.entries.length === 0) beside = answer;
  }
  if (beside === undefined && refused !== undefined) throw refused;
  return beside ?? { entries: [], source: url };
}

/** The forms in which cosign has logged such a signature, now and in its first years. Each inner list goes into one request. */
function proposals(query: SearchQuery): object[][] {
  const verifier = toBase64(utf8(publicKeyPem(query.key)));
  if ('envelope' in query) return [proposedEnvelopes(query, verifier)];
  const { signature, message } = query;
  const { hash, digest, bytes } = message;
  const signed = { content: toBase64(signature), publicKey: { content: verifier } };
  const forms: object[][] = [];
  if (digest !== undefined) {
    const data = { hash: { algorithm: hash, value: toHex(digest) } };
    forms.push([{ apiVersion: '0.0.1', kind: 'hashedrekord', spec: { data, signature: signed } }]);
  }
  // rekord hashes with SHA-256, or not at all.
  if (bytes !== undefined && (hash === 'none' || hash === 'sha256')) {
    const data = { content: toBase64(bytes) };
    forms.push([
      { apiVersion: '0.0.1', kind: 'rekord', spec: { data, signature: { format: 'x509', ...signed } } },
    ]);
  }
  return forms;
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

function readAnswer(asked: Asked, response: EgressResponse): LogEntry[] {
  if (response.status === 404) return [];
  if (isTransient(response.status)) throw unavailable(blamed(asked), response);
  if (response.status !== 200) throw unexpected(asked, response);
  try {
    const answer = parseJson(fromUtf8(response.body, 'log answer'), 'log answer', 'integers');
    const maps = asked.method === 'POST' ? asArray(answer, 'log answer') : [answer];
    const entries = maps.flatMap((map) => Object.values(asObject(map, 'log answer')));
    if (entries.length > MAX_ENTRIES)
      throw new Malformed('log answer', `has more than ${MAX_ENTRIES} entries`);
    return entries.map(parseApiLogEntry);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw failure(blamed(asked), 'MALFORMED', `cannot be read (${error.message})`);
  }
}

function unexpected(asked: Asked, { status }: EgressResponse): Error {
  return failure(blamed(asked), 'MALFORMED', `returned an unexpected status, ${status}`);
}

function blamed({ url }: Asked) {
  return { service: 'rekor' as const, step: 'log entry', url };
}
