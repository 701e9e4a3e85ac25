// The question that parameters ask: whom it trusts, and that nothing in it weakens what the store says.
import { beforeAll, describe, expect, test } from 'vitest';
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import {
  artifactDigest,
  evidenceQuestion,
  imageQuestion,
  imageQuestionFromBody,
  splitAnnotations,
} from '../../../src/http/request/read_question.ts';
import type { HeldEvidence } from '../../../src/verify/question.ts';
import { makeKey } from '../../support/keys.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);
const SHA512 = artifactDigest(`sha512:${'ab'.repeat(64)}`);
const HELD: HeldEvidence = { form: 'blob', signature: 'AAAA' };
let pem: string;
let fingerprint: string;

beforeAll(async () => {
  ({ pem } = await makeKey());
  ({ fingerprint } = await parsePublicKeyPem(pem));
});

const mistake = (code: string, text = '') => ({ code, message: expect.stringContaining(text) });
const offline = (parameters: Parameters<typeof evidenceQuestion>[1], held: HeldEvidence = HELD) =>
  evidenceQuestion(DIGEST, parameters, held);
const posted = (more: object) => imageQuestionFromBody({ image: 'a', ...more });
const fingerprints = ({ trust }: { trust: object }) =>
  (trust as { publicKeys: { fingerprint: string }[] }).publicKeys.map((key) => key.fingerprint);

describe('trust', () => {
  test('is the policy "default" unless keys or a policy are named', async () => {
    const implied = { policy: { id: 'default', isImplied: true } };
    expect(imageQuestion('a', {}).trust).toEqual(implied);
    expect((await offline({})).trust).toEqual(implied);
    expect((await posted({})).trust).toEqual(implied);
    expect(imageQuestion('a', { policy: 'default' }).trust).toEqual({
      policy: { id: 'default', isImplied: false },
    });
    expect(imageQuestion('a', { key: ['k', 'l'] }).trust).toEqual({ keys: ['k', 'l'] });
    expect((await offline({ key: ['k'] })).trust).toEqual({ keys: ['k'] });
    expect((await posted({ keys: ['k'] })).trust).toEqual({ keys: ['k'] });
  });

  test('is in the caller’s own keys, if there are any, as PEM or as DER in base64', async () => {
    const der = pem.split('\n').slice(1, -2).join('');
    const url = der.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    for (const publicKey of [pem, der, der.replaceAll('+', ' '), url, btoa(pem)]) {
      const question = await offline({ publicKey: [publicKey] });
      expect(fingerprints(question)).toEqual([fingerprint]);
      expect(question.trust).toMatchObject({ isLogWaived: false });
    }
    const question = await posted({ publicKeys: [pem] });
    expect(fingerprints(question)).toEqual([fingerprint]);
    expect(question.trust).toMatchObject({ isLogWaived: false });
  });

  test.each(['?', 'AAAA', btoa('-'), '-----BEGIN CERTIFICATE-----'])(
    'cannot be in the key %j, and nothing of that is repeated',
    async (publicKey) => {
      const refused = { code: 'BAD_KEY', message: expect.not.stringContaining(publicKey) };
      await expect(offline({ publicKey: [publicKey] })).rejects.toMatchObject(refused);
    },
  );

  test('is named in one way only', async () => {
    const both = mistake('BAD_REQUEST', 'not both');
    expect(() => imageQuestion('a', { key: ['k'], policy: 'p' })).toThrow(expect.objectContaining(both));
    await expect(offline({ key: ['k'], policy: 'p' })).rejects.toMatchObject(both);
    const three = mistake('BAD_REQUEST', 'only one of the three');
    await expect(offline({ key: ['k'], publicKey: [pem] })).rejects.toMatchObject(three);
    await expect(offline({ policy: 'p', publicKey: [pem] })).rejects.toMatchObject(three);
    await expect(posted({ keys: ['k'], publicKeys: [pem] })).rejects.toMatchObject(three);
    await expect(posted({ policy: 'p', publicKeys: [pem] })).rejects.toMatchObject(three);
  });
});

describe('the log', () => {
  const waived = { transparency: 'unsafe-none' as const };

  test('may be waived for the caller’s own keys, which then is no requirement', async () => {
    for (const question of [
      await offline({ publicKey: [pem], ...waived }),
      await posted({ publicKeys: [pem], ...waived }),
    ]) {
      expect(question.trust).toMatchObject({ isLogWaived: true });
      expect(question).not.toHaveProperty('transparency');
    }
  });

  test.each<[string, object, object]>([
    ['a policy', {}, {}],
    ['stored keys', { key: ['k'] }, { keys: ['k'] }],
  ])('may not be waived for %s', async (_, parameters, body) => {
    const refused = mistake('BAD_REQUEST', 'only for your own public keys');
    await expect(offline({ ...parameters, ...waived })).rejects.toMatchObject(refused);
    await expect(posted({ ...body, ...waived })).rejects.toMatchObject(refused);
  });

  test.each(['required', 'online'] as const)('may be %s', async (transparency) => {
    expect(imageQuestion('a', { transparency })).toMatchObject({ transparency });
    expect(await offline({ transparency })).toMatchObject({ transparency });
    expect(await posted({ transparency })).toMatchObject({ transparency });
    expect(imageQuestion('a', {})).not.toHaveProperty('transparency');
    expect(await offline({})).not.toHaveProperty('transparency');
    expect(await posted({})).not.toHaveProperty('transparency');
  });
});

describe('evidence', () => {
  test('as cosign stores it for an image is about a digest of sha256; other evidence about any', async () => {
    const simple: HeldEvidence = { form: 'simple-signing', payload: new Uint8Array(), signature: '' };
    await expect(evidenceQuestion(SHA512, {}, simple)).rejects.toMatchObject(mistake('BAD_DIGEST'));
    expect((await offline({}, simple)).held).toEqual([simple]);
    expect((await evidenceQuestion(SHA512, {}, HELD)).digest).toBe(SHA512);
  });

  test('may state a reference, which must not name another digest', async () => {
    expect((await offline({ reference: 'a' })).reference).toMatchObject({ repository: 'library/a' });
    expect((await offline({ reference: `a@${DIGEST}` })).reference).toMatchObject({ digest: DIGEST });
    expect(await offline({})).not.toHaveProperty('reference');
    const other = `a@sha256:${'cd'.repeat(32)}`;
    await expect(offline({ reference: other })).rejects.toMatchObject(
      mistake('BAD_REQUEST', 'a digest other than'),
    );
    await expect(offline({ reference: 'A' })).rejects.toMatchObject(mistake('BAD_REFERENCE'));
  });
});

test('annotations are split at the first equals sign', () => {
  expect(splitAnnotations(undefined)).toEqual([]);
  expect(splitAnnotations(['a=b', 'c=d=e', 'f='])).toEqual([
    ['a', 'b'],
    ['c', 'd=e'],
    ['f', ''],
  ]);
});
