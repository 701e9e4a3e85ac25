// /v2/: what a path names, in which spelling, and which methods are allowed.
import { equal, match } from '../support/assert.ts';
import { BASIC, expectDenied, expectUnavailable, makeGateWorld, pushLayered } from '../support/world_gate.ts';
import { signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('the gate accepts names of Docker Hub without a registry, with ports, and with containerd’s ns=', async (t) => {
  const world = await makeGateWorld(t, { vars: { REGISTRIES: '*' } });
  const seen: string[] = [];
  world.upstream.hosts['registry-1.docker.io'] = (request) => {
    seen.push(new URL(request.url).pathname);
    return new Response('{}', { status: 404 });
  };
  world.upstream.hosts['reg.example:5000'] = world.upstream.hosts['registry-1.docker.io'];
  const get = (path: string) => world.service.call('GET', path, { as: BASIC });
  const table: [path: string, asked: string][] = [
    ['/v2/busybox/manifests/1', '/v2/library/busybox/manifests/1'],
    ['/v2/library/busybox/manifests/1', '/v2/library/busybox/manifests/1'],
    ['/v2/acme/app/manifests/1', '/v2/acme/app/manifests/1'],
    ['/v2/docker.io/busybox/manifests/1', '/v2/library/busybox/manifests/1'],
    ['/v2/library/busybox/manifests/1?ns=docker.io', '/v2/library/busybox/manifests/1'],
    ['/v2/reg.example__5000/a/b/manifests/1', '/v2/a/b/manifests/1'],
    ['/v2/a/b/manifests/1?ns=reg.example:5000', '/v2/a/b/manifests/1'],
    ['/v2/a/manifests/manifests/1?ns=reg.example:5000', '/v2/a/manifests/manifests/1'],
  ];
  for (const [path, asked] of table) {
    seen.length = 0;
    const answer = await get(path);
    equal(
      [answer.status, answer.json?.errors?.[0]?.code],
      [404, 'MANIFEST_UNKNOWN'],
      `${path}: ${answer.text}`,
    );
    equal(seen, [asked], path);
  }
});

test('A81 A87 paths and names that parsers could read differently are refused, and nothing is requested', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const { host } = world.registry;
  const before = world.upstream.sent.length;
  const bad: [path: string, status: number, code: string][] = [
    [`/v2/${host}/app/manifests/%31`, 400, 'NAME_INVALID'],
    [`/v2/${host}%2Fapp/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2//${host}/app/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app//manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app/manifests/${tag}/`, 404, 'UNSUPPORTED'],
    [`/v2/${host}/app/manifests/`, 404, 'UNSUPPORTED'],
    [`/v2/${host}/app/manifests/${tag};x`, 400, 'TAG_INVALID'],
    [`/v2/${host}/app/manifests/${tag}%00`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app/manifests/sha256:0`, 400, 'DIGEST_INVALID'],
    [`/v2/${host}/app/manifests/${image.digest.toUpperCase()}`, 400, 'DIGEST_INVALID'],
    [`/v2/${host}/app/blobs/${tag}`, 400, 'DIGEST_INVALID'],
    [`/v2/${host}/app/blobs/sha512:${'0'.repeat(128)}`, 400, 'DIGEST_INVALID'],
    [`/v2/${host}/APP/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app:1/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app@x/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/manifests/${tag}`, 400, 'NAME_INVALID'],
    [`/v2/${host}/app/uploads/${tag}`, 404, 'UNSUPPORTED'],
    [`/v2/_catalog`, 404, 'UNSUPPORTED'],
    [`/v2/app/manifests/${tag}?ns=http://evil.example/x`, 400, 'NAME_INVALID'],
    [`/v2/app/manifests/${tag}?ns=a%0D%0AX-Evil:1`, 400, 'NAME_INVALID'],
    [`/v2/app/manifests/${tag}?ns=`, 400, 'NAME_INVALID'],
    [`/v2/app/manifests/${tag}?ns=acme`, 400, 'NAME_INVALID'],
    [`/v2/app/manifests/${tag}?ns=ghcr.io/acme`, 400, 'NAME_INVALID'],
  ];
  for (const [path, status, code] of bad) {
    const answer = await world.service.call('GET', path, { as: BASIC });
    equal([answer.status, answer.json?.errors?.[0]?.code], [status, code], `${path}: ${answer.text}`);
  }
  const asked = world.upstream.sent.slice(before).filter(({ url }) => !url.includes(`/v2/library/app/`));
  equal(asked, [], 'nothing was requested');
  const unlisted = await world.service.call('GET', '/v2/evil.example/app/manifests/1', { as: BASIC });
  expectDenied(unlisted, 'REGISTRY_NOT_ALLOWED');
});

test('A89 the gate allows only GET and HEAD', async (t) => {
  const world = await makeGateWorld(t);
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const before = world.upstream.sent.length;
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
    for (const path of [`app/manifests/${tag}`, 'app/blobs/uploads/', `app/tags/list`]) {
      const answer = await world.pull(path, { method, headers: { 'x-http-method-override': 'GET' } });
      equal(
        [answer.status, answer.json.errors[0].code, answer.headers.get('allow')],
        [405, 'UNSUPPORTED', 'GET, HEAD'],
      );
    }
  }
  equal(world.upstream.sent.length, before);
});

test('/v2/ accepts any query parameter, and timeout= on every path', async (t) => {
  const world = await makeGateWorld(t);
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  equal((await world.pull(`app/manifests/${tag}?x=1&y=2`)).status, 200);
  world.registry.lie = () => new Promise<Response>(() => undefined);
  const late = await world.pull(`app/manifests/${tag}?timeout=100ms`);
  expectUnavailable(late, 'DEADLINE_EXCEEDED');
  match(late.json.errors[0].message, /still waiting for the manifest from /);
});
