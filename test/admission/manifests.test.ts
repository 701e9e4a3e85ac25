// Kubernetes manifests as YAML text: which documents count, and which YAML is refused because parsers read it differently.
import { describe, expect, test } from 'vitest';
import { imagesInManifests } from '../../src/admission/manifests.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';

const pod = (containers: string, more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: ${containers}\n${more}`;
const problemOf = (yaml: string) => {
  try {
    return imagesInManifests(yaml);
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
};

test('images are listed in order and with repeats, from documents of any kind; empty documents are allowed', () => {
  const yaml = [
    '# nothing',
    pod('[{name: a, image: "one:1"}, {name: b, image: two}]'),
    '',
    'null',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {image: not-one}',
    pod('[{name: a, image: "one:1"}]'),
  ].join('\n---\n');
  expect(imagesInManifests(yaml)).toEqual(['one:1', 'two', 'one:1']);
  for (const nothing of ['', '---\n', '# nothing\n', '~']) expect(imagesInManifests(nothing)).toEqual([]);
});

test('an alias counts as the value it refers to', () => {
  expect(imagesInManifests(pod('[&c {name: a, image: one}, *c]'))).toEqual(['one', 'one']);
});

test('the same place in another document is another image', () => {
  expect(imagesInManifests([pod('[{image: one}]'), pod('[{image: two}]')].join('\n---\n'))).toEqual([
    'one',
    'two',
  ]);
});

describe('documents share the limits of one search, since aliases make a large one of a few bytes', () => {
  const many = (item: string) =>
    `apiVersion: a/b\nkind: C\na: &a [${`${item},`.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`;

  test.each([
    ['images', many('{image: one}'), 'has more than 10000 images'],
    ['values', many('[1,1,1,1,1,1,1,1,1,1,1,1,1,1]'), 'has more than 250000 values'],
  ])('of %s', (_, document, problem) => {
    expect(problemOf(document)).toBeInstanceOf(Array);
    expect(problemOf([document, document].join('---\n'))).toContain(problem);
  });
});

describe('YAML that parsers read differently, or that is too deep, is refused', () => {
  test.each([
    ['a merge key', pod('[{name: a, <<: {image: two}, image: one}]'), /merge key/],
    ['a merge key further down', `a: [1, {b: {c: [{<<: {d: 1}}]}}]\n`, /merge key/],
    ['a merge key in a later document', `${pod('[{name: a, image: one}]')}---\n<<: {a: 1}\n`, /merge key/],
    ['a duplicate key', 'a: 1\na: 2\n', /duplicate|unique/i],
    ['a duplicate key, named by its line', 'a: 1\n---\na: 1\na: 2\n', /\(line 4\)$/],
    ['U+0085', pod('[{name: a, image: one}]', '# a\u0085'), /line break/],
    ['U+2028', pod('[{name: a, image: one}]', '# a\u2028'), /line break/],
    ['CR alone', pod('[{name: a, image: one}]', '# a\r'), /line break/],
    ['U+2029', pod('[{name: a, image: one}]', '# a\u2029'), /line break/],
    ['nesting', `${'['.repeat(65)}${']'.repeat(65)}`, /depth|nest/i],
    ['too many values', '- \n'.repeat(250_001), /^YAML: has more than 250000 values/],
    ['too many values in one line', `[${'a,'.repeat(250_001)}]`, /^YAML: has more than 250000 values/],
    ['too many documents', '---\n'.repeat(250_001), /^YAML: has more than 250000 values/],
    ['too many aliases', `a: &a 1\nb: [${'*a,'.repeat(1001)}]\n`, /alias/i],
    ['invalid YAML', 'a: [', /YAML/],
    [
      'a template',
      pod('[{name: a, image: {{ .Values.image }} }]'),
      /a template \({{ ... }}\) was not rendered$/,
    ],
  ])('%s', (_, yaml, problem) => expect(problemOf(yaml)).toMatch(problem));

  test('up to the limits it is accepted', () => {
    expect(problemOf(`${'['.repeat(60)}${']'.repeat(60)}`)).not.toMatch(/depth|nest/i);
    expect(problemOf(`a: &a 1\nb: [${'*a,'.repeat(999)}]\n`)).not.toMatch(/alias/i);
  });
});
