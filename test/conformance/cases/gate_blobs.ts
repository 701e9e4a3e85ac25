// Blobs through the gate: their digest is checked as they pass; redirects; and what breaks a transfer off.
import { base64 } from '../../support/bytes.ts';
import { ADMIN_TOKEN, startService } from '../../support/service.ts';
import { inPieces } from '../../support/upstream.ts';
import { equal, match, ok } from '../support/assert.ts';
import { alerts, brokenOff, download, makePulled } from '../support/gate_transfers.ts';
import { BASIC, expectDenied, expectUnavailable, makeGateWorld, pushLayered } from '../support/world_gate.ts';
import { policyOf, putPolicy, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('a blob arrives unchanged, in whatever chunks the registry sends it', async (t) => {
  const { world, layer } = await makePulled(t, [3_000_001]);
  for (const size of [97, 65_536, 100_000, 1_000_000, 5_000_000]) {
    world.registry.lie = ({ reference }, truth) => {
      if (reference !== layer.digest) return truth();
      return new Response(inPieces(layer.bytes, size), {
        headers: { 'content-length': String(layer.bytes.length) },
      });
    };
    const { bytes, isWhole } = await download(t, world, layer.digest);
    equal([isWhole, base64(bytes ?? new Uint8Array()) === base64(layer.bytes)], [true, true], `${size}`);
  }
  equal(alerts(t), []);
});

test('if the registry breaks off, the pull is undecided if the answer has not begun, and a log line says so', async (t) => {
  const { world, layer } = await makePulled(t, [300_000]);
  world.registry.lie = ({ reference }, truth) =>
    reference === layer.digest
      ? new Response(brokenOff(layer.bytes), { headers: { 'content-length': String(layer.bytes.length) } })
      : truth();
  for (const headers of [{}, { range: 'bytes=0-99' }]) {
    const answer = await world.pull(`app/blobs/${layer.digest}`, { headers });
    expectUnavailable(answer, 'REGISTRY_UNAVAILABLE', JSON.stringify(headers));
    equal(answer.headers.get('etag'), null, 'the refusal has no ETag of the blob');
    equal(alerts(t).at(-1)?.code, 'UPSTREAM_BROKE_OFF');
  }
});

test('A76 a blob with a changed byte, cut short, too long or empty never arrives as complete, is reported, and is not cached', async (t) => {
  for (const size of [300_000, 3_000_000]) {
    const { world, layer } = await makePulled(t, [size]);
    const flipped = (at: number) => {
      const bytes = layer.bytes.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const lies: [string, Uint8Array<ArrayBuffer>][] = [
      ['first byte', flipped(0)],
      ['last byte', flipped(size - 1)],
      ['middle', flipped(size / 2)],
      ['short', layer.bytes.slice(0, size - 1)],
      ['empty', new Uint8Array()],
      ['long', new Uint8Array([...layer.bytes, 0])],
    ];
    for (const [name, bytes] of lies) {
      const before = alerts(t).length;
      world.registry.lie = ({ reference }, truth) =>
        reference === layer.digest ? new Response(inPieces(bytes, 50_000)) : truth();
      const { response, length: got, bytes: body } = await download(t, world, layer.digest);
      // A wrong small blob is refused before the answer begins; a larger one breaks off before its end.
      if (size < 1_000_000) {
        equal(response.status, 403, name);
        match(
          new TextDecoder().decode(body),
          /BLOB_DIGEST_MISMATCH: The content does not match its digest/,
          name,
        );
        for (const header of ['etag', 'docker-content-digest', 'accept-ranges'])
          equal(response.headers.get(header), null, header);
      } else {
        equal([response.status, response.headers.get('content-length')], [200, String(size)], name);
        ok(got < size, `${name}: a client must not take ${got} of ${size} bytes as complete`);
      }
      const [line, ...more] = alerts(t).slice(before);
      equal([line?.code, more.length], ['BLOB_DIGEST_MISMATCH', 0], name);
      ok(line.reference.endsWith(layer.digest));
    }
    world.registry.lie = (_, truth) => truth();
    const good = await download(t, world, layer.digest);
    equal([good.isWhole, good.length], [true, size], 'the next pull asks again');
  }
});

test('A76 a size that differs in the registry’s headers is refused before any byte is sent', async (t) => {
  for (const size of [300_000, 3_000_000]) {
    const { world, layer } = await makePulled(t, [size]);
    world.registry.lie = ({ reference }, truth) =>
      reference === layer.digest
        ? new Response(layer.bytes.slice(1), { headers: { 'content-length': String(size - 1) } })
        : truth();
    const before = alerts(t).length;
    const answer = await world.pull(`app/blobs/${layer.digest}`);
    if (answer.status === 403) expectDenied(answer, 'BLOB_DIGEST_MISMATCH');
    else ok(false, `${answer.status}`);
    match(answer.text, /Upstream states/);
    for (const header of ['etag', 'docker-content-digest']) equal(answer.headers.get(header), null, header);
    equal(alerts(t).length, before + 1);
  }
});

test('the decision about a blob is logged as it was answered, also if its content turns out to be wrong or is not there', async (t) => {
  const { world, layer } = await makePulled(t);
  const path = `app/blobs/${layer.digest}`;
  const size = String(layer.bytes.length);
  const wrong = () => new Response(layer.bytes.slice().fill(0), { headers: { 'content-length': size } });
  const lies: [() => Response, unknown[]][] = [
    [wrong, ['refused', 'BLOB_DIGEST_MISMATCH', false]],
    [
      () => new Response('x', { headers: { 'content-length': '1' } }),
      ['refused', 'BLOB_DIGEST_MISMATCH', false],
    ],
    [
      () => new Response(brokenOff(layer.bytes), { headers: { 'content-length': size } }),
      ['undecided', 'REGISTRY_UNAVAILABLE', false],
    ],
    [() => new Response('', { status: 404 }), ['verified', 'VERIFIED', false]],
  ];
  const decisions = () => t.logged().filter(({ event }) => event === 'decision');
  const expectLogged = async (expected: unknown[]) => {
    const before = decisions().length;
    await world.pull(path);
    equal(
      decisions()
        .slice(before)
        .map(({ verdict, code, passed }) => [verdict, code, passed]),
      [expected],
    );
  };
  await expectLogged(['verified', 'VERIFIED', true]);
  for (const [lie, expected] of lies) {
    world.registry.lie = ({ reference }, truth) => (reference === layer.digest ? lie() : truth());
    await expectLogged(expected);
  }
  // A rule that only warns lets an image pass, but not content that is not the image's.
  await putPolicy(world.service, 'default', policyOf({ mode: 'warn', require: { keys: ['b'] } }));
  world.registry.lie = ({ reference }, truth) => (reference === layer.digest ? wrong() : truth());
  await expectLogged(['refused', 'BLOB_DIGEST_MISMATCH', false]);
  world.registry.lie = (_, truth) => truth();
  await expectLogged(['refused', 'NO_TRUSTED_SIGNATURE', true]);
});

test('A90 a compressed blob is refused', async (t) => {
  const { world, layer } = await makePulled(t);
  world.registry.lie = ({ reference }, truth) =>
    reference === layer.digest
      ? new Response(layer.bytes, { headers: { 'content-encoding': 'gzip' } })
      : truth();
  const answer = await world.pull(`app/blobs/${layer.digest}`);
  equal(answer.status, 503);
  expectUnavailable(answer, 'REGISTRY_MALFORMED');
});

test('a manifest that differs from the requested digest, or on the second request, is refused', async (t) => {
  const { world, image, tag } = await makePulled(t);
  const evil = await pushLayered(world, []);
  world.registry.lie = ({ what, reference }, truth) =>
    what === 'manifest' && (reference === tag || reference === 'x')
      ? new Response(evil.image.bytes, { headers: { 'content-type': evil.image.mediaType } })
      : truth();
  expectDenied(await world.pull(`app/manifests/${tag}`), 'NO_SIGNATURES');
  const other = await pushLayered(world, [signerOf(world.signers, 'a')]);
  world.registry.lie = ({ what, reference }, truth) =>
    what === 'manifest' && reference === other.image.digest
      ? new Response(image.bytes, { headers: { 'content-type': image.mediaType } })
      : truth();
  expectDenied(await world.pull(`app/manifests/${other.image.digest}`), 'MANIFEST_DIGEST_MISMATCH');
  world.registry.lie = ({ what, reference }, truth) =>
    what === 'manifest' && reference === other.tag
      ? new Response(other.image.bytes, {
          headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
        })
      : truth();
  expectUnavailable(
    await world.pull(`app/manifests/${other.tag}`),
    'REGISTRY_MALFORMED',
    'another content type',
  );
});

test('A79 blobs behind redirects: every redirect status is followed without credentials and with HEAD as HEAD; loops and dead ends are not', async (t) => {
  const world = await makeGateWorld(t, {
    auth: { kind: 'basic', user: 'robot', password: 'canary' },
    vars: ({ registry }) => ({
      REGISTRIES: registry,
      REGISTRY_AUTH: JSON.stringify({ auths: { [registry]: { auth: base64('robot:canary') } } }),
    }),
  });
  const { tag, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const [layer] = layers;
  ok(layer, 'a layer');
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  const seen: { method: string; authorization: string | null }[] = [];
  world.upstream.hosts['cdn.example'] = (request) => {
    seen.push({ method: request.method, authorization: request.headers.get('authorization') });
    const headers = { 'content-length': String(layer.bytes.length) };
    return new Response(request.method === 'HEAD' ? null : layer.bytes, { headers });
  };
  const redirect = (status: number, location?: string) => {
    world.registry.lie = ({ reference }, truth) =>
      reference === layer.digest
        ? new Response(null, { status, headers: location === undefined ? {} : { location } })
        : truth();
  };
  const path = `app/blobs/${layer.digest}`;
  for (const status of [301, 302, 303, 307, 308]) {
    redirect(status, 'https://cdn.example/blob?signature=secret');
    equal((await world.pull(path)).status, 200, `${status}`);
    equal((await world.pull(path, { method: 'HEAD' })).status, 200, `HEAD ${status}`);
  }
  equal(seen.map(({ method }) => method).slice(0, 2), ['GET', 'HEAD']);
  world.registry.lie = ({ reference, request }, truth) =>
    reference === layer.digest && !request.url.endsWith('?moved')
      ? new Response(null, { status: 307, headers: { location: '?moved' } })
      : truth();
  equal((await world.pull(path)).status, 200, 'relative');
  ok(
    seen.every(({ authorization }) => authorization === null),
    'credentials stay with the registry',
  );
  for (const location of [
    undefined,
    `https://${world.registry.host}/v2/${path}`,
    'http://169.254.169.254/x',
    'http://cdn.example/x',
    'https://user@cdn.example/x',
    'https://localhost/x',
  ]) {
    redirect(302, location && `${location}?signature=secret`);
    const answer = await world.pull(path);
    expectUnavailable(answer, 'REGISTRY_MALFORMED', `${location}`);
    ok(!answer.text.includes('signature=secret'), 'no upstream URL is disclosed');
  }
});

test('A77 the gate answers every exception itself, and passes nothing on from the registry', async (t) => {
  const { world, layer, tag } = await makePulled(t);
  const unsigned = await pushLayered(world, []);
  const doors: [path: string, whole: number][] = [
    [`app/manifests/${tag}`, 200],
    [`app/blobs/${layer.digest}`, 200],
    [`app/manifests/${unsigned.tag}`, 403],
    [`app/blobs/${unsigned.config.digest}`, 403],
  ];
  for (const [path, whole] of doors) {
    for (const failing of ['get', 'list'] as const) {
      let countdown = 0;
      for (let at = 0; at < 6; at++) {
        countdown = at;
        world.service.kv.before = (operation) => {
          if (operation === failing && countdown-- === 0) throw new Error('chaos');
        };
        const answer = await world.pull(path);
        ok([whole, 503].includes(answer.status), `${path} ${failing} ${at}: ${answer.status}`);
        delete world.service.kv.before;
      }
    }
    world.registry.lie = () => {
      throw new TypeError('chaos');
    };
    const answer = await world.pull(path);
    // A blob that no admitted manifest lists is not requested.
    if (path.endsWith(unsigned.config.digest)) expectDenied(answer, 'NOT_ADMITTED');
    else expectUnavailable(answer, 'REGISTRY_UNAVAILABLE', path);
    world.registry.lie = (_, truth) => truth();
  }
});

test('A82 a blob of a private image is not served without a token, from another repository, or after its image is gone', async (t) => {
  const { world, layer } = await makePulled(t);
  const path = `/v2/${world.registry.host}/app/blobs/${layer.digest}`;
  for (const method of ['GET', 'HEAD']) {
    const { status, headers } = await world.service.call(method, path, { as: BASIC });
    equal(status, 200, method);
    match(headers.get('cache-control'), /^private, no-cache\b/, 'shared caches do not keep it');
  }
  equal((await world.service.call('GET', path)).status, 401);
  equal((await world.service.call('GET', path.replace('/app/', '/other/'), { as: BASIC })).status, 403);
  world.registry.lie = ({ reference }, truth) =>
    reference === layer.digest ? new Response('', { status: 404 }) : truth();
  equal((await world.service.call('GET', path, { as: BASIC })).status, 404);
});

test('A85 of concurrent pulls, one that is cancelled does not affect the others', async (t) => {
  const { world, layer, tag } = await makePulled(t);
  const fresh = startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  const get = (path: string) => fresh.call('GET', `/v2/${world.registry.host}/${path}`, { as: BASIC });
  const answers = await Promise.all([
    ...Array.from({ length: 16 }, () => get(`app/manifests/${tag}`)),
    ...Array.from({ length: 16 }, () => get(`app/blobs/${layer.digest}`)),
  ]);
  for (const { status } of answers) equal(status, 200);
  const request = new Request(
    `https://countersign.example/v2/${world.registry.host}/app/blobs/${layer.digest}`,
    { headers: { authorization: BASIC } },
  );
  const env = { TRUST: world.service.kv, REGISTRIES: world.registry.host, ADMIN_TOKEN };
  const response = await t.worker.fetch(request, env, {
    waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
  });
  await response.body?.cancel();
  equal((await download(t, world, layer.digest)).isWhole, true);
  equal(alerts(t), [], 'a client that disconnects causes no alert');
});
