// Which combinations of a request's URL and Host header are accepted.
import { describe, expect, test } from 'vitest';
import { assertOneAddress } from '../../../src/http/request/path.ts';

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
  ])('is refused: %s with the Host %s', (url, host) => {
    expect(() => assertOneAddress(url, host)).toThrow('The Host header is not a host.');
  });
});
