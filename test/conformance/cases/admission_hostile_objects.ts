// Kubernetes objects made to mislead or exhaust the search for images.
import { MAX_PATH_LENGTH } from '../../../src/admission/image_place.ts';
import { MAX_PLACES, MAX_VISITED } from '../../../src/admission/search.ts';
import { MAX_WALK_DEPTH } from '../../../src/admission/unknown_kind.ts';
import { imagesOf } from '../../../src/admission/workload_images.ts';
import { type Json, parseJson } from '../../../src/core/encoding/json.ts';
import { equal, ok } from '../support/assert.ts';
import { changed, container, images, lines, onePod, pod, refused } from '../support/workloads.ts';
import { test } from '../table.ts';

test('A92 names such as __proto__ and constructor are treated like any other', async () => {
  const text = `{"apiVersion":"x.example/v1","kind":"X","spec":{"__proto__":{"containers":[{"name":"a","image":"evil"}]},
    "constructor":{"prototype":{"containers":[{"name":"__proto__","image":"b"}]}}}}`;
  equal(lines(parseJson(text, 'test')), [
    '/spec/__proto__/containers/0/image | spec/__proto__ containers a | evil',
    '/spec/constructor/prototype/containers/0/image | spec/constructor/prototype containers __proto__ | b',
  ]);
  equal(Object.hasOwn(Object.prototype, 'containers'), false);
  const inherited =
    '{"apiVersion":"v1","kind":"Pod","spec":{"__proto__":{"containers":[{"name":"a","image":"b"}]}}}';
  await refused(parseJson(inherited, 'test'), /^\/spec\/containers: lists no containers/);
  const image = '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"__proto__":{"image":"b"}}]}}';
  await refused(parseJson(image, 'test'), /^\/spec\/containers\/0\/image: names no image/);
  await refused(pod(Object.create({ containers: [container('a', 'b')] })), /lists no containers/);
  for (const kind of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    equal(images({ apiVersion: kind, kind, spec: { containers: [{ image: 'a' }] } }), ['a'], kind);
});

test('A92 pointers are escaped as in RFC 6901, and slots escape their separators', () => {
  const spec = { 'a/b~c': { 'd e#0': [{ name: 'n/m x', containers: [{ name: 'o #p', image: 'a' }] }] } };
  equal(lines({ apiVersion: 'x.example/v1', kind: 'X', spec }), [
    '/spec/a~1b~0c/d e#0/0/containers/0/image | spec/a~1b~0c/d~2e~30/n~1m~2x containers o~2~3p | a',
  ]);
  // No container name can produce the slot of another container.
  const slots = (...names: Json[]) =>
    imagesOf(pod({ containers: names.map((name) => ({ name, image: 'a' })) })).map(({ slot }) => slot);
  equal(slots('#1', null, '', 7, 'x'.repeat(254)), [
    'spec containers ~31',
    'spec containers #1',
    'spec containers #2',
    'spec containers #3',
    'spec containers #4',
  ]);
  const old = pod({ containers: [container('app', 'a'), container('b', 'a')] });
  equal(changed({ ...old, kind: 'X', spec: { x: { containers: [container('app', 'a')] } } }, old), ['a']);
});

test('A92 objects that are too deep, too large or repeat shared values are refused', async () => {
  const x = (spec: Json) => ({ apiVersion: 'x.example/v1', kind: 'X', spec });
  const nested = (depth: number, leaf: Json): Json => {
    let value = leaf;
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  const leaf = { containers: [{ image: 'a' }] };
  // The object and its spec are around it; a list and a container are inside.
  equal(images(x(nested(MAX_WALK_DEPTH - 3, leaf))), ['a']);
  await refused(x(nested(MAX_WALK_DEPTH - 2, leaf)), /nested deeper than 64/, 'depth');
  await refused(x(nested(5000, leaf)), /nested deeper than 64/, 'great depth');

  await refused(x([leaf, Array.from({ length: MAX_VISITED }, () => 0)]), /too many to examine/, 'numbers');
  await refused(x([leaf, Array.from({ length: MAX_VISITED }, () => [])]), /too many to examine/, 'lists');
  const many = (length: number) => Array.from({ length }, (_, index) => container(`c${index}`, 'a'));
  equal(imagesOf(pod({ containers: many(MAX_PLACES) })).length, MAX_PLACES);
  await refused(pod({ containers: many(MAX_PLACES + 1) }), /more than 10000 images/, 'containers');
  await refused(
    x({ containers: many(MAX_PLACES + 1) }),
    /more than 10000 images/,
    'containers of an unknown kind',
  );

  // One value shared by many places, as with YAML aliases.
  let laughs: Json = leaf;
  for (let level = 0; level < 9; level++) laughs = Array.from({ length: 100 }, () => laughs);
  await refused(x(laughs), /more than 10000 images/, 'aliases of images');
  let silence: Json = {};
  for (let level = 0; level < 9; level++) silence = Array.from({ length: 100 }, () => silence);
  await refused(x([leaf, silence]), /too many to examine/, 'aliases of empty values');
  let lists: Json = onePod('a');
  for (let level = 0; level < 4; level++)
    lists = { apiVersion: 'v1', kind: 'List', items: Array.from({ length: 1000 }, () => lists) };
  await refused(lists, /more than 10000 images/, 'aliases of pods');
  const volumes = Array.from({ length: 1000 }, () => ({ name: 'v', emptyDir: {} }));
  const items = Array.from({ length: 1000 }, () => pod({ containers: [container('a', 'a')], volumes }));
  await refused({ apiVersion: 'v1', kind: 'List', items }, /too many to examine/, 'aliases of volumes');
  let empty: Json = { apiVersion: 'v1', kind: 'List', items: [] };
  for (let level = 0; level < 3; level++)
    empty = { apiVersion: 'v1', kind: 'List', items: Array.from({ length: 1000 }, () => empty) };
  await refused(empty, /too many to examine/, 'aliases of empty lists');
  const knot: Json[] = [];
  knot.push(leaf, knot);
  await refused(x(knot), /nested deeper than 64/, 'a value that contains itself');

  const long = 'n'.repeat(1_000_000);
  await refused(x({ [long]: leaf }), /longer than 1024 characters/, 'a long name');
  const named = Array.from({ length: 1000 }, () => ({
    name: long,
    containers: [{ name: long, image: 'a' }],
  }));
  ok(imagesOf(x(named)).every(({ slot }) => slot.length < MAX_PATH_LENGTH));
  let deep: Json = leaf;
  for (let level = 0; level < 30; level++) deep = [{ name: 'n'.repeat(200), deep }];
  await refused(x(deep), /longer than 1024 characters/, 'many long names');
});
