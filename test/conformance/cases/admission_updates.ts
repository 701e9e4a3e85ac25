// Which images an update of an object changes.
import { changedImages } from '../../../src/admission/workload_images.ts';
import type { Json, JsonObject } from '../../../src/core/encoding/json.ts';
import { equal, ok, throws } from '../support/assert.ts';
import {
  changed,
  container,
  everyImage,
  everything,
  meta,
  onePod,
  pod,
  template,
} from '../support/workloads.ts';
import { test } from '../table.ts';

test('A94 an update yields the images it changes, whatever the state of the object', () => {
  const old = pod(everything);
  equal(changed(old, old), []);
  equal(changed(old, undefined), everyImage);
  equal(changed(old, null), everyImage);
  const dying = { ...meta, deletionTimestamp: '2026-11-24T10:00:00Z', deletionGracePeriodSeconds: 30 };
  const finalized = { ...dying, finalizers: ['acme.example/cleanup'] };
  equal(changed(pod(everything, dying), pod(everything, finalized)), [], 'a removed finalizer');
  const containers = [container('app', 'evil'), container('sidecar', 'busybox')];
  equal(
    changed(pod({ ...everything, containers }, dying), pod(everything, finalized)),
    ['evil'],
    'during deletion',
  );
  equal(changed(pod({ ...everything, containers }), old), ['evil']);
  const relabelled = { ...meta, labels: { 'policy.example/skip': 'true' } };
  equal(changed(pod({ ...everything, containers }, relabelled), old), ['evil'], 'with an added label');
});

test('A91 an added ephemeral container counts as a change, and so does an image in any other place', () => {
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

test('A94 containers are compared by name, not by order', () => {
  const [app, sidecar] = everything.containers;
  ok(app && sidecar);
  const old = pod({ containers: [app, sidecar] });
  equal(changed(pod({ containers: [sidecar, app] }), old), []);
  // An image that is already in another container or list is judged again, since rules may have changed.
  equal(changed(pod({ containers: [{ ...app, image: 'busybox' }, sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [app], initContainers: [sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [{ ...app, name: 'renamed' }, sidecar] }), old), ['ghcr.io/acme/app:3']);
  equal(changed(pod({ containers: [app] }), old), []);
});

test('A94 containers with duplicate names count as changed, and so does everything if the old object cannot be parsed', () => {
  const twins = pod({ containers: [container('app', 'a'), container('app', 'b'), container('c', 'c')] });
  equal(changed(twins, twins), ['a', 'b']);
  const same = pod({ containers: [container('app', 'a'), container('app', 'a')] });
  equal(changed(same, same), ['a', 'a']);
  equal(changed(onePod('a'), twins), ['a'], 'duplicate names before');
  equal(changed(onePod('b'), twins), ['b'], 'duplicate names before');
  equal(changed(twins, onePod('a')), ['a', 'b', 'c'], 'duplicate names now');
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

test('A94 in an unknown kind, list items are compared by their names', async () => {
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
  await throws(() => changedImages(job(), old), 'Malformed', 'an object without images');
});
