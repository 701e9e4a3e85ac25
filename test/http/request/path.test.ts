// Which addresses and paths are accepted: those that every parser reads in the same way.
import { describe, expect, test } from 'vitest';
import { assertCanonicalPath, assertOneAddress, rawPath, textAfter } from '../../../src/http/request/path.ts';

describe('the address of a request', () => {
  test.each([
    ['https://countersign.example/healthz', 'countersign.example'],
    ['http://127.0.0.1:8787/v1/verify/a?key=b', '127.0.0.1:8787'],
    ['http://[::1]:8787/', '[::1]:8787'],
    ['http://countersign.example/healthz', undefined],
    ['http://countersign.example', ''],
  ])('may be %s with the Host %s', (url, host) => {
    expect(() => assertOneAddress(url, host)).not.toThrow();
  });

  test.each([
    ['http://a b/healthz', 'a b'],
    ['http://a:99999/healthz', 'a:99999'],
    ['http://[::1/healthz', '[::1'],
    ['http://a?key=z&b=/healthz', 'a?key=z&b='],
    ['http://a#/healthz', 'a#'],
    ['http://a\\b/healthz', 'a\\b'],
    ['http://user@a/healthz', 'user@a'],
    ['http://a/v1/keys/healthz', 'a/v1/keys'],
    ['http://a?key=z&b=/healthz', undefined],
    ['http://a#', undefined],
  ])('is refused: %s with the Host %s', (url, host) => {
    expect(() => assertOneAddress(url, host)).toThrow('The Host header is not a host.');
  });
});

describe('the path of a request', () => {
  test.each([
    ['http://a', '/'],
    ['http://a/', '/'],
    ['http://a/b/c', '/b/c'],
    ['http://a/b?c=/d', '/b'],
    ['http://a/b#c?d', '/b'],
    ['http://a/b/../c', '/b/../c'],
    ['http://a//b', '//b'],
  ])('of %s is %s, as it was sent', (url, path) => {
    expect(rawPath(url)).toBe(path);
  });

  test.each([
    '/',
    '/v2/a/manifests/1.0',
    '/.well-known/a',
    '/v2/...',
    '/v2/..a',
    '/v2/a..',
    '/v1/verify/a%2Fb',
    '/v1/inspect/a%40b',
    '/v1/download/a%3Ab',
  ])('may be %s', (path) => {
    expect(() => assertCanonicalPath(path)).not.toThrow();
  });

  test.each([
    '//',
    '/v2//a',
    '/v2/a\\b',
    '/.',
    '/..',
    '/v2/./a',
    '/v2/../v1/keys',
    '/v2/a/..',
    '/v1/verify/..',
    '/v1/verify/%2e/a',
    '/v1/verify/%2E%2e/a',
    '/v1/verify/.%2e/a',
    '/v2/a%2Fb',
    '/v1/keys/%61',
    '/v1/verify%2Fa',
    '/v1/verify/docker://a',
  ])('must not be %s', (path) => {
    expect(() => assertCanonicalPath(path)).toThrow('The path is not canonical');
  });

  test('is text after its prefix, decoded once', () => {
    const text = (path: string) => textAfter(`http://a/v1/verify/${path}`, '/v1/verify/');
    expect(text('ghcr.io/a%2Fb?c=d')).toBe('ghcr.io/a/b');
    expect(text('a%2540')).toBe('a%40');
    for (const path of ['%', 'a%2', '%ff'])
      expect(() => text(path)).toThrow(expect.objectContaining({ code: 'BAD_REFERENCE' }));
  });
});
