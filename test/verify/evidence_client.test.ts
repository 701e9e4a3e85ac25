// Reading evidence: nothing twice in one request, and content that has its digest not again in the next one.
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/core/crypto/digest.ts';
import { evidenceIn } from '../../src/verify/evidence/evidence_client.ts';
import { utf8 } from '../support/bytes.ts';
import { content, makeImage } from '../support/sign_image.ts';
import { makeVerifier } from '../support/verifier.ts';

const HOST = 'registry.example';
const APP = { registry: HOST, repository: 'app' };

async function world(settings = {}) {
  const made = makeVerifier(HOST, settings);
  const image = await makeImage('one');
  const blob = await content(utf8('a payload'), 'text/plain');
  made.registry.push('app', image, 'tag');
  made.registry.push('app', blob);
  const client = (isKnown = false, named = APP) => evidenceIn(made.session(isKnown), named);
  const asked = async (read: () => Promise<unknown>) => {
    const before = made.registry.asked.length;
    await read();
    return made.registry.asked.length - before;
  };
  return { ...made, client, asked, image: parseDigest(image.digest), blob: parseDigest(blob.digest) };
}

test('in one request, nothing is read twice, not even what is absent or fails', async () => {
  const { session, registry, asked, image, blob } = await world();
  const one = session();
  const client = () => evidenceIn(one, APP);
  const absent = parseDigest(`sha256:${'0'.repeat(64)}`);
  const reads = () =>
    Promise.allSettled([
      client().manifest('tag', 'step'),
      client().manifest('absent', 'step'),
      client().manifest(image, 'step'),
      client().blob(blob, 100, 'step'),
      client().blob(absent, 100, 'step'),
      client().referrers(image, 'step'),
    ]);
  expect(await asked(reads)).toBe(6);
  const again = await reads();
  expect(registry.asked).toHaveLength(6);
  expect(again.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(await asked(() => client().manifest('tag', 'another step'))).toBe(1);
});

describe('in the next request', () => {
  test('content is known by its digest until it expires, and tags and lists are read again', async () => {
    const { client, asked, image, blob, wait } = await world();
    const reads = [
      () => client().manifest(image, 'step'),
      () => client().blob(blob, 100, 'step'),
      () => client().manifest('tag', 'step'),
      () => client().referrers(image, 'step'),
    ];
    for (const read of reads) expect(await asked(read)).toBe(1);
    expect(await client().manifest(image, 'step')).toMatchObject({ contentType: expect.any(String) });
    const [byDigest, payload, ...others] = reads;
    for (const read of [byDigest, payload]) expect(await asked(read as () => Promise<unknown>)).toBe(0);
    for (const read of others) expect(await asked(read)).toBe(1);
    wait(60_001);
    for (const read of reads) expect(await asked(read)).toBe(1);
  });

  test('content is known only to the same kind of caller, and in the same repository', async () => {
    const { client, asked, blob, registry } = await world();
    registry.push('other', await content(utf8('a payload'), 'text/plain'));
    const other = { registry: HOST, repository: 'other' };
    expect(await asked(() => client(true).blob(blob, 100, 'step'))).toBe(1);
    expect(await asked(() => client(false).blob(blob, 100, 'step'))).toBe(1);
    expect(await asked(() => client(false, other).blob(blob, 100, 'step'))).toBe(1);
    expect(await asked(() => client(true).blob(blob, 100, 'step'))).toBe(0);
  });

  test('content that does not have its digest, or is absent, is read again', async () => {
    const { client, asked, blob, image, registry } = await world();
    registry.lie = () => new Response('something else');
    expect(await asked(() => client().blob(blob, 100, 'step'))).toBe(1);
    registry.lie = () => new Response('', { status: 404 });
    expect(await asked(() => client().manifest(image, 'step'))).toBe(1);
    delete registry.lie;
    const { bytes } = await content(utf8('a payload'), 'text/plain');
    expect(await client().blob(blob, 100, 'step')).toEqual(bytes);
    expect(await client().manifest(image, 'step')).toBeDefined();
  });

  test('content that is larger than is wanted now fails as if it was not known', async () => {
    const { client, blob } = await world();
    await client().blob(blob, 100, 'step');
    await expect(client().blob(blob, 8, 'step')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await client().blob(blob, 9, 'step')).toHaveLength(9);
  });

  test('what is parsed from content does not stay in memory with it', async () => {
    const { client, blob, verifier } = await world();
    const cached = await client().blob(blob, 100, 'step');
    const again = await client().blob(blob, 100, 'step');
    const third = await client().blob(blob, 100, 'step');
    expect([again, third]).toEqual([cached, cached]);
    const key = `anonymous ${HOST}/app blob ${blob}`;
    const kept = verifier.memory.content.get(key, 0)?.bytes;
    expect(kept).toEqual(cached);
    for (const one of [cached, again, third]) expect(one, 'parsing is remembered by identity').not.toBe(kept);
  });

  test('nothing is known if nothing is cached', async () => {
    const { client, asked, blob } = await world({ cacheTtl: 0 });
    for (let i = 0; i < 2; i++) expect(await asked(() => client().blob(blob, 100, 'step'))).toBe(1);
  });
});
