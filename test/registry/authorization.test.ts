// Answering a registry's challenge: where its credential is sent, which token answers are valid, and which tokens are cached for how long.
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/core/encoding/bytes.ts';
import type { Egress } from '../../src/egress/egress.ts';
import type { EgressRequest } from '../../src/egress/request.ts';
import {
  type AuthorizationContext,
  authorizationFor,
  createAuthorizationMemory,
  forgetAuthorization,
  knownAuthorization,
} from '../../src/registry/authorization.ts';
import type { Credential } from '../../src/registry/credentials.ts';

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | Error;

const CREDENTIAL: Credential = { username: 'user', password: 'pass' };
const BASIC = `Basic ${btoa('user:pass')}`;
const ORIGIN = 'https://registry.example';
const BEARER = `Bearer realm="${ORIGIN}/token",service="s"`;

/** @param answers the token service's answers, in order */
function fakeWorld({ answers = [], ...given }: { answers?: Answer[] } & Partial<AuthorizationContext>) {
  const asked: EgressRequest[] = [];
  const egress = {
    async send(request: EgressRequest) {
      asked.push(request);
      const answer = answers[asked.length - 1] ?? { body: { token: `token-${asked.length}` } };
      if (answer instanceof Error) throw answer;
      const { status = 200, body = {}, headers } = answer;
      const bytes = utf8(typeof body === 'string' ? body : JSON.stringify(body));
      return { status, headers: new Headers(headers), body: bytes, isSameOrigin: true };
    },
  } as unknown as Egress;
  const clock = { now: 1_000_000 };
  const context: AuthorizationContext = {
    egress,
    memory: createAuthorizationMemory(),
    now: () => clock.now,
    registry: 'registry.example',
    origin: ORIGIN,
    repository: 'a/b',
    credential: undefined,
    ...given,
  };
  return { context, asked, clock };
}

describe('a challenge', () => {
  test('is answered with a token for pulling this repository, fetched from its realm', async () => {
    const { context, asked } = fakeWorld({});
    expect(await authorizationFor(context, BEARER)).toBe('Bearer token-1');
    expect(asked).toEqual([
      {
        service: 'registry',
        step: 'registry token',
        url: `${ORIGIN}/token?service=s&scope=repository%3Aa%2Fb%3Apull`,
        maxBytes: 64 * 1024,
        named: new Set([ORIGIN]),
        redirects: 'refuse',
      },
    ]);
  });

  test('without a service leads to a token request without one', async () => {
    const { context, asked } = fakeWorld({});
    await authorizationFor(context, `Bearer realm="${ORIGIN}/token?a=b"`);
    expect(asked[0]?.url).toBe(`${ORIGIN}/token?a=b&scope=repository%3Aa%2Fb%3Apull`);
  });

  test('for metadata, which Azure asks for before it lists tags, is answered with a token for both', async () => {
    for (const [scope, actions] of [
      ['repository:a/b:metadata_read', 'pull,metadata_read'],
      ['repository:a/b:push', 'pull'],
      ['repository:a/b:metadata_read,delete', 'pull'],
    ] as const) {
      const { context, asked } = fakeWorld({});
      await authorizationFor(context, `${BEARER},scope="${scope}",error="insufficient_scope"`);
      expect(new URL(asked[0]?.url ?? '').searchParams.get('scope'), scope).toBe(`repository:a/b:${actions}`);
    }
  });

  test('for Basic is answered if there is a credential', async () => {
    const { context } = fakeWorld({ credential: CREDENTIAL });
    expect(await authorizationFor(context, 'Basic realm="r"')).toBe(BASIC);
    expect(await authorizationFor(fakeWorld({}).context, 'Basic realm="r"')).toBeUndefined();
  });

  test('is answered if it is the first of several that can be', async () => {
    const first = (credential: Credential | undefined, header: string) =>
      authorizationFor(fakeWorld({ credential }).context, header);
    expect(await first(CREDENTIAL, `Negotiate, Basic realm="r", ${BEARER}`)).toBe(BASIC);
    expect(await first(CREDENTIAL, `${BEARER}, Basic realm="r"`)).toBe('Bearer token-1');
    expect(await first(undefined, `Basic realm="r", ${BEARER}`)).toBe('Bearer token-1');
    expect(await first(CREDENTIAL, 'Negotiate')).toBeUndefined();
    expect(await first(CREDENTIAL, '')).toBeUndefined();
  });

  test.each(['', 'realm', 'https://', `${ORIGIN}/token#fragment`])(
    'whose realm is "%s" is malformed, and nothing is requested',
    async (realm) => {
      const { context, asked } = fakeWorld({ credential: CREDENTIAL });
      await expect(authorizationFor(context, `Bearer realm="${realm}"`)).rejects.toMatchObject({
        code: 'REGISTRY_MALFORMED',
      });
      expect(asked).toEqual([]);
    },
  );

  test('without a realm is malformed', async () => {
    const { context } = fakeWorld({});
    await expect(authorizationFor(context, 'Bearer service="s"')).rejects.toMatchObject({
      code: 'REGISTRY_MALFORMED',
    });
  });
});

describe('a credential', () => {
  const tokenService = 'https://tokens.example';
  test.each<[string, string, Partial<AuthorizationContext>, boolean]>([
    ['sent to its own origin', `${ORIGIN}/token`, {}, true],
    ['not sent to another origin', 'https://other.example/token', {}, false],
    ['not sent to another port', `${ORIGIN}:8443/token`, {}, false],
    [
      'sent to the token service of its entry',
      `${tokenService}/t`,
      { credential: { ...CREDENTIAL, tokenService } },
      true,
    ],
    [
      'not sent to a subdomain of that token service',
      'https://a.tokens.example/t',
      { credential: { ...CREDENTIAL, tokenService } },
      false,
    ],
    [
      'sent to auth.docker.io for Docker Hub',
      'https://auth.docker.io/token',
      { registry: 'docker.io' },
      true,
    ],
    ['not sent to auth.docker.io for other registries', 'https://auth.docker.io/token', {}, false],
  ])('is %s', async (_, realm, given, isSent) => {
    const { context, asked } = fakeWorld({ credential: CREDENTIAL, ...given });
    await authorizationFor(context, `Bearer realm="${realm}"`);
    expect(asked.map(({ authorization }) => authorization)).toEqual([isSent ? BASIC : undefined]);
  });
});

test('a token service that the entry names may be inside the network, as the registry may', async () => {
  const credential = { ...CREDENTIAL, tokenService: 'https://gitlab.corp.lan' };
  const { context, asked } = fakeWorld({ credential });
  await authorizationFor(context, 'Bearer realm="https://gitlab.corp.lan/jwt/auth"');
  expect(asked[0]?.named).toEqual(new Set([ORIGIN, 'https://gitlab.corp.lan']));
});

describe('a token answer', () => {
  const tokenOf = (body: unknown) => authorizationFor(fakeWorld({ answers: [{ body }] }).context, BEARER);

  test('may have the token under either name', async () => {
    expect(await tokenOf({ token: 'a', access_token: 'b' })).toBe('Bearer a');
    expect(await tokenOf({ access_token: 'b' })).toBe('Bearer b');
    expect(await tokenOf({ token: '', access_token: 'b' })).toBe('Bearer b');
    expect(await tokenOf({ token: '!~'.repeat(8192) })).toHaveLength('Bearer '.length + 16384);
  });

  test.each<[unknown]>([
    [{}],
    [{ token: '' }],
    [{ token: 7 }],
    [{ token: 'a b' }],
    [{ token: ' a' }],
    [{ token: 'a\r\nX-Header: b' }],
    [{ token: 'ä' }],
    [{ token: 'a'.repeat(16385) }],
    [[]],
    ['{"token":'],
  ])('is malformed: %j', async (body) => {
    await expect(tokenOf(body)).rejects.toMatchObject({
      code: 'REGISTRY_MALFORMED',
      message: 'The registry token from registry.example is not a valid token response.',
    });
  });

  test.each([
    [401, 'REGISTRY_UNAUTHORIZED', false],
    [403, 'REGISTRY_UNAUTHORIZED', false],
    [404, 'REGISTRY_MALFORMED', false],
    [201, 'REGISTRY_MALFORMED', false],
    [429, 'REGISTRY_RATE_LIMITED', true],
    [500, 'REGISTRY_UNAVAILABLE', true],
  ])('with status %s is undecided: %s', async (status, code, retryable) => {
    const { context } = fakeWorld({ answers: [{ status, body: { token: 'a' } }] });
    await expect(authorizationFor(context, BEARER)).rejects.toMatchObject({
      code,
      retryable,
      upstream: { host: 'registry.example', step: 'registry token' },
    });
  });
});

describe('the cache', () => {
  const answers = (...seconds: unknown[]) =>
    seconds.map((expires_in, at) => ({ body: { token: `token-${at + 1}`, expires_in } }));

  test('is empty before the registry’s first challenge', async () => {
    const { context, asked } = fakeWorld({});
    expect(await knownAuthorization(context)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test.each([
    [300, 290_000],
    [undefined, 50_000],
    ['300', 50_000],
  ])('keeps a token until ten seconds before it expires (expires_in: %s)', async (expiresIn, kept) => {
    const { context, asked, clock } = fakeWorld({ answers: answers(expiresIn) });
    await authorizationFor(context, BEARER);
    clock.now += kept - 1;
    expect(await knownAuthorization(context)).toBe('Bearer token-1');
    clock.now += 1;
    expect(await knownAuthorization(context)).toBe('Bearer token-2');
    expect(asked).toHaveLength(2);
  });

  test.each([5, 0, -100])('does not keep a token that expires in %s seconds', async (expiresIn) => {
    const { context, asked } = fakeWorld({ answers: answers(expiresIn) });
    await authorizationFor(context, BEARER);
    expect(await knownAuthorization(context)).toBe('Bearer token-2');
    expect(asked).toHaveLength(2);
  });

  test('keeps the challenge for an hour, for all repositories of the registry', async () => {
    const { context, clock, asked } = fakeWorld({});
    await authorizationFor(context, BEARER);
    const other = { ...context, repository: 'c' };
    clock.now += 3600_000 - 1;
    expect(await knownAuthorization(other)).toBe('Bearer token-2');
    expect(asked[1]?.url).toContain('repository%3Ac%3Apull');
    clock.now += 60_000;
    expect(await knownAuthorization(other)).toBeUndefined();
  });

  test('is not shared between callers with and without a credential, nor tokens between registries or repositories', async () => {
    const { context, asked } = fakeWorld({ credential: CREDENTIAL });
    await authorizationFor(context, BEARER);
    expect(await knownAuthorization({ ...context, credential: undefined })).toBeUndefined();
    expect(await knownAuthorization({ ...context, registry: 'other.example' })).toBeUndefined();
    expect(await knownAuthorization({ ...context, repository: 'c' })).toBe('Bearer token-2');
    expect(await knownAuthorization(context)).toBe('Bearer token-1');
    expect(asked).toHaveLength(2);
  });

  test('drops the token when the registry sends a new challenge', async () => {
    const { context } = fakeWorld({});
    await authorizationFor(context, BEARER);
    expect(await authorizationFor(context, 'Negotiate')).toBeUndefined();
    expect(await knownAuthorization(context)).toBe('Bearer token-2');
  });

  test('drops token and challenge on request', async () => {
    const { context, asked } = fakeWorld({});
    await authorizationFor(context, BEARER);
    forgetAuthorization(context);
    expect(await knownAuthorization(context)).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  test('drops a challenge whose token service fails, so that the registry is asked again', async () => {
    const { context, asked } = fakeWorld({
      answers: [{ body: { token: 'a', expires_in: 1 } }, { status: 404 }],
    });
    await authorizationFor(context, BEARER);
    expect(await knownAuthorization(context)).toBeUndefined();
    expect(await knownAuthorization(context)).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  test('does not hide a defect', async () => {
    const fault = new TypeError('a fault');
    const { context } = fakeWorld({ answers: [{ body: { token: 'a', expires_in: 1 } }, fault] });
    await authorizationFor(context, BEARER);
    await expect(knownAuthorization(context)).rejects.toBe(fault);
  });
});

test('what is remembered is limited by its length, which the registry chooses', async () => {
  const token = 't'.repeat(16_384);
  const answers = Array.from({ length: 300 }, () => ({ body: { token, expires_in: 3600 } }));
  const { context, asked } = fakeWorld({ answers });
  const header = `${BEARER},padding="${'p'.repeat(4000)}"`;
  const of = (at: number) => ({ ...context, registry: `r${at}.example` });
  for (let at = 0; at < 300; at++) await authorizationFor(of(at), header);
  expect(await knownAuthorization(of(299))).toBe(`Bearer ${token}`);
  expect(asked).toHaveLength(300);
  // The first token is forgotten, and fetched again as its challenge says.
  await knownAuthorization(of(0));
  expect(asked).toHaveLength(301);
  for (let at = 300; at < 1200; at++) await authorizationFor(of(at), header);
  expect(await knownAuthorization(of(1))).toBeUndefined();
});
