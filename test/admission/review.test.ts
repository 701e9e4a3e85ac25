// AdmissionReview: which documents are accepted, which requests bring images, and the form of the answer.
import { describe, expect, test } from 'vitest';
import {
  imagesToJudge,
  isComparedByItsOwner,
  parseReview,
  reviewResponse,
} from '../../src/admission/review.ts';
import { joinMessages } from '../../src/admission/review_texts.ts';
import type { JsonObject } from '../../src/core/encoding/json.ts';

const pod = (image: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'a', image }] },
});
const review = (request: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u', operation: 'CREATE', object: pod('one'), ...request },
  ...more,
});
const images = (request: JsonObject) => imagesToJudge(parseReview(review(request))).map(({ image }) => image);

describe('a review', () => {
  test('is parsed, with defaults for omitted fields', () => {
    expect(parseReview(review())).toEqual({
      uid: 'u',
      operation: 'CREATE',
      subResource: undefined,
      object: pod('one'),
      oldObject: undefined,
      isDryRun: false,
    });
    for (const subResource of [undefined, null, ''])
      expect(
        parseReview(review({ ...(subResource !== undefined && { subResource }) })).subResource,
      ).toBeUndefined();
    expect(parseReview(review({ subResource: 'status' })).subResource).toBe('status');
    expect([true, false, null, 'true'].map((dryRun) => parseReview(review({ dryRun })).isDryRun)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(parseReview(review({ uid: 'u'.repeat(128) })).uid).toHaveLength(128);
  });

  test.each([
    ['another version', review({}, { apiVersion: 'admission.k8s.io/v1beta1' }), /expected kind/],
    ['another kind', review({}, { kind: 'Pod' }), /expected kind/],
    ['neither', review({}, { kind: 'Pod', apiVersion: 'v1' }), /expected kind/],
    ['no uid', review({ uid: '' }), /request\.uid/],
    ['a long uid', review({ uid: 'u'.repeat(129) }), /request\.uid/],
    ['a uid that is not a string', review({ uid: 1 }), /request\.uid/],
    ['another operation', review({ operation: 'create' }), /request\.operation/],
    ['a subresource that is not a string', review({ subResource: 1 }), /request\.subResource/],
    ['no request', review({}, { request: null }), /request/],
  ])('is refused with %s', (_, body, problem) => expect(() => parseReview(body)).toThrow(problem));
});

describe('the images to judge', () => {
  test('are all of a created object, and the new ones of an update', () => {
    expect(images({})).toEqual(['one']);
    expect(images({ oldObject: pod('one') })).toEqual(['one']);
    expect(images({ operation: 'UPDATE', oldObject: pod('one') })).toEqual([]);
    expect(images({ operation: 'UPDATE', oldObject: pod('two') })).toEqual(['one']);
    expect(images({ operation: 'UPDATE' })).toEqual(['one']);
  });

  test('are none for DELETE and CONNECT', () => {
    for (const operation of ['DELETE', 'CONNECT']) expect(images({ operation, object: null })).toEqual([]);
  });

  test('are those of every subresource, except those that cannot bring images', () => {
    for (const subResource of [
      'status',
      'scale',
      'binding',
      'eviction',
      'exec',
      'attach',
      'portforward',
      'proxy',
      'log',
      'token',
      'approval',
    ])
      expect(images({ subResource }), subResource).toEqual([]);
    for (const subResource of ['ephemeralcontainers', 'resize', 'template', ''])
      expect(images({ subResource }), subResource).toEqual(['one']);
  });

  test('cannot be determined without an object', () => {
    for (const operation of ['CREATE', 'UPDATE'])
      expect(() => images({ operation, object: null })).toThrow(`is missing from a ${operation}`);
  });
});

test('a ReplicaSet is left to its owner if a Deployment owns it', () => {
  const owned = (kind: string, metadata: JsonObject | null) =>
    isComparedByItsOwner(parseReview(review({ object: { kind, metadata } })));
  expect(owned('ReplicaSet', { ownerReferences: [{ kind: 'Deployment' }] })).toBe(true);
  for (const metadata of [{}, { ownerReferences: [] }, { ownerReferences: null }, null])
    expect(owned('ReplicaSet', metadata)).toBe(false);
  expect(owned('Pod', { ownerReferences: [{ kind: 'ReplicaSet' }] })).toBe(false);
});

describe('the answer', () => {
  const response = (answer: Parameters<typeof reviewResponse>[1]) => reviewResponse('u', answer).response;

  test('omits empty fields', () => {
    expect(reviewResponse('u', { allowed: true, warnings: [], patch: [], auditAnnotations: {} })).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u', allowed: true },
    });
  });

  test('has a patch only if the object is allowed', () => {
    const patch = [{ op: 'replace' as const, path: '/a', value: 'ü' }];
    const { patchType, patch: encoded } = response({ allowed: true, patch }) as Record<string, string>;
    expect(patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(encoded ?? '', 'base64').toString())).toEqual(patch);
    expect(response({ allowed: false, patch })).toEqual({ uid: 'u', allowed: false });
  });

  test('has single-line texts, cut to the API server’s limits, and a maximum of warnings', () => {
    const warnings = ['a\nb\u202ec\u2028d', 'x'.repeat(256), 'x'.repeat(257), `${'x'.repeat(254)}😀y`];
    expect(response({ allowed: true, warnings, auditAnnotations: { a: 'b' } })).toEqual({
      uid: 'u',
      allowed: true,
      warnings: ['a b c d', 'x'.repeat(256), `${'x'.repeat(255)}…`, `${'x'.repeat(254)}\ufffd…`],
      auditAnnotations: { a: 'b' },
    });
    const many = Array.from({ length: 17 }, (_, i) => `${i}`);
    expect(response({ allowed: true, warnings: many.slice(1) })).toMatchObject({ warnings: many.slice(1) });
    expect(response({ allowed: true, warnings: many })).toMatchObject({
      warnings: [...many.slice(0, 15), 'and 2 more'],
    });
    const status = { code: 403, message: `a\r\n${'x'.repeat(5000)}` };
    expect(response({ allowed: false, status })).toEqual({
      uid: 'u',
      allowed: false,
      status: { code: 403, message: `a  ${'x'.repeat(4092)}…` },
    });
  });

  test('has one message about all images that were stopped, and says how many do not fit', () => {
    expect(joinMessages(['a', 'b\nc'])).toBe('a · b c');
    const whole = Array.from({ length: 41 }, () => 'x'.repeat(97));
    expect(joinMessages(whole.slice(1))).toBe(whole.slice(1).join(' · '));
    expect(joinMessages(whole)).toBe([...whole.slice(1), 'and 1 more'].join(' · '));
    const full = ['x'.repeat(93), 'y'.repeat(4000)];
    expect(joinMessages(full)).toBe(full.join(' · '));
    const fits = ['x'.repeat(10), 'y'.repeat(4070), 'z'.repeat(100)];
    expect(joinMessages(fits)).toBe([...fits.slice(0, 2), 'and 1 more'].join(' · '));
    const tight = ['x'.repeat(10), 'y'.repeat(4071), 'z'.repeat(100)];
    expect(joinMessages(tight)).toBe(`${tight[0]} · and 2 more`);
    const long = 'x'.repeat(5000);
    expect(joinMessages([long])).toBe(`${'x'.repeat(4095)}…`);
    const [one, rest] = joinMessages([long, long, 'y']).split(' · ');
    expect([one?.length, rest]).toEqual([4083, 'and 2 more']);
    for (const count of [1, 2, 40, 400, 4000])
      expect(
        joinMessages(Array.from({ length: count }, () => long.slice(0, 150))).length,
      ).toBeLessThanOrEqual(4096);
  });
});
