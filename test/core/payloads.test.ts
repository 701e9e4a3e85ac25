// Signed payloads: every field and limit of simple-signing payloads and in-toto statements.
import { describe, expect, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { parsePredicate, parsePredicateType, parseStatement } from '../../src/core/formats/in_toto.ts';
import { MAX_PAYLOAD_BYTES, parseSimpleSigning } from '../../src/core/formats/simple_signing.ts';
import { utf8 } from '../support/bytes.ts';
import { changed } from '../support/documents.ts';
import { problem } from '../support/problem.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('simple signing', () => {
  const whole = {
    critical: {
      identity: { 'docker-reference': 'ghcr.io/acme/app' },
      image: { 'docker-manifest-digest': DIGEST },
      type: 'cosign container image signature',
    },
    optional: { a: 'b' },
  };
  const parse = (document: unknown) => parseSimpleSigning(utf8(JSON.stringify(document)));

  test('is parsed completely, with or without annotations', () => {
    const read = {
      type: 'cosign container image signature',
      digest: DIGEST,
      dockerReference: 'ghcr.io/acme/app',
      optional: { a: 'b' },
    };
    expect(parse(whole)).toEqual(read);
    for (const nothing of [null, undefined])
      expect(parse(changed(whole, 'optional', nothing))).toEqual({ ...read, optional: null });
    for (const path of ['more', 'critical.more', 'critical.image.more', 'critical.identity.more'])
      expect(parse(changed(whole, path, 1))).toEqual(read);
  });

  test('is malformed with one wrong field, and the message names the place', () => {
    const image = 'critical.image.docker-manifest-digest';
    for (const [path, value, message] of [
      ['critical', undefined, 'critical: expected an object'],
      ['critical.image', undefined, 'critical.image: expected an object'],
      ['critical.identity', undefined, 'critical.identity: expected an object'],
      ['critical.type', undefined, 'critical.type: expected a string'],
      ['critical.identity.docker-reference', 1, 'critical.identity.docker-reference: expected a string'],
      [image, undefined, `${image}: expected sha256: and 64 lower-case hexadecimal digits`],
      [image, `sha512:${'a'.repeat(128)}`, `${image}: expected sha256: and 64 lower-case hexadecimal digits`],
      ['optional', [], 'optional: expected an object'],
      ['optional', 0, 'optional: expected an object'],
      ['optional', '', 'optional: expected an object'],
      ...(
        [
          ['Critical', 'payload'],
          ['Optional', 'payload'],
          ['critical.Identity', 'critical'],
          ['critical.Image', 'critical'],
          ['critical.Type', 'critical'],
          ['critical.image.Docker-manifest-digest', 'critical.image'],
          ['critical.identity.Docker-reference', 'critical.identity'],
        ] as const
      ).map(([path, place]): [string, unknown, string] => [
        path,
        1,
        `${place}: "${path.split('.').at(-1)}" differs from a known name only in case`,
      ]),
    ] as [string, unknown, string][])
      expect(problem(() => parse(changed(whole, path, value)))).toBe(message);
  });

  test('has a maximum length', () => {
    const padded = (length: number) => utf8(JSON.stringify(whole).padEnd(length));
    expect(parseSimpleSigning(padded(MAX_PAYLOAD_BYTES)).digest).toBe(DIGEST);
    expect(() => parseSimpleSigning(padded(MAX_PAYLOAD_BYTES + 1))).toThrow(
      'payload: larger than 262144 bytes',
    );
  });

  test('has a maximum of values in its annotations, however they nest', () => {
    const annotated = (count: number) => parse(changed(whole, 'optional', { a: Array(count - 1).fill({}) }));
    expect(annotated(4096).optional).toHaveProperty('a');
    expect(problem(() => annotated(4097))).toBe('optional: more than 4096 values');
  });
});

describe('a statement', () => {
  const whole = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: 'app',
        digest: { sha256: 'a'.repeat(64), sha512: 'b'.repeat(128), sha1: 'X' },
        annotations: { a: 1 },
      },
      { digest: {} },
    ],
    predicateType: 'https://example/p',
    predicate: { x: 1 },
  };
  const parse = (document: unknown) => parseStatement(utf8(JSON.stringify(document)));
  const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

  test('is parsed completely', () => {
    expect(parse(whole)).toEqual({
      type: whole._type,
      predicateType: whole.predicateType,
      subjects: [
        { name: 'app', digests: { sha256: bytes(32, 0xaa), sha512: bytes(64, 0xbb) }, annotations: { a: 1 } },
        { digests: {}, annotations: {} },
      ],
    });
    expect(Object.keys(parse(whole).subjects[1] ?? {})).not.toContain('name');
    for (const nothing of [null, undefined]) {
      expect(parse(changed(whole, 'subject.0.digest', nothing)).subjects[0]?.digests).toEqual({});
      expect(parse(changed(whole, 'subject.0.annotations', nothing)).subjects[0]?.annotations).toEqual({});
    }
    for (const name of [null, 1])
      expect(parse(changed(whole, 'subject.0.name', name)).subjects[0]?.name).toBeUndefined();
    for (const path of ['more', 'subject.0.more'])
      expect(parse(changed(whole, path, 1))).toEqual(parse(whole));
  });

  test('is malformed with one wrong field, and the message names the place', () => {
    const lower = "subject[0].digest: expected a digest's name and value in lower case";
    for (const [path, value, message] of [
      ['_type', undefined, '_type: expected a string'],
      ['predicateType', undefined, 'predicateType: expected a string'],
      ['subject', undefined, 'subject: expected an array'],
      ['subject', [], 'subject: is empty'],
      ['subject.1', 1, 'subject[1]: expected an object'],
      ['subject.0.digest', [], 'subject[0].digest: expected an object'],
      ['subject.0.digest', 0, 'subject[0].digest: expected an object'],
      ['subject.0.digest.sha256', 1, 'subject[0].digest.sha256: expected a string'],
      ['subject.0.digest.sha1', 1, 'subject[0].digest.sha1: expected a string'],
      ['subject.0.digest.sha256', 'aa', 'subject[0].digest.sha256: is not a sha256'],
      ['subject.0.digest.sha256', 'A'.repeat(64), lower],
      ['subject.0.digest', { SHA256: 'a'.repeat(64) }, lower],
      ['subject.0.annotations', [], 'subject[0].annotations: expected an object'],
      ['_Type', 1, 'statement: "_Type" differs from a known name only in case'],
      ['Subject', 1, 'statement: "Subject" differs from a known name only in case'],
      ['PredicateType', 1, 'statement: "PredicateType" differs from a known name only in case'],
      ['Predicate', 1, 'statement: "Predicate" differs from a known name only in case'],
      ['subject.0.Name', 1, 'subject[0]: "Name" differs from a known name only in case'],
      ['subject.0.Digest', 1, 'subject[0]: "Digest" differs from a known name only in case'],
      ['subject.0.Annotations', 1, 'subject[0]: "Annotations" differs from a known name only in case'],
    ] as [string, unknown, string][])
      expect(problem(() => parse(changed(whole, path, value)))).toBe(message);
  });

  test('has its predicate read apart, and keeps none of it', () => {
    const predicate = (value: unknown) =>
      parsePredicate(utf8(JSON.stringify(changed(whole, 'predicate', value))));
    expect(parse(whole)).not.toHaveProperty('predicate');
    for (const value of [{ x: 1 }, [], 0, null, undefined]) expect(predicate(value)).toEqual(value);
  });

  test('has a maximum of values in the annotations of all its subjects', () => {
    const subject = (count: number) => ({ digest: {}, annotations: { a: Array(count - 1).fill({}) } });
    const about = (count: number) => parse(changed(whole, 'subject', [subject(4000), subject(count)]));
    expect(about(96).subjects).toHaveLength(2);
    expect(problem(() => about(97))).toBe('annotations: more than 4096 values');
  });

  test('has a maximum of subjects, and of digests per subject', () => {
    const about = (count: number) =>
      changed(
        whole,
        'subject',
        Array.from({ length: count }, () => ({ digest: {} })),
      );
    expect(parse(about(1024)).subjects).toHaveLength(1024);
    expect(problem(() => parse(about(1025)))).toBe('subject: more than 1024');
    const named = (count: number) =>
      changed(
        whole,
        'subject.0.digest',
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}`, ''])),
      );
    expect(parse(named(32)).subjects[0]?.digests).toEqual({});
    expect(problem(() => parse(named(33)))).toBe('subject[0].digest: more than 32');
  });
});

describe('a predicate type', () => {
  test.each([
    ['custom', 'https://cosign.sigstore.dev/attestation/v1'],
    ['vuln', 'https://cosign.sigstore.dev/attestation/vuln/v1'],
    ['slsaprovenance', 'https://slsa.dev/provenance/v0.2'],
    ['slsaprovenance02', 'https://slsa.dev/provenance/v0.2'],
    ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
    ['spdx', 'https://spdx.dev/Document'],
    ['spdxjson', 'https://spdx.dev/Document'],
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['link', 'https://in-toto.io/Link/v1'],
    ['openvex', 'https://openvex.dev/ns'],
    ['https://a.example/b', 'https://a.example/b'],
    ['cosign.sigstore.dev/attestation/v1', 'cosign.sigstore.dev/attestation/v1'],
    ['cosign.sigstore.dev/attestation/vuln/v1', 'cosign.sigstore.dev/attestation/vuln/v1'],
    ['a:b', 'a:b'],
    ['A9+.-:~', 'A9+.-:~'],
    [`a:${'x'.repeat(1022)}`, `a:${'x'.repeat(1022)}`],
  ])('%s stands for %s', (text, type) => expect(parsePredicateType(text)).toBe(type));

  test.each([
    '',
    'toString',
    'Vuln',
    'a:',
    ':b',
    '9a:b',
    ' a:b',
    'a:b ',
    'a:b c',
    'a:é',
    'a_:b',
    'slsaprovenace',
    'a/b',
    'a.b',
    'a.b/',
    'a..b/c',
    'A.b/c',
    `a:${'x'.repeat(1023)}`,
  ])('%j is not a predicate type', (text) => expect(() => parsePredicateType(text)).toThrow(Malformed));
});
