// /v1/admission, mutating: images that verified are pinned to the verified digest.
import { equal, match } from '../support/assert.ts';
import type { Any } from '../support/world_admission.ts';
import { admit, makeCluster, pod, REQUIRE_A, review, workload } from '../support/world_admission.ts';
import { anotherImage, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('A96 mutate patches each verified image in its own place with the verified digest, once', async (t) => {
  const world = await makeCluster(t);
  const a = signerOf(world.signers, 'a');
  const others = await Promise.all([1, 2, 3].map(() => anotherImage(world, [a])));
  const digests = new Map(others.map(({ tag, image }) => [`${world.name}:${tag}`, image.digest]));
  digests.set(world.good, world.image.digest);
  const images = Array.from({ length: 20 }, (_, i) => [...digests.keys()][i % 4] as string);
  const object = pod(...images, `${world.name}@${world.image.digest}`);
  object.spec.volumes = [{ name: 'v', image: { reference: world.good } }];
  const path = '/v1/admission/default/mutate';
  const { allowed, patch = [] } = await admit(world, review(object), path);
  equal([allowed, patch.length], [true, 21]);
  for (const [at, { op, path: place, value }] of patch.entries()) {
    const image = at < 20 ? (images[at] as string) : world.good;
    equal(op, 'replace');
    equal(place, at < 20 ? `/spec/containers/${at}/image` : '/spec/volumes/0/image/reference');
    equal(value, `${image}@${digests.get(image)}`);
  }
  for (const { path: place, value } of patch) setAt(object, place, value);
  const again = await admit(world, review(object), path);
  equal([again.allowed, again.patch], [true, undefined], 'a second call has nothing to patch');
  const denied = await admit(world, review(pod(world.good, world.bad)), path);
  equal([denied.allowed, denied.patch], [false, undefined]);
  equal(
    (await admit(world, review(pod(world.good)))).patch,
    undefined,
    'the validating webhook returns no patch',
  );
});

test('A32 A96 if a tag moves during the review, the digest that was verified is the one that is pinned', async (t) => {
  const world = await makeCluster(t, REQUIRE_A, { CACHE_SECONDS: '0' });
  const a = signerOf(world.signers, 'a');
  const others = [
    { other: await anotherImage(world, []), isSigned: false },
    { other: await anotherImage(world, [a]), isSigned: true },
  ];
  for (const { other, isSigned } of others) {
    let turn = 0;
    world.registry.lie = async ({ what, reference, request }, truth) => {
      if (what !== 'manifest' || reference !== '1' || turn++ % 2 === 0) return truth();
      return world.registry.handle(new Request(request.url.replace(/\/1$/, `/${other.tag}`), request));
    };
    const pinned = new Set<string>();
    for (let i = 0; i < 25; i++) {
      const { allowed, patch, status } = await admit(
        world,
        review(pod(world.good, world.good)),
        '/v1/admission/default/mutate',
      );
      equal(allowed || !isSigned, true, status?.message);
      if (!allowed) match(status?.message, /NO_SIGNATURES/);
      const values = new Set((patch ?? []).map(({ value }) => value));
      equal(values.size, allowed ? 1 : 0, 'both containers get the same digest');
      for (const value of values) pinned.add(value);
    }
    const digests = isSigned ? [world.image.digest, other.image.digest] : [world.image.digest];
    equal([...pinned].sort(), digests.map((digest) => `${world.good}@${digest}`).sort());
  }
});

test('mutate pins a standalone ReplicaSet, and only judges one that a Deployment owns', async (t) => {
  const world = await makeCluster(t);
  const object = workload('apps/v1', 'ReplicaSet', world.good);
  const odd = await admit(world, review({ ...object, metadata: 'x' }), '/v1/admission/default/mutate');
  equal([odd.allowed, odd.patch?.length], [true, 1], 'malformed metadata has no owner');
  const path = '/v1/admission/default/mutate';
  equal((await admit(world, review(object), path)).patch?.length, 1);
  object.metadata.ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'x', controller: true },
  ];
  const owned = await admit(world, review(object), path);
  equal([owned.allowed, owned.patch], [true, undefined]);
  object.spec.template.spec.containers[0].image = world.bad;
  equal((await admit(world, review(object), path)).allowed, false, 'it is still judged');
});

function setAt(object: Any, pointer: string, value: string): void {
  const names = pointer.split('/').slice(1);
  const last = names.pop() as string;
  names.reduce((at, name) => at[name], object)[last] = value;
}
