// The document of a policy: what administrators may write, what is refused and where, and what it means to the core.
import { describe, expect, test } from 'vitest';
import { keyPlaces, policyDocumentSchema, toPolicy } from '../../src/store/policy_document.ts';

const read = (document: object) => policyDocumentSchema.parse(document);
const rule = (require: object, more: object = {}) => ({
  rules: [{ name: 'r', match: ['a.example/**'], require: { keys: ['a', 'b'], ...require }, ...more }],
});
const exempt = (more: object = {}) => ({
  rules: [{ name: 'r', match: ['a.example/**'], unsafeAllowUnsigned: 'why', ...more }],
});
const attested = (more: object) => rule({ attestations: [{ type: 'spdx', ...more }] });
const many = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const record = <T>(count: number, make: (index: number) => [string, T]) =>
  Object.fromEntries(many(count, make));

describe('a policy', () => {
  test('whose rule says nothing more requires one signature by one of its keys, and enforces it', () => {
    expect(toPolicy(read(rule({})))).toEqual({
      mirrors: [],
      rules: [
        {
          name: 'r',
          match: ['a.example/**'],
          except: [],
          mode: 'enforce',
          require: { threshold: 1, keys: ['a', 'b'], annotations: [], attestations: [] },
        },
      ],
    });
    expect(toPolicy(read(rule({}, { mode: 'enforce' })))).toEqual(toPolicy(read(rule({}))));
  });

  test('keeps all that its rules say', () => {
    const document = {
      description: 'd',
      mirrors: { 'mirror.example/a': 'a.example' },
      rules: [
        {
          name: 'r',
          match: ['a.example/**'],
          except: ['a.example/b'],
          mode: 'warn',
          require: {
            threshold: 2,
            keys: ['a', 'b'],
            annotations: { team: 'x' },
            transparency: 'online',
            attestations: [
              { type: 'spdx' },
              {
                type: 'https://a.example/p',
                keys: ['c', 'd'],
                threshold: 2,
                where: { '/x': 1, '/y': ['z', null], '/n': null, '/t': { maxAge: '1h30m' } },
              },
            ],
          },
        },
        { name: 'e', match: ['**'], unsafeAllowUnsigned: 'why', until: '2027-01-01T01:00:00+01:00' },
        { name: 'f', match: ['**'], unsafeAllowUnsigned: 'why' },
      ],
    };
    expect(toPolicy(read(document))).toEqual({
      mirrors: [{ from: 'mirror.example/a', to: 'a.example' }],
      rules: [
        {
          name: 'r',
          match: ['a.example/**'],
          except: ['a.example/b'],
          mode: 'warn',
          require: {
            threshold: 2,
            keys: ['a', 'b'],
            annotations: [['team', 'x']],
            transparency: 'online',
            attestations: [
              { type: 'https://spdx.dev/Document', keys: ['a', 'b'], threshold: 1, where: [] },
              {
                type: 'https://a.example/p',
                keys: ['c', 'd'],
                threshold: 2,
                where: [
                  { pointer: '/x', values: [1] },
                  { pointer: '/y', values: ['z', null] },
                  { pointer: '/n', values: [null] },
                  { pointer: '/t', maxAge: { text: '1h30m', milliseconds: 5_400_000 } },
                ],
              },
            ],
          },
        },
        {
          name: 'e',
          match: ['**'],
          except: [],
          unsafeAllowUnsigned: 'why',
          until: Date.parse('2027-01-01T00:00:00Z'),
        },
        { name: 'f', match: ['**'], except: [], unsafeAllowUnsigned: 'why' },
      ],
    });
    expect(keyPlaces(read(document))).toEqual([
      { place: 'rules.0.require.keys.0', id: 'a' },
      { place: 'rules.0.require.keys.1', id: 'b' },
      { place: 'rules.0.require.attestations.1.keys.0', id: 'c' },
      { place: 'rules.0.require.attestations.1.keys.1', id: 'd' },
    ]);
  });

  test.each([
    ['as many annotations', rule({ annotations: record(32, (i) => [`n${i}`, 'v']) })],
    ['as many conditions', attested({ where: record(32, (i) => [`/${i}`, 'v']) })],
    ['as many values', attested({ where: { '/a': many(100, (i) => i) } })],
    ['as many keys', rule({ keys: many(16, (i) => `k${i}`), threshold: 16 })],
    ['as many mirrors', { ...rule({}), mirrors: record(100, (i) => [`m${i}.example`, 'a.example']) }],
    ['as long a text', exempt({ unsafeAllowUnsigned: 'x'.repeat(1024) })],
  ])('may have %s as the maximum', (_, document) => {
    expect(policyDocumentSchema.safeParse(document).success).toBe(true);
  });

  test.each<[string, object, string, RegExp?]>([
    ['no rules', {}, 'rules'],
    ['a field of another name', { ...rule({}), rule: [] }, ''],
    [
      'a rule of the same name',
      { rules: [...rule({}).rules, ...exempt().rules] },
      'rules.1.name',
      /earlier rule/,
    ],
    ['a rule without effect', { rules: [{ name: 'r', match: ['**'] }] }, 'rules.0', /either require or/],
    ['a rule with two effects', rule({}, { unsafeAllowUnsigned: 'why' }), 'rules.0', /either require or/],
    [
      'an exemption with a mode',
      exempt({ mode: 'warn' }),
      'rules.0.mode',
      /only allowed in a rule with require/,
    ],
    [
      'a requirement that ends',
      rule({}, { until: '2027-01-01T00:00:00Z' }),
      'rules.0.until',
      /unsafeAllowUnsigned/,
    ],
    ['a mode that is none', rule({}, { mode: '' }), 'rules.0.mode'],
    ['no keys', rule({ keys: [] }), 'rules.0.require.keys', /would trust nobody/],
    ['a key twice', rule({ keys: ['a', 'a'] }), 'rules.0.require.keys', /twice/],
    ['too many keys', rule({ keys: many(17, (i) => `k${i}`) }), 'rules.0.require.keys'],
    ['a threshold of none', rule({ threshold: 0 }), 'rules.0.require.threshold'],
    [
      'a threshold above its keys',
      rule({ threshold: 3 }),
      'rules.0.require.threshold',
      /never be met with 2 keys/,
    ],
    [
      'an attestation’s threshold above the rule’s keys',
      attested({ threshold: 3 }),
      'rules.0.require.attestations.0.threshold',
      /never be met with 2 keys/,
    ],
    [
      'an attestation’s threshold above its own keys',
      attested({ threshold: 2, keys: ['a'] }),
      'rules.0.require.attestations.0.threshold',
      /never be met with 1 keys/,
    ],
    ['no match', rule({}, { match: [] }), 'rules.0.match', /would match nothing/],
    ['no attestations', rule({ attestations: [] }), 'rules.0.require.attestations', /requires nothing/],
    ['no annotations', rule({ annotations: {} }), 'rules.0.require.annotations', /1 to 32/],
    [
      'too many annotations',
      rule({ annotations: record(33, (i) => [`n${i}`, 'v']) }),
      'rules.0.require.annotations',
      /1 to 32/,
    ],
    [
      'too many conditions',
      attested({ where: record(33, (i) => [`/${i}`, 'v']) }),
      'rules.0.require.attestations.0.where',
    ],
    [
      'a value that is an object',
      attested({ where: { '/a': {} } }),
      'rules.0.require.attestations.0.where./a',
      /expected a string, a number/,
    ],
    ['a pointer that is none', attested({ where: { a: 1 } }), 'rules.0.require.attestations.0.where.a'],
    ['a name of two lines', exempt({ name: 'a\nb' }), 'rules.0.name', /one line/],
    [
      'a reason that is too long',
      exempt({ unsafeAllowUnsigned: 'x'.repeat(1025) }),
      'rules.0.unsafeAllowUnsigned',
    ],
  ])('may not have %s', (_, document, path, message = /./) => {
    const { error } = policyDocumentSchema.safeParse(document);
    const [issue] = error?.issues ?? [];
    expect([issue?.path.join('.'), issue?.message]).toEqual([path, expect.stringMatching(message)]);
  });
});
