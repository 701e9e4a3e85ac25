// Hashing a stream natively and in JavaScript: both agree with WebCrypto. Workers' DigestStream is tested by test/conformance.
import { afterEach, expect, test, vi } from 'vitest';
import { createHasher } from '../../src/gate/bodies/hasher.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const CHUNKS = ['', 'the bytes ', 'of a layer'].map((text) => new TextEncoder().encode(text));
const WHOLE = new TextEncoder().encode('the bytes of a layer');

test.each([
  ['sha256', 'SHA-256'],
  ['sha384', 'SHA-384'],
  ['sha512', 'SHA-512'],
] as const)('%s of chunks equals that of the whole, natively and in JavaScript', async (algorithm, name) => {
  const native = vi.spyOn(process, 'getBuiltinModule');
  const hashers = [createHasher(algorithm)];
  expect(native).toHaveBeenCalledWith('node:crypto');
  vi.stubGlobal('process', undefined);
  hashers.push(createHasher(algorithm));
  vi.unstubAllGlobals();
  const expected = new Uint8Array(await crypto.subtle.digest(name, WHOLE));
  for (const hasher of hashers) {
    for (const chunk of CHUNKS) await hasher.update(chunk);
    expect(new Uint8Array(await hasher.digest())).toEqual(expected);
  }
});
