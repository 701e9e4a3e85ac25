// Credentials for registries: token authentication, Basic, and every way in which a secret could reach the wrong host.
import { movableClock } from '../../support/clock.ts';
import { equal, includes, ok } from '../support/assert.ts';
import { ADMIN, dockerConfig, SECRET, secretReached, withCredentials } from '../support/credentials.ts';
import { expectVerdict, makeWorld } from '../support/world.ts';
import { test } from '../table.ts';

test('anonymous token authentication: after a 401 a token is fetched, the request repeated, and the token reused by the next call', async (t) => {
  const { registry, verify, byDigest, upstream } = await makeWorld(t, { auth: { kind: 'token' } });
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(
    registry.asked.map(({ what }) => what),
    ['manifest', 'referrers', 'manifest', 'token', 'manifest', 'referrers', 'manifest', 'blob'],
  );
  const asked = upstream.sent.filter(({ url }) => new URL(url).pathname === '/token');
  const token = new URL(asked[0]?.url ?? '');
  equal(
    [token.searchParams.get('service'), token.searchParams.get('scope')],
    [registry.host, 'repository:app:pull'],
  );
  equal([asked.length, asked[0]?.headers.authorization], [1, undefined], 'one anonymous request');
  registry.asked.length = 0;
  expectVerdict(await verify(), 200, 'VERIFIED');
  equal(
    registry.asked.map(({ what }) => what),
    ['manifest'],
    'no second authentication',
  );
});

test('for a known registry a token is fetched first, without a 401, and renewed when it expires', async (t) => {
  const clock = movableClock(t.after);
  const { registry, verify } = await makeWorld(t, { auth: { kind: 'token' }, vars: { CACHE_SECONDS: '0' } });
  expectVerdict(await verify(), 200, 'VERIFIED');
  registry.asked.length = 0;
  clock.advance(200_000);
  expectVerdict(await verify(), 200, 'VERIFIED');
  equal(
    registry.asked.map(({ what }) => what),
    ['manifest', 'manifest', 'referrers', 'manifest', 'blob'],
    'the token is still valid',
  );
  registry.asked.length = 0;
  clock.advance(101_000);
  expectVerdict(await verify(), 200, 'VERIFIED');
  equal(
    registry.asked.map(({ what }) => what),
    ['token', 'manifest', 'manifest', 'referrers', 'manifest', 'blob'],
    'without a 401',
  );
});

test('A39 registry credentials, Basic or for a token, are used only for callers who show a token of this service', async (t) => {
  for (const auth of [
    { kind: 'basic', user: 'robot', password: SECRET },
    { kind: 'token', user: 'robot', password: SECRET },
  ] as const) {
    const world = await withCredentials(t, auth, { REGISTRIES: '*' });
    expectVerdict(await world.verify(), 502, 'REGISTRY_UNAUTHORIZED', auth.kind);
    equal(secretReached(world), [], 'nothing for an anonymous caller');
    expectVerdict(await world.verify(undefined, undefined, ADMIN), 200, 'VERIFIED', auth.kind);
    equal(secretReached(world), [`https://${world.registry.host}`]);
    expectVerdict(
      await world.verify(undefined, undefined),
      502,
      'REGISTRY_UNAUTHORIZED',
      `${auth.kind}: nothing is inherited`,
    );
  }
});

test('a registry’s refusal says which credentials were used, and why none were', async (t) => {
  const open = { kind: 'basic', user: 'robot', password: SECRET } as const;
  const wrong = { ...open, password: 'another' };
  const elsewhere = {
    kind: 'token',
    realm: 'https://auth.elsewhere.example/token',
    user: 'robot',
    password: SECRET,
  } as const;
  for (const [auth, call, sentence] of [
    [
      open,
      {},
      'no credentials were used (REGISTRY_AUTH has none for this registry, or the call came without a token)',
    ],
    [wrong, ADMIN, 'private or does not exist, and the credentials in REGISTRY_AUTH did not help'],
    [
      { ...elsewhere, realm: undefined, password: 'another' },
      ADMIN,
      '(401): the credentials in REGISTRY_AUTH did not help',
    ],
    [elsewhere, {}, '(401): no credentials were used'],
    [
      elsewhere,
      ADMIN,
      "no credentials were used (the registry's entry in REGISTRY_AUTH has no tokenService for this host)",
    ],
  ] as const) {
    const world = await withCredentials(t, auth as typeof elsewhere);
    world.upstream.hosts['auth.elsewhere.example'] = world.registry.handle;
    const answer = await world.verify(undefined, undefined, call);
    expectVerdict(answer, 502, 'REGISTRY_UNAUTHORIZED', sentence);
    includes(answer.json.detail, sentence);
  }
});

test('A35 a token realm on another host gets no secret, and one on a private host gets no request', async (t) => {
  const open = ['https://auth.elsewhere.example/token', 'https://auth.elsewhere.example:8443/token'];
  const closed = [
    'http://auth.elsewhere.example/token',
    'http://169.254.169.254/token',
    'https://169.254.169.254/latest/meta-data',
    'https://0.0.0.0/token',
    'https://[::]/token',
    'https://[::1]/token',
    'https://[::ffff:127.0.0.1]/token',
    'https://[::ffff:a00:1]/token',
    'https://100.64.0.1/token',
    'https://127.1/token',
    'https://2130706433/token',
    'https://0x7f.1/token',
    'https://017700000001/token',
    'https://10.0.0.1/token',
    'https://192.168.1.1/token',
    'https://172.16.0.1/token',
    'https://[fd00::1]/token',
    'https://[fe80::1]/token',
    'https://localhost/token',
    'https://a.localhost/token',
    'https://metadata/token',
    'https://kubernetes.default.svc/token',
    'https://x.internal/token',
    'https://good@evil.example/token',
    'https://good:word@evil.example/token',
    'ftp://evil.example/token',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    '/token',
    'token',
    '',
    '//evil.example/token',
    'https://evil.example/token#x',
  ];
  for (const realm of [...open, ...closed]) {
    const world = await withCredentials(t, { kind: 'token', realm, user: 'robot', password: SECRET });
    for (const host of ['auth.elsewhere.example', 'auth.elsewhere.example:8443'])
      world.upstream.hosts[host] = () => Response.json({ token: 'x' });
    const answer = await world.verify(undefined, undefined, ADMIN);
    ok(answer.status >= 500, `${realm}: ${answer.status}`);
    equal(secretReached(world), [], realm);
    const elsewhere = world.upstream.sent.filter(({ url }) => new URL(url).host !== world.registry.host);
    if (closed.includes(realm)) equal([answer.json.code, elsewhere], ['REGISTRY_MALFORMED', []], realm);
    else equal(elsewhere[0]?.headers.authorization, undefined, realm);
  }
});

test('A35 of several challenges, in any case and quoting, the first that can be answered is answered', async (t) => {
  const forms = [
    (realm: string) => `bearer realm="${realm}",service="s"`,
    (realm: string) => `BEARER   realm = "${realm}" , service=s`,
    (realm: string) => `Negotiate, Bearer realm="${realm}",service="s"`,
    (realm: string) => `Basic realm="x, Bearer realm=\\"https://evil.example\\"", Bearer realm="${realm}"`,
    (realm: string) => `Bearer service="s",realm="${realm}",scope="repository:app:push"`,
  ];
  for (const form of forms) {
    const world = await makeWorld(t, { auth: { kind: 'token' } });
    const realm = `https://${world.registry.host}/token`;
    world.registry.lie = async ({ what }, truth) => {
      const response = await truth();
      if (what === 'token' || response.status !== 401) return response;
      return new Response('', { status: 401, headers: { 'www-authenticate': form(realm) } });
    };
    expectVerdict(await world.verify(), 200, 'VERIFIED', form('R'));
    const asked = world.upstream.sent.filter(({ url }) => url.includes('/token'));
    for (const { url } of asked)
      equal(
        new URL(url).searchParams.get('scope'),
        'repository:app:pull',
        'only the scope pull is requested',
      );
  }
  for (const challenge of [
    '',
    'Bearer',
    'Bearer realm=',
    'Digest realm="x"',
    'Basic realm="x"',
    '"',
    'Bearer realm="unterminated',
    ','.repeat(5000),
    `Bearer ${'a'.repeat(100_000)}`,
  ]) {
    const world = await makeWorld(t);
    world.registry.lie = () => new Response('', { status: 401, headers: { 'www-authenticate': challenge } });
    const answer = await world.verify();
    equal(answer.status, 502, `${challenge.slice(0, 40)}: ${answer.text}`);
    includes(['REGISTRY_UNAUTHORIZED', 'REGISTRY_MALFORMED'], answer.json.code);
  }
});

test('A36 if the token service fails or answers wrongly, the verdict is undecided', async (t) => {
  const answers: [() => Response, number][] = [
    [() => new Response('<html>'), 502],
    [() => Response.json({}), 502],
    [() => Response.json({ token: 7 }), 502],
    [() => Response.json({ token: '' }), 502],
    [() => Response.json({ token: 'a\r\nX-Injected: 1' }), 502],
    [() => Response.json({ token: 'a b' }), 502],
    [() => Response.json({ token: 'ä' }), 502],
    [() => Response.json({ token: 'x'.repeat(100_000) }), 502],
    [() => new Response('', { status: 302, headers: { location: 'https://evil.example/' } }), 502],
    [() => new Response('', { status: 404 }), 502],
    [() => Response.json({ token: 'from-an-error' }, { status: 404 }), 502],
    [() => Response.json({ token: 'from-an-error' }, { status: 201 }), 502],
    [() => new Response('', { status: 401 }), 502],
    [() => new Response('', { status: 500 }), 503],
    [() => new Response('', { status: 429, headers: { 'retry-after': '5' } }), 503],
    [() => Response.json({ token: 'not-accepted-anyway' }), 502],
  ];
  for (const [answer, status] of answers) {
    const world = await withCredentials(t, { kind: 'token', user: 'robot', password: SECRET });
    world.registry.lie = ({ what }) => (what === 'token' ? answer() : undefined);
    const got = await world.verify(undefined, undefined, ADMIN);
    equal(got.status, status, got.text);
    equal(got.json.verdict, 'undecided');
    ok(!JSON.stringify(world.upstream.sent).includes('from-an-error'), 'only a 200 yields a token');
    equal(
      world.upstream.sent.some(({ url }) => url.includes('evil')),
      false,
      'no redirect from a token endpoint',
    );
    equal(secretReached(world), [`https://${world.registry.host}`]);
  }
});

test('access_token is used if token is absent, and a token that expires at once still serves its call', async (t) => {
  for (const answer of [
    { access_token: 'T' },
    { token: 'T', access_token: 'other' },
    { token: 'T', expires_in: 0 },
    { token: 'T', expires_in: -5 },
    { token: 'T', expires_in: 'x' },
    { token: 'T', issued_at: 'never' },
  ]) {
    const world = await makeWorld(t, { auth: { kind: 'token' } });
    world.registry.lie = ({ what, request }, truth) => {
      if (what === 'token') return Response.json(answer);
      if (request.headers.get('authorization') !== 'Bearer T')
        return new Response('', {
          status: 401,
          headers: { 'www-authenticate': `Bearer realm="https://${world.registry.host}/token"` },
        });
      const bare = world.registry.lie;
      delete world.registry.lie;
      return truth().finally(() => {
        if (bare !== undefined) world.registry.lie = bare;
      });
    };
    const got = await world.verify();
    ok(
      world.upstream.sent.some(({ headers }) => headers.authorization === 'Bearer T'),
      `${JSON.stringify(answer)}: ${got.text}`,
    );
  }
});

test('A37 A38 credentials belong to exactly one host and port, and there are no default credentials', async (t) => {
  for (const configured of [
    'x.REGISTRY',
    'REGISTRY.evil.example',
    'evil-REGISTRY',
    'REGISTRY:8443',
    'docker.io',
    'https://index.docker.io/v1/',
    'example',
  ]) {
    const world = await makeWorld(t, {
      auth: { kind: 'basic', user: 'robot', password: SECRET },
      vars: ({ registry }) => ({ REGISTRY_AUTH: dockerConfig(configured.replace('REGISTRY', registry)) }),
    });
    expectVerdict(await world.verify(undefined, undefined, ADMIN), 502, 'REGISTRY_UNAUTHORIZED', configured);
    equal(secretReached(world), [], configured);
  }
  for (const configured of ['REGISTRY', 'https://REGISTRY', 'REGISTRY:443', 'https://REGISTRY/v2/']) {
    const world = await makeWorld(t, {
      auth: { kind: 'basic', user: 'robot', password: SECRET },
      vars: ({ registry }) => ({
        REGISTRY_AUTH: dockerConfig(configured.replace('REGISTRY', registry.toUpperCase())),
      }),
    });
    const reference = `${world.registry.host.toUpperCase()}/app:1`;
    expectVerdict(await world.verify(reference, 'key=release', ADMIN), 200, 'VERIFIED', configured);
  }
});
