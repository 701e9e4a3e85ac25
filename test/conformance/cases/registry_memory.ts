// What is remembered about a registry (challenges, tokens, evidence that did not suffice) must not outlive its use.
import { movableClock } from '../../support/clock.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN } from '../../support/service.ts';
import { payloadFor, signPayload } from '../../support/sign_image.ts';
import { equal } from '../support/assert.ts';
import { expectSignature, expectVerdict, logged, makeWorld, REPOSITORY, trustKey } from '../support/world.ts';
import { test } from '../table.ts';

test('A42 a bad challenge is not remembered: the next call asks the registry again', async (t) => {
  const { registry, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  for (const realm of ['https://gone.example/token', 'https://169.254.169.254/token']) {
    registry.lie = () =>
      new Response('', { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } });
    equal([502, 503].includes((await verify()).status), true, realm);
    delete registry.lie;
    expectVerdict(await verify(), 200, 'VERIFIED', realm);
  }
});

test('A42 a token that expires in the middle of a request is fetched again', async (t) => {
  const { registry, verify } = await makeWorld(t, { auth: { kind: 'token' }, vars: { CACHE_SECONDS: '0' } });
  let isEnded = false;
  registry.lie = ({ what }, truth) => {
    if (what === 'blob' && !isEnded) {
      isEnded = true;
      registry.expireTokens();
    }
    return truth();
  };
  expectVerdict(await verify(), 200, 'VERIFIED');
  equal(isEnded, true);
});

test('A42 a token service that has moved is found by a new challenge', async (t) => {
  const { registry, verify, upstream } = await makeWorld(t, {
    auth: { kind: 'token' },
    vars: { CACHE_SECONDS: '0' },
  });
  expectVerdict(await verify(), 200, 'VERIFIED');
  movableClock((undo) => t.after(undo)).advance(30 * 60 * 1000);
  let isMoved = true;
  upstream.hosts['auth.moved.example'] = (request) => {
    const { search } = new URL(request.url);
    return registry.handle(new Request(`https://${registry.host}/token${search}`));
  };
  registry.lie = async ({ what }, truth) => {
    if (what === 'token')
      return registry.host in upstream.hosts && isMoved ? new Response('', { status: 404 }) : truth();
    const response = await truth();
    if (response.status !== 401) return response;
    isMoved = false;
    const realm = 'https://auth.moved.example/token';
    return new Response('', {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` },
    });
  };
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('A35 a realm on another host gets the credential of a registry whose entry names it, and no other credential', async (t) => {
  const auth = (pair: string) => ({ auth: btoa(pair) });
  for (const [tokenService, expected] of [
    ['https://auth.listed.example', `Basic ${btoa('user:of-the-registry')}`],
    ['https://auth.listed.example:8443', null],
    ['https://other.example', null],
    [undefined, null],
  ] as const) {
    const world = await makeWorld(t, {
      auth: { kind: 'token', realm: 'https://auth.listed.example/token' },
      vars: ({ registry }) => ({
        REGISTRIES: `${registry},auth.listed.example`,
        REGISTRY_AUTH: JSON.stringify({
          auths: {
            [registry]: { ...auth('user:of-the-registry'), tokenService },
            'auth.listed.example': auth('user:of-another-registry'),
          },
        }),
      }),
    });
    const seen: (string | null)[] = [];
    world.upstream.hosts['auth.listed.example'] = (request) => {
      seen.push(request.headers.get('authorization'));
      return Response.json({ token: 'none-that-helps' });
    };
    await world.verify(undefined, undefined, { as: `Bearer ${ADMIN_TOKEN}` });
    equal([...new Set(seen)], [expected], tokenService);
  }
});

test('A35 a token service on an internal host is asked if the registry’s entry names it, and otherwise never', async (t) => {
  for (const isNamed of [true, false]) {
    const realm = 'https://gitlab.corp.lan';
    const world = await makeWorld(t, {
      auth: { kind: 'token', realm: `${realm}/token`, user: 'robot', password: 'word' },
      vars: ({ registry }) => ({
        REGISTRY_AUTH: JSON.stringify({
          auths: { [registry]: { auth: btoa('robot:word'), ...(isNamed && { tokenService: realm }) } },
        }),
      }),
    });
    world.upstream.hosts['gitlab.corp.lan'] = world.registry.handle;
    const answer = await world.verify(undefined, undefined, { as: `Bearer ${ADMIN_TOKEN}` });
    if (isNamed) expectVerdict(answer, 200, 'VERIFIED');
    else expectVerdict(answer, 502, 'REGISTRY_MALFORMED');
    equal(
      world.upstream.sent.some(({ url }) => url.startsWith(realm)),
      isNamed,
    );
  }
});

test('a cached refusal is judged again: a good signature pushed since then counts', async (t) => {
  const { registry, image, log, signer, verify, byDigest, upstream } = await makeWorld(t, { unsigned: true });
  const stranger = await makeKey();
  const bad = await logged(log, stranger, payloadFor(image.digest));
  await registry.sign(REPOSITORY, image.digest, [bad]);
  expectSignature(await verify(byDigest), 'UNTRUSTED_KEY');
  const asked = upstream.sent.length;
  expectSignature(await verify(byDigest), 'UNTRUSTED_KEY', 'at once, from the cache');
  equal(upstream.sent.length, asked);
  await registry.sign(REPOSITORY, image.digest, [bad, await logged(log, signer, payloadFor(image.digest))]);
  movableClock((undo) => t.after(undo)).advance(4000);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('A21 cached verifications are not charged again: earlier callers do not change a verdict', async (t) => {
  const { registry, image, service, byDigest } = await makeWorld(t, { vars: { SUBREQUESTS: '900' } });
  const [stranger, signer] = [await makeKey(), await makeKey()];
  const [other, third] = [await makeKey(), await makeKey()];
  const clock = movableClock((undo) => t.after(undo));
  const payload = payloadFor(image.digest);
  // With two keys these cost 200 verifications of the 256 that an image may cost.
  const layers = await Promise.all(Array.from({ length: 100 }, () => signPayload(stranger, payload)));
  await registry.sign(REPOSITORY, image.digest, layers);
  const ask = (...keys: { pem: string }[]) => {
    const publicKeys = keys.map(({ pem }) => pem);
    const json = { image: byDigest, publicKeys, transparency: 'unsafe-none' };
    return service.call('POST', '/v1/verify', { as: 'admin', json });
  };
  expectVerdict(await ask(stranger), 200, 'VERIFIED', 'before anything is cached');
  clock.advance(4000);
  expectVerdict(await ask(other, signer), 403, 'NO_TRUSTED_SIGNATURE', 'judged again');
  clock.advance(4000);
  await registry.sign(REPOSITORY, image.digest, [...layers, await signPayload(signer, payload)]);
  expectVerdict(await ask(third, signer), 200, 'VERIFIED', 'pushed since, in another manifest');
});

test('A21 with several keys, a good signature without a log entry is found among junk', async (t) => {
  const { registry, image, signer, service, verify, byDigest } = await makeWorld(t, {
    terms: { transparency: 'unsafe-none' },
    vars: { CACHE_SECONDS: '0' },
  });
  const names = ['key-1', 'release'];
  await trustKey(service, 'key-1', await makeKey());
  for (let i = 2; i < 8; i++) {
    await trustKey(service, `key-${i}`, await makeKey());
    names.push(`key-${i}`);
  }
  const payload = payloadFor(image.digest);
  const junk = await signPayload(await makeKey(), payload);
  await registry.sign(REPOSITORY, image.digest, [
    ...Array(50).fill(junk),
    await signPayload(signer, payload),
  ]);
  expectVerdict(await verify(byDigest, names.map((name) => `key=${name}`).join('&')), 200, 'VERIFIED');
});

test('A21 junk that carries a copy of the good log entry does not hide the good signature', async (t) => {
  const { registry, image, layer, service, verify, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0' },
  });
  const names = ['release'];
  for (let i = 1; i < 16; i++) {
    await trustKey(service, `key-${i}`, await makeKey());
    names.push(`key-${i}`);
  }
  const { signature } = await signPayload(await makeKey(), layer.payload);
  await registry.sign(REPOSITORY, image.digest, [...Array(63).fill({ ...layer, signature }), layer]);
  expectVerdict(await verify(byDigest, names.map((name) => `key=${name}`).join('&')), 200, 'VERIFIED');
});

test('A41 A90 an answer in a content coding that was not requested is malformed, on every runtime', async (t) => {
  const { registry, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  registry.lie = async ({ what }, truth) => {
    const response = await truth();
    if (what !== 'blob') return response;
    const headers = new Headers(response.headers);
    headers.set('content-encoding', 'gzip');
    return new Response(await response.arrayBuffer(), { headers });
  };
  expectVerdict(await verify(), 502, 'REGISTRY_MALFORMED');
});

test('Retry-After is passed on only if it is a number of seconds or a date', async (t) => {
  const { registry, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
  for (const [sent, passed] of [
    ['7', '7'],
    [date, date],
    ['<script>', null],
    ['9'.repeat(7000), null],
    ['5, 9', null],
  ] as const) {
    registry.lie = () => new Response('', { status: 503, headers: { 'retry-after': sent } });
    equal((await verify()).headers.get('retry-after'), passed, sent.slice(0, 40));
  }
});
