// Which of the places that name an image an update changes. ABUSE A91, A94.
import { changedImages } from '../../../src/admission/workload_images.ts';
import type { Json, JsonObject } from '../../../src/core/encoding/json.ts';
import { equal, ok, throws } from '../assert.ts';
import { test } from '../table.ts';
import { changed, container, everyImage, everything, meta, onePod, pod, template } from '../workloads.ts';

test('A94 an update answers for the images it changes, in whatever state the object is', () => {
  const old = pod(everything);
  equal(changed(old, old), []);
  equal(changed(old, undefined), everyImage);
  equal(changed(old, null), everyImage);
  const dying = { ...meta, deletionTimestamp: '2026-11-24T10:00:00Z', deletionGracePeriodSeconds: 30 };
  const finalized = { ...dying, finalizers: ['acme.example/cleanup'] };
  equal(changed(pod(everything, dying), pod(everything, finalized)), [], 'a finalizer taken away');
  const containers = [container('app', 'evil'), container('sidecar', 'busybox')];
  equal(
    changed(pod({ ...everything, containers }, dying), pod(everything, finalized)),
    ['evil'],
    'while it is deleted',
  );
  equal(changed(pod({ ...everything, containers }), old), ['evil']);
  const relabelled = { ...meta, labels: { 'policy.example/skip': 'true' } };
  equal(changed(pod({ ...everything, containers }, relabelled), old), ['evil'], 'with a label');
});

test('A91 an ephemeral container that is added is a change, and so is every other place', () => {
  const { ephemeralContainers, ...rest } = everything;
  const old = pod(rest);
  equal(changed(pod({ ...rest, ephemeralContainers }), old), ['ghcr.io/acme/debug:4']);
  const second = [...ephemeralContainers, container('debug-2', 'evil')];
  equal(changed(pod({ ...rest, ephemeralContainers: second }), pod(everything)), ['evil']);
  const lists: JsonObject[] = [
    { initContainers: [...everything.initContainers, container('x', 'evil')] },
    { containers: [...everything.containers, container('x', 'evil')] },
    { volumes: [...everything.volumes, { name: 'x', image: { reference: 'evil' } }] },
    { volumes: [{ name: 'data', image: { reference: 'evil' } }] },
  ];
  for (const list of lists) equal(changed(pod({ ...everything, ...list }), pod(everything)), ['evil']);
});

test('A94 order does not matter and names do', () => {
  const [app, sidecar] = everything.containers;
  ok(app && sidecar);
  const old = pod({ containers: [app, sidecar] });
  equal(changed(pod({ containers: [sidecar, app] }), old), []);
  // An image that is known from another container or list is judged again: rules may change between.
  equal(changed(pod({ containers: [{ ...app, image: 'busybox' }, sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [app], initContainers: [sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [{ ...app, name: 'renamed' }, sidecar] }), old), ['ghcr.io/acme/app:3']);
  equal(changed(pod({ containers: [app] }), old), []);
});

test('A94 containers that share a name count as changed, and so does an old object that cannot be read', () => {
  const twins = pod({ containers: [container('app', 'a'), container('app', 'b'), container('c', 'c')] });
  equal(changed(twins, twins), ['a', 'b']);
  const same = pod({ containers: [container('app', 'a'), container('app', 'a')] });
  equal(changed(same, same), ['a', 'a']);
  equal(changed(onePod('a'), twins), ['a'], 'twins before');
  equal(changed(onePod('b'), twins), ['b'], 'twins before');
  equal(changed(twins, onePod('a')), ['a', 'b', 'c'], 'twins now');
  const nameless = pod({ containers: [{ image: 'a' }, { image: 'b' }] });
  equal(changed(nameless, nameless), []);
  equal(changed(pod({ containers: [{ image: 'b' }, { image: 'a' }] }), nameless), ['b', 'a']);
  for (const unreadable of [
    {},
    [],
    'old',
    pod({}),
    onePod(''),
    { apiVersion: 'v1', kind: 'Scale' },
  ] as Json[])
    equal(changed(onePod('a'), unreadable), ['a']);
});

test('A94 tasks of an unknown kind are told apart by their names', async () => {
  const task = (name: string, image: string) => ({
    name,
    template: template({ containers: [container('main', image)] }),
  });
  const job = (...tasks: Json[]) => ({
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    spec: { tasks },
  });
  const old = job(task('a', 'image-a'), task('b', 'image-b'));
  equal(changed(job(task('b', 'image-b'), task('a', 'image-a')), old), []);
  equal(changed(job(task('a', 'image-b'), task('b', 'image-b')), old), ['image-b']);
  equal(changed(job(task('a', 'image-a'), task('c', 'image-b')), old), ['image-b']);
  await throws(() => changedImages(job(), old), 'Malformed', 'an object with nothing to judge');
});
