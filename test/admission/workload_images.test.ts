// Lists and updates: which objects are read item by item, and which images an update must answer for. docs/abuse.md: A92, A94.
import { expect, test } from 'vitest';
import { changedImages, imagesOf } from '../../src/admission/workload_images.ts';
import type { Json } from '../../src/core/encoding/json.ts';

const pod = (...images: string[]): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  spec: { containers: images.map((image, at) => ({ name: `c${at}`, image })) },
});
const images = (object: Json) => imagesOf(object).map(({ image }) => image);
const changed = (object: Json, before: Json | undefined) =>
  changedImages(object, before).map(({ image }) => image);

test('only what is called a list, and has items, is read as one', () => {
  const more = { spec: { containers: [{ image: 'a' }] } };
  const apiVersion = 'x.example/v1';
  expect(images({ apiVersion, kind: 'Set', items: [], ...more })).toEqual(['a']);
  expect(images({ apiVersion, kind: 'WaitingList', ...more })).toEqual(['a']);
  expect(
    images({ apiVersion: 'v1', kind: 'PodList', items: [{ spec: { containers: [{ image: 'a' }] } }] }),
  ).toEqual(['a']);
  expect(() => images({ apiVersion, kind: 'WaitingList', items: [], ...more })).toThrow('no other fields');
  expect(() => images({ apiVersion, kind: 'List', ...more })).toThrow('no other fields');
});

test('an update answers for every image of an object of which there is no earlier version that can be read', () => {
  for (const before of [undefined, null, 'text', {}, { apiVersion: 'v1', kind: 'Pod' }] as (
    | Json
    | undefined
  )[])
    expect(changed(pod('a', 'b'), before)).toEqual(['a', 'b']);
  expect(changed(pod('a', 'b'), pod('a', 'c'))).toEqual(['b']);
  expect(changed(pod('a'), pod('a'))).toEqual([]);
});

test('texts of a custom kind are not images, unless an object is among them', () => {
  const of = (labels: Json) => ({ apiVersion: 'x.example/v1', kind: 'X', image: 'a', spec: { labels } });
  expect(images(of({ image: 'b', note: 'c' }))).toEqual(['a']);
  expect(images(of({ note: 'c', worker: { image: 'b' } }))).toEqual(['a', 'b']);
});
