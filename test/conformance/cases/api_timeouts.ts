// timeout= and DEADLINE_MS: an answer comes in time and names what was slow.
import { signatureTag } from '../../support/sign_image.ts';
import { hang } from '../../support/upstream.ts';
import { equal, match } from '../support/assert.ts';
import { expectVerdict, makeWorld, type World } from '../support/world.ts';
import { test } from '../table.ts';

const slowly = async (truth: () => Promise<Response>, ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return truth();
};

test('A41 timeout=: the answer comes in time and names the slow step; a retry is answered from the cache', async (t) => {
  const { registry, verify, service, byDigest, image } = await makeWorld(t);
  let isThere = false;
  registry.lie = ({ reference }, truth) => {
    if (reference !== signatureTag(image.digest)) return undefined;
    return slowly(truth, 700).finally(() => {
      isThere = true;
    });
  };
  const late = await verify(byDigest, 'key=release&timeout=300ms');
  equal(isThere, false, 'answered before the registry');
  expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
  equal(
    [late.json.upstream, late.json.retryable],
    [{ host: registry.host, step: 'signature manifest' }, true],
  );
  match(late.json.detail, /signature manifest/);
  await service.settled();
  const asked = registry.asked.length;
  expectVerdict(await verify(byDigest, 'key=release&timeout=300ms'), 200, 'VERIFIED');
  equal(registry.asked.length, asked, 'the work was finished in the background');
});

const steps: [string, (world: World) => void][] = [
  [
    'image manifest',
    ({ registry }) =>
      (registry.lie = ({ reference }) =>
        reference === '1' ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
  [
    'signature manifest',
    ({ registry, image }) =>
      (registry.lie = ({ reference }) =>
        reference === signatureTag(image.digest) ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
  [
    'signature payload',
    ({ registry }) =>
      (registry.lie = ({ what }) =>
        what === 'blob' ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
];
for (const [step, break_] of steps) {
  test(`timeout=: if the ${step} hangs, the answer comes in time and names it`, async (t) => {
    const world = await makeWorld(t);
    break_(world);
    const late = await world.verify(undefined, 'key=release&timeout=200ms');
    expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
    equal(late.json.upstream, { host: world.registry.host, step });
  });
}

test('timeout=: an answer that arrives byte by byte is cut off and named', async (t) => {
  const { registry, verify } = await makeWorld(t);
  registry.lie = ({ what }) =>
    what === 'blob'
      ? new Response(
          new ReadableStream<Uint8Array>({
            async pull(controller) {
              await new Promise((resolve) => setTimeout(resolve, 50));
              controller.enqueue(Uint8Array.of(0x20));
            },
          }),
        )
      : undefined;
  const late = await verify(undefined, 'key=release&timeout=300ms');
  expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
  equal(late.json.upstream, { host: registry.host, step: 'signature payload' });
});

test('DEADLINE_MS limits a call without timeout=, and timeout= cannot exceed it', async (t) => {
  const { registry, verify } = await makeWorld(t, { vars: { DEADLINE_MS: '200' } });
  registry.lie = () => hang({} as Request);
  for (const query of ['key=release', 'key=release&timeout=1h'])
    expectVerdict(await verify(undefined, query), 504, 'DEADLINE_EXCEEDED', query);
});
