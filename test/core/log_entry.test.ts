// Log entries in their three forms: every field is read, and every limit is tested at its edge.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/encoding/json.ts';
import { parseBundleLogEntry } from '../../src/core/log/bundle_log_entry.ts';
import { MAX_LOG_ENTRY_LENGTH, parseApiLogEntry, parseLogBundle } from '../../src/core/log/log_entry.ts';
import { promisedBytes } from '../../src/core/log/log_promise.ts';
import { MAX_PROOF_HASHES } from '../../src/core/log/merkle.ts';
import { bundleEntry } from '../support/bundles.ts';
import { base64, text, unbase64, unhex } from '../support/bytes.ts';
import { changed } from '../support/documents.ts';
import { makeLog } from '../support/fake_log.ts';
import { makeKey } from '../support/keys.ts';
import { problem } from '../support/problem.ts';
import { logBody, payloadFor, signPayload } from '../support/sign_image.ts';

const signer = await makeKey();
const layer = await signPayload(signer, payloadFor(`sha256:${'a'.repeat(64)}`));
const log = await makeLog();
await log.append('first', 1_700_000_000);
const { entry } = await log.append(await logBody('hashedrekord', layer, signer), 1_700_000_001);
const H = 'f'.repeat(64);

describe('cosign’s annotation', () => {
  const whole = JSON.parse(log.annotation(entry));
  const read = (path: string, value: unknown) => parseLogBundle(JSON.stringify(changed(whole, path, value)));

  test('is parsed completely', () => {
    expect(parseLogBundle(JSON.stringify(whole))).toEqual({
      bodyText: entry.body,
      body: unbase64(entry.body),
      integratedTime: 1_700_000_001,
      logIndex: 1n,
      logId: log.id,
      signedEntryTimestamp: unbase64(entry.verification.signedEntryTimestamp ?? ''),
    });
  });

  test('must have numbers that are written as integers', () => {
    const written = JSON.stringify(whole);
    for (const time of ['1700000001.0', '1.700000001e9', '1700000000.99999999999'])
      expect(problem(() => parseLogBundle(written.replace('1700000001', time)))).toContain(
        'expected a number written as an integer',
      );
  });

  test('must have exactly its fields, each of its type', () => {
    for (const [path, value, message] of [
      ['more', 1, 'log bundle: unknown field "more"'],
      ['Payload', undefined, 'log bundle: Payload is missing'],
      ['SignedEntryTimestamp', undefined, 'log bundle: SignedEntryTimestamp is missing'],
      ['Payload', [], 'Payload: expected an object'],
      ['Payload.more', 1, 'Payload: unknown field "more"'],
      ['Payload.body', undefined, 'Payload: body is missing'],
      ['Payload.integratedTime', undefined, 'Payload: integratedTime is missing'],
      ['Payload.logIndex', undefined, 'Payload: logIndex is missing'],
      ['Payload.logID', undefined, 'Payload: logID is missing'],
      ['SignedEntryTimestamp', '', 'SignedEntryTimestamp: is empty'],
      ['SignedEntryTimestamp', 'A', 'SignedEntryTimestamp: not standard base64 with padding'],
      ['Payload.integratedTime', -1, 'integratedTime: expected an integer from 0 to 2^53-1'],
      ['Payload.logIndex', -1, 'logIndex: expected an integer from 0 to 2^63-1'],
      ['Payload.logID', `${H}f`, 'logID: expected 64 lower-case hexadecimal digits'],
      ['Payload.logID', ` ${H}`, 'logID: expected 64 lower-case hexadecimal digits'],
      ['Payload.logID', H.toUpperCase(), 'logID: expected 64 lower-case hexadecimal digits'],
      ['Payload.logID', H.slice(1), 'logID: expected 64 lower-case hexadecimal digits'],
      ['Payload.body', '!', 'body: not standard base64 with padding'],
    ] as [string, unknown, string][])
      expect(problem(() => read(path, value))).toBe(message);
  });

  test('has a maximum length', () => {
    const padded = (length: number) => JSON.stringify(whole).padEnd(length);
    expect(parseLogBundle(padded(MAX_LOG_ENTRY_LENGTH)).logIndex).toBe(1n);
    expect(() => parseLogBundle(padded(MAX_LOG_ENTRY_LENGTH + 1))).toThrow('longer than 262144 characters');
  });
});

describe('Rekor’s answer', () => {
  const read = (path: string, value: unknown) => parseApiLogEntry(changed(entry, path, value));

  test('is parsed completely, with or without promise, proof and checkpoint', () => {
    const { inclusionProof: proof, signedEntryTimestamp: set } = entry.verification;
    const whole = parseApiLogEntry(entry as unknown as Json);
    expect(whole.signedEntryTimestamp).toEqual(unbase64(set ?? ''));
    expect(whole.inclusionProof).toEqual({
      logIndex: 1n,
      treeSize: 2n,
      rootHash: unhex(proof?.rootHash ?? ''),
      hashes: proof?.hashes.map(unhex),
      checkpoint: proof?.checkpoint,
    });
    const bare = {
      bodyText: entry.body,
      body: unbase64(entry.body),
      integratedTime: 1_700_000_001,
      logIndex: 1n,
      logId: log.id,
    };
    expect(read('verification', undefined)).toEqual(bare);
    expect(read('verification', {})).toEqual(bare);
    expect(read('attestation', { data: 'x' })).toEqual(whole);
    expect(Object.keys(read('verification', {})).sort()).toEqual(Object.keys(bare).sort());
    expect(
      'checkpoint' in (read('verification.inclusionProof.checkpoint', undefined).inclusionProof ?? {}),
    ).toBe(false);
  });

  test('must have exactly its fields, each of its type', () => {
    for (const [path, value, message] of [
      ['more', 1, 'log entry: unknown field "more"'],
      ['body', undefined, 'log entry: body is missing'],
      ['integratedTime', undefined, 'log entry: integratedTime is missing'],
      ['logIndex', undefined, 'log entry: logIndex is missing'],
      ['logID', undefined, 'log entry: logID is missing'],
      ['verification', [], 'verification: expected an object'],
      ['verification.signedEntryTimestamp', '', 'SignedEntryTimestamp: is empty'],
      ['verification.inclusionProof', 1, 'inclusionProof: expected an object'],
      ['verification.inclusionProof.more', 1, 'inclusionProof: unknown field "more"'],
      ['verification.inclusionProof.logIndex', undefined, 'inclusionProof: logIndex is missing'],
      ['verification.inclusionProof.treeSize', undefined, 'inclusionProof: treeSize is missing'],
      ['verification.inclusionProof.rootHash', undefined, 'inclusionProof: rootHash is missing'],
      ['verification.inclusionProof.hashes', undefined, 'inclusionProof: hashes is missing'],
      ['verification.inclusionProof.hashes', H, 'hashes: expected an array'],
      ['verification.inclusionProof.hashes', [H.slice(2)], 'hashes: expected 32 bytes in hexadecimal'],
      ['verification.inclusionProof.rootHash', `${H}ff`, 'rootHash: expected 32 bytes in hexadecimal'],
      ['verification.inclusionProof.checkpoint', 1, 'checkpoint: expected a string'],
    ] as [string, unknown, string][])
      expect(problem(() => read(path, value))).toBe(message);
  });

  test('has a maximum of hashes in its proof', () => {
    const withHashes = (count: number) => () =>
      read(
        'verification.inclusionProof.hashes',
        Array.from({ length: count }, () => H),
      );
    expect(withHashes(MAX_PROOF_HASHES)().inclusionProof?.hashes).toHaveLength(MAX_PROOF_HASHES);
    expect(withHashes(MAX_PROOF_HASHES + 1)).toThrow('more than 64');
  });
});

describe('an entry in a bundle', () => {
  const whole = bundleEntry(entry);
  const parse = (document: unknown) => parseBundleLogEntry(document as Json, 'entry', 'proof');
  const read = (path: string, value: unknown) => parse(changed(whole, path, value));

  test('is parsed completely', () => {
    expect(parse(whole)).toEqual({
      ...parseApiLogEntry(entry as unknown as Json),
      mustHave: 'proof',
      stated: { kind: 'hashedrekord', version: '0.0.1' },
    });
    expect(parseBundleLogEntry(whole as unknown as Json, 'entry', 'promise').mustHave).toBe('promise');
    const least = parse(
      ['logIndex', 'integratedTime', 'inclusionPromise', 'inclusionProof'].reduce(
        (document, name) => changed(document, name, undefined),
        whole,
      ),
    );
    expect(least).toEqual({
      bodyText: entry.body,
      body: unbase64(entry.body),
      integratedTime: 0,
      logIndex: 0n,
      logId: log.id,
      mustHave: 'proof',
      stated: { kind: 'hashedrekord', version: '0.0.1' },
    });
    expect(Object.keys(least)).not.toContain('inclusionProof');
    const proof = parse(
      ['logIndex', 'treeSize', 'hashes', 'checkpoint'].reduce(
        (document, name) => changed(document, `inclusionProof.${name}`, undefined),
        whole,
      ),
    ).inclusionProof;
    expect(proof).toEqual({
      logIndex: 0n,
      treeSize: 0n,
      hashes: [],
      rootHash: unhex(entry.verification.inclusionProof?.rootHash ?? ''),
    });
    expect(Object.keys(proof ?? {})).not.toContain('checkpoint');
  });

  test('keeps the base64 of the body without line breaks', () => {
    const broken = read('canonicalizedBody', `${entry.body.slice(0, 8)}\r\n${entry.body.slice(8)}\n`);
    expect([broken.bodyText, broken.body]).toEqual([entry.body, unbase64(entry.body)]);
  });

  test('must have exactly its fields, each of its type', () => {
    for (const [path, value, message] of [
      ['more', 1, 'entry: unknown field "more"'],
      ['canonicalizedBody', undefined, 'entry.canonicalizedBody: expected a string'],
      ['canonicalizedBody', '', 'entry.canonicalizedBody: is empty'],
      ['kindVersion', undefined, 'entry.kindVersion: expected an object'],
      ['kindVersion.more', 1, 'entry.kindVersion: unknown field "more"'],
      ['kindVersion.kind', undefined, 'entry.kindVersion.kind: expected a string'],
      ['kindVersion.version', undefined, 'entry.kindVersion.version: expected a string'],
      ['logId', undefined, 'entry.logId: expected an object'],
      ['logId.more', 1, 'entry.logId: unknown field "more"'],
      ['logId.keyId', base64(new Uint8Array(31)), 'entry.logId.keyId: expected 32 bytes'],
      ['logId.keyId', base64(new Uint8Array(33)), 'entry.logId.keyId: expected 32 bytes'],
      ['inclusionPromise', {}, 'entry.inclusionPromise: expected a string'],
      ['inclusionPromise.more', 1, 'entry.inclusionPromise: unknown field "more"'],
      ['inclusionPromise.signedEntryTimestamp', '', 'entry.inclusionPromise: is empty'],
      ['inclusionProof.more', 1, 'entry.inclusionProof: unknown field "more"'],
      ['inclusionProof.rootHash', undefined, 'entry.inclusionProof.rootHash: expected a string'],
      [
        'inclusionProof.hashes',
        [base64(new Uint8Array(1))],
        'entry.inclusionProof.hashes: expected 32 bytes',
      ],
      ['inclusionProof.checkpoint', {}, 'entry.inclusionProof.checkpoint.envelope: expected a string'],
      ['inclusionProof.checkpoint.more', 1, 'entry.inclusionProof.checkpoint: unknown field "more"'],
      ['integratedTime', '9007199254740992', 'entry.integratedTime: is not a representable date'],
    ] as [string, unknown, string][])
      expect(problem(() => read(path, value))).toBe(message);
    expect(read('integratedTime', '9007199254740991').integratedTime).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('has a maximum of hashes in its proof', () => {
    const withHashes = (count: number) => () =>
      read(
        'inclusionProof.hashes',
        Array.from({ length: count }, () => base64(new Uint8Array(32))),
      );
    expect(withHashes(MAX_PROOF_HASHES)().inclusionProof?.hashes).toHaveLength(MAX_PROOF_HASHES);
    expect(withHashes(MAX_PROOF_HASHES + 1)).toThrow('more than 64');
  });
});

test('a promise is over body, time, log id and index, in canonical JSON', () => {
  const promised = promisedBytes({ bodyText: 'Ym9keQ==', integratedTime: 5, logId: H, logIndex: 2n ** 60n });
  expect(text(promised)).toBe(
    `{"body":"Ym9keQ==","integratedTime":5,"logID":"${H}","logIndex":1152921504606846976}`,
  );
});
