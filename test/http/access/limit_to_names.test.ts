// A token's names are applied to every name that a question reads from, or claims.
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { CallerError } from '../../../src/core/errors/caller_error.ts';
import { parseImageReference } from '../../../src/core/reference.ts';
import { assertMayName, limitToNames } from '../../../src/http/access/limit_to_names.ts';
import type { AppContext } from '../../../src/http/context.ts';
import type { AnyQuestion } from '../../../src/verify/question.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);
const common = { trust: { keys: ['k'] }, annotations: [] };
const image = (name: string, signatures?: string): AnyQuestion => ({
  ...common,
  reference: parseImageReference(name),
  ...(signatures !== undefined && { signatures: parseImageReference(signatures) }),
});
const evidence = (name?: string): AnyQuestion => ({
  ...common,
  digest: DIGEST,
  held: [],
  ...(name !== undefined && { reference: parseImageReference(name) }),
});
const context = { get: () => ({ names: ['a.example/**'] }) } as unknown as AppContext;

test.each<[string, AnyQuestion]>([
  ['an image', image('a.example/b')],
  ['an image with signatures elsewhere', image('a.example/b', 'a.example/c')],
  ['evidence that is said to be for such an image', evidence('a.example/b')],
])('%s that the token covers may be asked about', (_, question) => {
  expect(limitToNames(context, question)).toBe(question);
});

test.each<[string, AnyQuestion]>([
  ['an image', image('b.example/b')],
  ['the signatures of an image', image('a.example/b', 'b.example/c')],
  ['what evidence is said to be for', evidence('b.example/b')],
  ['evidence that is not said to be for anything', evidence()],
])('%s that the token does not cover may not', (_, question) => {
  expect(limitToNames(context, question)).toMatchObject({ code: 'FORBIDDEN' });
});

test('a mistake in a question stays what it is', () => {
  const mistake = new CallerError('BAD_REFERENCE', 'no name');
  expect(limitToNames(context, mistake)).toBe(mistake);
});

describe('a token that is limited to names', () => {
  const named = (names: string[] | undefined, ...asked: (string | undefined)[]) =>
    assertMayName({ get: () => ({ who: 'token/a', scopes: [], names }) } as unknown as AppContext, ...asked);

  test('covers what any of its patterns matches', () => {
    const names = ['a.example/x/**', 'b.example/*'];
    expect(() => named(names, 'a.example/x/y/z', 'b.example/y')).not.toThrow();
    expect(() => named(names, 'b.example/y/z')).toThrow('does not cover b.example/y/z');
    expect(() => named(names, 'a.example/x/y', 'c.example/x')).toThrow('does not cover c.example/x');
    expect(() => named(names, undefined)).toThrow('needs reference=NAME');
    expect(() => named([], 'a.example/x')).toThrow('does not cover a.example/x');
  });

  test('is not one without names, nor the caller without a token', () => {
    expect(() => named(undefined, 'a', undefined)).not.toThrow();
    const anonymous = { get: () => undefined } as unknown as AppContext;
    expect(() => assertMayName(anonymous, 'a', undefined)).not.toThrow();
  });
});
