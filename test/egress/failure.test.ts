// Every fault of every upstream has its code, and says whether a retry may help.
import { expect, test } from 'vitest';
import { failure, isTransient, networkFailure, unavailable } from '../../src/egress/failure.ts';

const asked = (service: 'registry' | 'download' | 'rekor') => ({
  service,
  step: 'manifest',
  url: 'https://host.example:8443/v2/?token=canary',
});

test.each([
  ['registry', 'UNAVAILABLE', 'REGISTRY_UNAVAILABLE', true],
  ['registry', 'RATE_LIMITED', 'REGISTRY_RATE_LIMITED', true],
  ['registry', 'MALFORMED', 'REGISTRY_MALFORMED', false],
  ['registry', 'UNAUTHORIZED', 'REGISTRY_UNAUTHORIZED', false],
  ['registry', 'LIMIT', 'LIMIT_EXCEEDED', false],
  ['download', 'UNAVAILABLE', 'DOWNLOAD_UNAVAILABLE', true],
  ['download', 'RATE_LIMITED', 'DOWNLOAD_UNAVAILABLE', true],
  ['download', 'MALFORMED', 'DOWNLOAD_MALFORMED', false],
  ['download', 'UNAUTHORIZED', 'DOWNLOAD_MALFORMED', false],
  ['download', 'LIMIT', 'LIMIT_EXCEEDED', false],
  ['rekor', 'UNAVAILABLE', 'REKOR_UNAVAILABLE', true],
  ['rekor', 'RATE_LIMITED', 'REKOR_UNAVAILABLE', true],
  ['rekor', 'MALFORMED', 'REKOR_MALFORMED', false],
  ['rekor', 'UNAUTHORIZED', 'REKOR_MALFORMED', false],
  ['rekor', 'LIMIT', 'LIMIT_EXCEEDED', false],
] as const)('%s: the fault %s is %s', (service, fault, code, retryable) => {
  const error = failure(asked(service), fault, 'is so');
  expect(error).toMatchObject({
    code,
    retryable,
    message: 'The manifest from host.example:8443 is so.',
    upstream: { host: 'host.example:8443', step: 'manifest' },
  });
  expect(JSON.stringify(error)).not.toContain('canary');
});

test('a connection that failed is told what may be wrong with it, plain http too', () => {
  expect(networkFailure(asked('registry'), new TypeError('canary')).message).toBe(
    'The manifest from host.example:8443 could not be fetched; the connection failed (wrong name, no route, no valid TLS certificate, or plain http).',
  );
});

test('a call that the platform does not allow any more is a limit, and a retry would not help', () => {
  const error = new Error('Too many subrequests by single Worker invocation.');
  expect(networkFailure(asked('registry'), error)).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    retryable: false,
    upstream: { host: 'host.example:8443', step: 'manifest' },
  });
  expect(networkFailure(asked('registry'), new TypeError('reset'))).toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    retryable: true,
  });
});

test('what is undecided already stays as it is', () => {
  const before = failure(asked('registry'), 'LIMIT', 'is too large');
  expect(networkFailure(asked('rekor'), before)).toBe(before);
});

test.each([408, 425, 429, 500, 502, 503, 599])('status %s is temporary', (status) => {
  expect(isTransient(status)).toBe(true);
});

test.each([200, 304, 400, 401, 404, 407, 409, 424, 426, 428, 430, 499])(
  'status %s is permanent',
  (status) => {
    expect(isTransient(status)).toBe(false);
  },
);

test.each([
  ['7', '7'],
  ['12345678', '12345678'],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['123456789', undefined],
  ['soon', undefined],
  ['7, 8', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT; a', undefined],
])('Retry-After "%s" is passed on as %s', (given, retryAfter) => {
  for (const [status, code] of [
    [429, 'REGISTRY_RATE_LIMITED'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ] as const) {
    const error = unavailable(asked('registry'), { status, headers: new Headers({ 'retry-after': given }) });
    expect(error).toMatchObject({ code, message: expect.stringContaining(`(${status})`) });
    expect(error.retryAfter).toBe(retryAfter);
  }
  expect(unavailable(asked('registry'), { status: 500, headers: new Headers() }).retryAfter).toBeUndefined();
});
