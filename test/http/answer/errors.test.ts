// Errors as callers of the API and clients of registries get them: problem documents, lines, and the registries' own form.
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { CallerError } from '../../../src/core/errors/caller_error.ts';
import { Undecided } from '../../../src/core/errors/undecided.ts';
import { BadPathRequest } from '../../../src/gate/distribution_path.ts';
import { answerDistributionError, isDistributionPath } from '../../../src/http/answer/distribution_error.ts';
import { answerError } from '../../../src/http/answer/problem.ts';
import type { AppEnv } from '../../../src/http/context.ts';
import { Refused } from '../../../src/verify/refused.ts';

type Answer = typeof answerError;

/** What a call is told that ends with the error, and what is logged. */
async function told(error: unknown, answer: Answer, accept?: string) {
  const logged: Record<string, unknown>[] = [];
  const app = new Hono<AppEnv>();
  app.get('/', (context) => {
    context.set('requestId', 'own');
    context.set('answeredId', 'theirs');
    return answer(error, context, (line) => logged.push(line));
  });
  const response = await app.request('/', { headers: accept === undefined ? {} : { accept } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, logged };
}

const down = new Undecided('REGISTRY_UNAVAILABLE', 'It is down.', {
  retryAfter: '7',
  upstream: { host: 'reg.example', step: 'manifest' },
});
const odd = new Undecided('LIMIT_EXCEEDED', 'It is too much.', { retryable: false });

describe('a problem document', () => {
  test.each<[Error, object]>([
    [
      new CallerError('CONFLICT', 'It is there.'),
      { code: 'CONFLICT', title: 'Conflict', status: 409, detail: 'It is there.', retryable: false },
    ],
    [
      new CallerError('RATE_LIMITED', 'Too many.'),
      { code: 'RATE_LIMITED', title: 'Too many requests', status: 429, detail: 'Too many.', retryable: true },
    ],
    [
      down,
      {
        code: 'REGISTRY_UNAVAILABLE',
        title: 'Upstream unavailable',
        status: 503,
        detail: 'It is down.',
        retryable: true,
        upstream: { host: 'reg.example', step: 'manifest' },
      },
    ],
    [
      odd,
      {
        code: 'LIMIT_EXCEEDED',
        title: 'Bad answer from upstream',
        status: 502,
        detail: 'It is too much.',
        retryable: false,
      },
    ],
  ])('says what %s is', async (error, expected) => {
    const { status, headers, text, logged } = await told(error, answerError);
    const { type, instance, ...rest } = JSON.parse(text);
    expect(rest).toEqual(expected);
    expect([type, instance, status]).toEqual([`urn:countersign:problem:${rest.code}`, 'theirs', rest.status]);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('retry-after')).toBe(error === down ? '7' : null);
    expect(headers.has('www-authenticate')).toBe(false);
    expect(logged).toEqual([]);
  });

  test('of a defect tells the caller nothing but the id, and the operator what it was', async () => {
    const { status, text, logged } = await told(new TypeError('a secret'), answerError);
    expect(status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', title: 'Internal error', instance: 'theirs' });
    expect(text).toContain('request id theirs');
    expect(text).not.toContain('secret');
    expect(logged).toEqual([
      { level: 'error', requestId: 'own', callerRequestId: 'theirs', error: 'TypeError: a secret' },
    ]);
  });

  test('asks for a token where one is needed', async () => {
    const { headers } = await told(new CallerError('UNAUTHENTICATED', 'Send one.'), answerError);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="countersign"');
  });

  test('is a line for who wants text', async () => {
    expect((await told(down, answerError, 'text/plain')).text).toBe(
      'undecided REGISTRY_UNAVAILABLE It is down.\n',
    );
    expect((await told(new CallerError('BAD_KEY', 'No key.'), answerError, 'text/plain')).text).toBe(
      'error BAD_KEY No key.\n',
    );
  });
});

describe('an error of a registry', () => {
  const mistake = (code: ConstructorParameters<typeof CallerError>[0]) => new CallerError(code, 'A mistake.');

  test.each<[Error, number, object]>([
    [
      new BadPathRequest('TAG_INVALID', 'No tag.'),
      400,
      { code: 'TAG_INVALID', message: 'No tag.', detail: { requestId: 'theirs' } },
    ],
    [
      new Refused('NO_SIGNATURES', 'None.'),
      403,
      {
        code: 'DENIED',
        message: 'NO_SIGNATURES: None.',
        detail: { code: 'NO_SIGNATURES', requestId: 'theirs' },
      },
    ],
    [
      down,
      503,
      {
        code: 'UNAVAILABLE',
        message: 'REGISTRY_UNAVAILABLE: It is down.',
        detail: { code: 'REGISTRY_UNAVAILABLE', retryable: true, requestId: 'theirs' },
      },
    ],
    [
      odd,
      503,
      {
        code: 'UNAVAILABLE',
        message: 'LIMIT_EXCEEDED: It is too much.',
        detail: { code: 'LIMIT_EXCEEDED', retryable: false, requestId: 'theirs' },
      },
    ],
    [
      mistake('IMAGE_NOT_FOUND'),
      404,
      {
        code: 'MANIFEST_UNKNOWN',
        message: 'A mistake.',
        detail: { code: 'IMAGE_NOT_FOUND', requestId: 'theirs' },
      },
    ],
    [
      mistake('BAD_CONFIGURATION'),
      500,
      { code: 'UNKNOWN', message: 'A mistake.', detail: { code: 'BAD_CONFIGURATION', requestId: 'theirs' } },
    ],
    [
      mistake('FORBIDDEN'),
      403,
      {
        code: 'DENIED',
        message: 'FORBIDDEN: A mistake.',
        detail: { code: 'FORBIDDEN', requestId: 'theirs' },
      },
    ],
  ])('says what %s is', async (error, status, expected) => {
    const answer = await told(error, answerDistributionError);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { errors: [expected] }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(answer.headers.get('retry-after')).toBe(error === down ? '7' : null);
    expect(answer.logged).toEqual([]);
  });

  test('is the same for whoever has no token, whatever was asked for', async () => {
    const { status, headers, text } = await told(mistake('UNAUTHENTICATED'), answerDistributionError);
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="countersign"']);
    expect(JSON.parse(text).errors[0].code).toBe('UNAUTHORIZED');
    expect(text).not.toContain('theirs');
  });

  test('of a defect tells the client nothing but the id, and the operator what it was', async () => {
    const { status, text, logged } = await told(new TypeError('a secret'), answerDistributionError);
    expect(status).toBe(500);
    expect(JSON.parse(text).errors[0]).toMatchObject({ code: 'UNKNOWN', detail: { code: 'INTERNAL' } });
    expect(text).toContain('request id theirs');
    expect(text).not.toContain('secret');
    expect(logged).toHaveLength(1);
  });

  test.each([
    ['/v2', true],
    ['/v2/', true],
    ['/v2/a/tags/list', true],
    ['/v22', false],
    ['/v1/verify', false],
  ])('is for the path %s: %s', (path, is) => expect(isDistributionPath(path)).toBe(is));
});
