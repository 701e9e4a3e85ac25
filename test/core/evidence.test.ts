// The weight of evidence in a cache: every part of every form counts.
import { expect, test } from 'vitest';
import { messageOfBytes } from '../../src/core/crypto/message.ts';
import { evidenceSize, rawBytes } from '../../src/core/evidence/evidence.ts';

const bytes = (length: number) => new Uint8Array(length);
const common = {
  source: { index: 0, via: 'request' as const },
  subject: messageOfBytes(bytes(1)),
  facts: new Map(),
};
const beside = { logBundle: 'x'.repeat(20), certificate: 'x'.repeat(300), timestamp: 'x'.repeat(4000) };

test('each part counts, including what is parsed from an envelope or bundle', () => {
  const payload = { ...common, format: 'simple-signing' as const, payload: bytes(50_000) };
  expect(evidenceSize(payload)).toBe(50_000);
  expect(evidenceSize({ ...payload, signature: 'x', ...beside })).toBe(54_321);
  expect(evidenceSize({ ...common, format: 'dsse', envelope: bytes(50_000), signature: '', ...beside })).toBe(
    154_320,
  );
  expect(evidenceSize({ ...common, format: 'blob', signature: 'x', ...beside })).toBe(4321);
  expect(evidenceSize({ ...common, format: 'sigstore-bundle', bundle: bytes(7) })).toBe(21);
});

test('a bare signature has no payload bytes for a layer', () => {
  expect(rawBytes({ ...common, format: 'blob', signature: 'x' })).toBeUndefined();
});
