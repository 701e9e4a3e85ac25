// Redirects and private hosts: what is followed, with which headers, and what never is.
import { equal, ok } from '../support/assert.ts';
import { ADMIN, SECRET, secretReached, withCredentials } from '../support/credentials.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { test } from '../table.ts';

test('A36 Authorization is dropped on a redirect to another origin, and stays dropped on the way back', async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const place of ['https://cdn.example', 'SAME:8443', 'cdn-then-back']) {
      const world = await withCredentials(t, { kind: 'basic', user: 'robot', password: SECRET });
      const { host } = world.registry;
      const target = place.startsWith('SAME') ? `https://${host}:8443` : 'https://cdn.example';
      const serve = (request: Request) => {
        const back = place === 'cdn-then-back' && !request.url.includes('returned');
        if (back)
          return new Response('', {
            status,
            headers: {
              location: `https://${host}/returned?to=${encodeURIComponent(new URL(request.url).pathname)}`,
            },
          });
        return new Response(world.layer.payload);
      };
      world.upstream.hosts['cdn.example'] = serve;
      world.upstream.hosts[`${host}:8443`] = serve;
      world.registry.lie = ({ what, request }) => {
        if (new URL(request.url).pathname === '/returned') return new Response(world.layer.payload);
        if (what !== 'blob') return undefined;
        return new Response('', { status, headers: { location: `${target}/blob?signed=${SECRET.length}` } });
      };
      const answer = await world.verify(undefined, undefined, ADMIN);
      expectVerdict(answer, 200, 'VERIFIED', `${status} ${place}`);
      const after = world.upstream.sent.findIndex(({ url }) => url.includes('/blob?'));
      for (const { headers, url } of world.upstream.sent.slice(after))
        equal([headers.authorization, headers.cookie], [undefined, undefined], `${status} ${url}`);
    }
  }
});

test('A36 a redirect within the origin keeps the Authorization header', async (t) => {
  const world = await withCredentials(t, { kind: 'basic', user: 'robot', password: SECRET });
  world.registry.lie = ({ what, request }) => {
    if (new URL(request.url).pathname === '/moved')
      return new Response(request.headers.has('authorization') ? world.layer.payload : 'no');
    return what === 'blob' ? new Response('', { status: 307, headers: { location: '/moved' } }) : undefined;
  };
  expectVerdict(await world.verify(undefined, undefined, ADMIN), 200, 'VERIFIED');
});

test('A36 a challenge from a redirect target on another origin is not answered', async (t) => {
  const world = await withCredentials(t, { kind: 'basic', user: 'robot', password: SECRET });
  world.upstream.hosts['cdn.example'] = () =>
    new Response('', {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="give me", Bearer realm="https://cdn.example/token"' },
    });
  world.registry.lie = ({ what }) =>
    what === 'blob'
      ? new Response('', { status: 302, headers: { location: 'https://cdn.example/x' } })
      : undefined;
  expectVerdict(await world.verify(undefined, undefined, ADMIN), 502, 'REGISTRY_UNAUTHORIZED');
  equal(secretReached(world), [`https://${world.registry.host}`]);
  equal(world.upstream.sent.filter(({ url }) => url.includes('cdn.example')).length, 1);
});

test('A36 A40 a redirect to a private host, another scheme or no address is REGISTRY_MALFORMED and not followed', async (t) => {
  const places = [
    'http://cdn.example/x',
    'https://169.254.169.254/x',
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://10.1.2.3/x',
    'https://localhost/x',
    'https://metadata.google.internal/x',
    'https://0/x',
    'https://user:pw@cdn.example/x',
    'ftp://cdn.example/x',
    'file:///etc/passwd',
    'https://',
    'http://[',
    undefined,
  ];
  for (const location of places) {
    const world = await makeWorld(t);
    world.registry.lie = ({ what }) =>
      what === 'blob'
        ? new Response('', { status: 302, headers: location === undefined ? {} : { location } })
        : undefined;
    expectVerdict(await world.verify(), 502, 'REGISTRY_MALFORMED', String(location));
    ok(
      world.upstream.sent.every(({ url }) => new URL(url).host === world.registry.host),
      String(location),
    );
  }
});

test('five redirects are followed; a sixth and a loop are not', async (t) => {
  const hops = async (count: number) => {
    const world = await makeWorld(t);
    let left = count;
    world.registry.lie = ({ what, request }) => {
      if (what !== 'blob' && !request.url.includes('/hop')) return undefined;
      return left-- > 0
        ? new Response('', { status: 307, headers: { location: `/hop${left}` } })
        : new Response(world.layer.payload);
    };
    return { answer: await world.verify(), asked: world.registry.asked.length };
  };
  expectVerdict((await hops(5)).answer, 200, 'VERIFIED');
  expectVerdict((await hops(6)).answer, 502, 'REGISTRY_MALFORMED');
  const loop = await hops(Number.POSITIVE_INFINITY);
  expectVerdict(loop.answer, 502, 'REGISTRY_MALFORMED');
  ok(loop.asked < 12, `${loop.asked} requests`);
});

test('A98 REGISTRIES=* allows any public host and no private one', async (t) => {
  const world = await makeWorld(t, { vars: { REGISTRIES: '*' } });
  expectVerdict(await world.verify(), 200, 'VERIFIED');
  const before = world.upstream.sent.length;
  for (const host of [
    '169.254.169.254',
    '127.0.0.1:5000',
    'localhost',
    'localhost:5000',
    '[::1]:5000',
    '10.0.0.1',
    '192.168.0.1',
    '172.31.255.255',
    '100.64.0.1',
    '0.0.0.0',
    '[fd00::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:a00:1]',
    '2130706433.',
    'kubernetes.default.svc',
    'registry.cluster.local',
    'metadata.google.internal',
  ]) {
    const answer = await world.verify(`${host}/app:1`);
    equal(answer.status, 400, `${host}: ${answer.text}`);
  }
  equal(world.upstream.sent.length, before, 'nothing was fetched');
  const named = await makeWorld(t, { vars: { REGISTRIES: '*,127.0.0.1:5000' } });
  named.upstream.hosts['127.0.0.1:5000'] = () => new Response('', { status: 404 });
  expectProblem(await named.verify('127.0.0.1:5000/app:1'), 404, 'IMAGE_NOT_FOUND', 'listed by name');
});

test('a registry listed by name may be private, and over http if INSECURE_REGISTRIES lists it', async (t) => {
  for (const [vars, scheme] of [
    [{ REGISTRIES: '127.0.0.1:5000,registry.internal' }, 'https'],
    [
      {
        REGISTRIES: '127.0.0.1:5000,registry.internal',
        INSECURE_REGISTRIES: '127.0.0.1:5000,registry.internal',
      },
      'http',
    ],
  ] as const) {
    const { registry, verify, upstream } = await makeWorld(t, { vars });
    for (const host of ['127.0.0.1:5000', 'registry.internal']) {
      upstream.hosts[host] = registry.handle;
      expectVerdict(await verify(`${host}/app:1`), 200, 'VERIFIED', host);
      equal(new URL(upstream.sent.at(-1)?.url ?? '').protocol, `${scheme}:`, host);
    }
    expectProblem(await verify('127.0.0.1:5001/app:1'), 400, 'REGISTRY_NOT_ALLOWED');
    expectProblem(await verify('10.0.0.1/app:1'), 400, 'REGISTRY_NOT_ALLOWED');
  }
});

test('INSECURE_REGISTRIES alone does not allow a registry', async (t) => {
  const { verify, upstream } = await makeWorld(t, { vars: { INSECURE_REGISTRIES: 'other.example' } });
  expectProblem(await verify('other.example/app:1'), 400, 'REGISTRY_NOT_ALLOWED');
  equal(upstream.sent, []);
});

test('a redirect to storage on an internal host is followed if the host is listed', async (t) => {
  for (const isListed of [true, false]) {
    const storage = 'minio.corp.lan:9000';
    const world = await makeWorld(t, {
      vars: ({ registry }) => ({ REGISTRIES: isListed ? `${registry},${storage}` : registry }),
    });
    world.upstream.hosts[storage] = () => new Response(world.layer.payload);
    world.registry.lie = ({ what }) =>
      what === 'blob'
        ? new Response('', { status: 307, headers: { location: `https://${storage}/blob?signed` } })
        : undefined;
    if (isListed) expectVerdict(await world.verify(), 200, 'VERIFIED');
    else expectVerdict(await world.verify(), 502, 'REGISTRY_MALFORMED');
  }
});

test('A98 a registry that redirects to the service itself does not make it call itself without end', async (t) => {
  const world = await makeWorld(t, { vars: { REGISTRIES: '*' } });
  const { upstream, registry, service, byDigest, name } = world;
  const own = 'countersign.example';
  upstream.hosts[own] = async ({ url, headers }) => {
    const path = url.slice(`https://${own}`.length);
    const { status, text } = await service.get(path, { headers: Object.fromEntries(headers) });
    return new Response(text, { status });
  };
  let round = 0;
  registry.lie = ({ what }) => {
    // So that the case ends even if the rounds do not.
    if (what !== 'manifest' || ++round > 50) return undefined;
    const location = `https://${own}/v1/verify/${name}:${round}?key=release`;
    return new Response('', { status: 302, headers: { location } });
  };
  for (const reference of [byDigest, `${name}:1`])
    expectVerdict(await world.verify(reference), 502, 'REGISTRY_UNAUTHORIZED');
  ok(upstream.sent.length < 12, `${upstream.sent.length} requests`);
});
