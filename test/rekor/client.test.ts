// The client of a Rekor: its requests, for one form of entry after another, and how answers are read. It does not judge entries.
import { describe, expect, test } from 'vitest';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { utf8 } from '../../src/core/encoding/bytes.ts';
import type { LogEntry } from '../../src/core/log/log_entry.ts';
import type { OnlineQuery, SearchQuery } from '../../src/core/log/online_query.ts';
import type { Egress } from '../../src/egress/egress.ts';
import type { EgressRequest } from '../../src/egress/request.ts';
import { askRekor } from '../../src/rekor/client.ts';
import { base64, hex } from '../support/bytes.ts';
import { makeKey } from '../support/keys.ts';

const URL = 'https://rekor.example';
const RETRIEVE = `${URL}/api/v1/log/entries/retrieve`;
const signer = await makeKey();
const key = await parsePublicKeyPem(signer.pem);
const signature = utf8('signature');
const DIGEST = new Uint8Array(32).fill(7);

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

/** A log that gives these answers in order. */
function fakeLog(...answers: Answer[]) {
  const asked: EgressRequest[] = [];
  const egress = {
    async send(request: EgressRequest) {
      asked.push(request);
      const { status, body = {}, headers } = answers[asked.length - 1] as Answer;
      const bytes = utf8(typeof body === 'string' ? body : JSON.stringify(body));
      return { status, headers: new Headers(headers), body: bytes, isSameOrigin: true };
    },
  } as unknown as Egress;
  return { asked, ask: (query: OnlineQuery) => askRekor(egress, URL, query) };
}

function entry(logIndex: number) {
  return { body: base64('{}'), integratedTime: 1_700_000_000, logID: 'a'.repeat(64), logIndex };
}

type What = { message: object } | { envelope: object };

function searching(what: What, isAnswer = async (_: LogEntry) => true): SearchQuery {
  return { signature, key, isAnswer, ...what } as SearchQuery;
}

const whole = { message: { hash: 'sha256', digest: DIGEST, bytes: utf8('payload') } };
const indexes = ({ entries }: { entries: LogEntry[] }) => entries.map(({ logIndex }) => Number(logIndex));
const proposed = ({ body }: { body?: string }) => JSON.parse(body ?? '').entries;

describe('an entry', () => {
  const query = { entry: { logIndex: 783606n } as LogEntry } as OnlineQuery;

  test('is requested by its index from this log only, and parsed', async () => {
    const { asked, ask } = fakeLog({ status: 200, body: { uuid: entry(783606) } });
    const answer = await ask(query);
    expect(indexes(answer)).toEqual([783606]);
    expect(answer.source).toBe(`${URL}/api/v1/log/entries?logIndex=783606`);
    expect(asked).toEqual([
      {
        service: 'rekor',
        step: 'log entry',
        url: answer.source,
        headers: { accept: 'application/json' },
        maxBytes: 4 * 1024 * 1024,
        named: new Set([URL]),
        redirects: 'refuse',
      },
    ]);
  });

  test('that the log does not have yields no entry', async () => {
    expect((await fakeLog({ status: 404 }).ask(query)).entries).toEqual([]);
  });

  test.each([
    [200, [{ uuid: entry(1) }], 'REKOR_MALFORMED', false],
    [200, '{"uuid":', 'REKOR_MALFORMED', false],
    [200, { uuid: { ...entry(1), logIndex: 'one' } }, 'REKOR_MALFORMED', false],
    [204, {}, 'REKOR_MALFORMED', false],
    [400, {}, 'REKOR_MALFORMED', false],
    [429, {}, 'REKOR_UNAVAILABLE', true],
    [500, {}, 'REKOR_UNAVAILABLE', true],
  ])('answered with %s %j is undecided: %s', async (status, body, code, retryable) => {
    const { ask } = fakeLog({ status, body });
    await expect(ask(query)).rejects.toMatchObject({ code, retryable });
  });

  test('passes on the log’s Retry-After', async () => {
    const { ask } = fakeLog({ status: 503, headers: { 'retry-after': '17' } });
    await expect(ask(query)).rejects.toMatchObject({ retryAfter: '17' });
  });

  test('is one of at most sixteen', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [at, entry(at)]));
    expect((await fakeLog({ status: 200, body: many(16) }).ask(query)).entries).toHaveLength(16);
    await expect(fakeLog({ status: 200, body: many(17) }).ask(query)).rejects.toMatchObject({
      code: 'REKOR_MALFORMED',
    });
  });
});

describe('the forms of entry to search for', () => {
  const publicKey = { content: base64(signer.pem) };
  const hashedrekord = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: hex(DIGEST) } },
      signature: { content: base64(signature), publicKey },
    },
  };
  const rekord = {
    apiVersion: '0.0.1',
    kind: 'rekord',
    spec: {
      data: { content: base64('payload') },
      signature: { format: 'x509', content: base64(signature), publicKey },
    },
  };

  test.each<[string, object, unknown[]]>([
    ['its hash and bytes', whole.message, [hashedrekord, rekord]],
    ['only its hash', { hash: 'sha256', digest: DIGEST }, [hashedrekord]],
    ['bytes that are signed without a hash', { hash: 'none', bytes: utf8('payload') }, [rekord]],
    [
      'a hash that the older form does not allow',
      { hash: 'sha512', digest: DIGEST, bytes: utf8('payload') },
      [
        {
          ...hashedrekord,
          spec: { ...hashedrekord.spec, data: { hash: { algorithm: 'sha512', value: hex(DIGEST) } } },
        },
      ],
    ],
  ])('for a message known by %s', async (_, message, forms) => {
    const { asked, ask } = fakeLog(...forms.map(() => ({ status: 200, body: [] })));
    expect(await ask(searching({ message }))).toEqual({ entries: [], source: RETRIEVE });
    expect(asked.map(proposed)).toEqual(forms.map((form) => [form]));
    for (const { url, method, headers, named } of asked)
      expect({ url, method, headers, named }).toEqual({
        url: RETRIEVE,
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        named: new Set([URL]),
      });
  });

  const payloadType = 'application/vnd.in-toto+json';
  const made = JSON.stringify({
    payloadType,
    payload: base64('statement'),
    signatures: [{ sig: base64(signature) }],
  });

  test.each([
    ['with its original bytes', utf8('{ "given": 1 }'), '{ "given": 1 }'],
    ['rebuilt from its parts if the original bytes are not known', undefined, made],
  ])('for an envelope, both in one request, %s', async (_, given, text) => {
    const { asked, ask } = fakeLog({ status: 200, body: [] });
    await ask(searching({ envelope: { payloadType, payload: utf8('statement'), given } }));
    expect(asked.map(proposed)).toEqual([
      [
        {
          apiVersion: '0.0.1',
          kind: 'dsse',
          spec: { proposedContent: { envelope: text, verifiers: [publicKey.content] } },
        },
        {
          apiVersion: '0.0.1',
          kind: 'intoto',
          spec: { content: { envelope: text }, publicKey: publicKey.content },
        },
      ],
    ]);
  });
});

describe('a search', () => {
  const found = (...at: number[]) => ({ status: 200, body: at.map((index) => ({ [index]: entry(index) })) });
  const isEven = async ({ logIndex }: LogEntry) => logIndex % 2n === 0n;

  test('ends with the first form that has an entry about the signature', async () => {
    const { asked, ask } = fakeLog(found(1, 2));
    expect(indexes(await ask(searching(whole, isEven)))).toEqual([1, 2]);
    expect(asked).toHaveLength(1);
  });

  test('continues with the next form if no entry is about the signature', async () => {
    const { asked, ask } = fakeLog(found(1), found(3, 4));
    expect(indexes(await ask(searching(whole, isEven)))).toEqual([3, 4]);
    expect(asked).toHaveLength(2);
  });

  test('returns the first entries found if none is about the signature in any form', async () => {
    expect(indexes(await fakeLog(found(1), found(3)).ask(searching(whole, isEven)))).toEqual([1]);
    expect(indexes(await fakeLog(found(), found(3)).ask(searching(whole, isEven)))).toEqual([3]);
    expect(indexes(await fakeLog(found(1), found()).ask(searching(whole, isEven)))).toEqual([1]);
  });

  test('skips a form that the log refuses', async () => {
    expect(indexes(await fakeLog({ status: 400 }, found(2)).ask(searching(whole, isEven)))).toEqual([2]);
    expect(indexes(await fakeLog({ status: 400 }, found()).ask(searching(whole, isEven)))).toEqual([]);
    expect(indexes(await fakeLog(found(), { status: 400 }).ask(searching(whole, isEven)))).toEqual([]);
  });

  test('is undecided if the log refuses every form, or fails', async () => {
    const none = fakeLog({ status: 400 }, { status: 400 });
    await expect(none.ask(searching(whole))).rejects.toMatchObject({ code: 'REKOR_MALFORMED' });
    const down = fakeLog(found(1), { status: 503 });
    await expect(down.ask(searching(whole, isEven))).rejects.toMatchObject({ code: 'REKOR_UNAVAILABLE' });
    const object = fakeLog({ status: 200, body: { uuid: entry(2) } });
    await expect(object.ask(searching(whole))).rejects.toMatchObject({ code: 'REKOR_MALFORMED' });
  });

  test('for a signature without a form that logs accept returns no entries, and sends no request', async () => {
    const { asked, ask } = fakeLog();
    expect(await ask(searching({ message: { hash: 'sha384', bytes: utf8('payload') } }))).toEqual({
      entries: [],
      source: RETRIEVE,
    });
    expect(asked).toEqual([]);
  });
});
