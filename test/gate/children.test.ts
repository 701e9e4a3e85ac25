// The children of a manifest: what may be pulled because the manifest may.
import { expect, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { childrenOf } from '../../src/gate/children.ts';
import type { Manifest } from '../../src/registry/manifest.ts';

const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}`;
const child = (at: number, size = at) => ({ mediaType: 'any', digest: digest(at), size });
const image = (layers: object[]) =>
  ({ kind: 'image', mediaType: '', config: child(0), layers }) as unknown as Manifest;
const index = (manifests: object[]) => ({ kind: 'index', mediaType: '', manifests }) as unknown as Manifest;
const many = (count: number) => Array.from({ length: count }, (_, at) => child(at + 1));

test('the children of an image are its configuration and layers, each once; those of an index are its manifests', () => {
  const named = (...all: number[]) => all.map((at) => ({ digest: digest(at), size: at }));
  expect(childrenOf(image([child(1), child(2), child(1)]))).toEqual(named(0, 1, 2));
  expect(childrenOf(index([child(1), child(2), child(2)]))).toEqual(named(1, 2));
  expect(childrenOf(image([]))).toEqual(named(0));
  expect(childrenOf(index([]))).toEqual([]);
});

test('more than 256 children are LIMIT_EXCEEDED, and not retryable', () => {
  expect(childrenOf(index(many(256)))).toHaveLength(256);
  for (const manifest of [index(many(257)), image(many(257))]) {
    const error = (() => {
      try {
        return childrenOf(manifest);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(Undecided);
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', retryable: false });
  }
});

test('a malformed child is named by its place', () => {
  expect(() => childrenOf(index([child(1), {}]))).toThrow(Malformed);
  expect(() => childrenOf(index([child(1), {}]))).toThrow('manifests[1]');
  expect(() => childrenOf(image([child(1), child(2), { ...child(3), size: -1 }]))).toThrow('layers[2]');
  expect(() => childrenOf({ ...image([]), config: {} } as Manifest)).toThrow('config');
});
