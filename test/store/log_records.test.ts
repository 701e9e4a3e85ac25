// What a stored log, authority or root consists of, and what is not one.
import { describe, expect, test } from 'vitest';
import { parsePublicKeyPem, publicKeyPem } from '../../src/core/crypto/public_key.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import { logTermsSchema, storedLogSchema, storedRoot } from '../../src/store/log_records.ts';
import { makeKey } from '../support/keys.ts';

const { pem } = await makeKey();
const key = await parsePublicKeyPem(pem);
const LOG_ID = key.fingerprint.slice('sha256:'.length);
const TERMS = { url: 'https://rekor.example', validFrom: '2020-01-01T00:00:00Z' };
const LOG: TrustedLog = {
  name: 'rekor.example',
  url: 'https://rekor.example',
  key,
  logId: LOG_ID,
  validFrom: Date.parse('2020-01-01T00:00:00Z'),
};

describe('a log', () => {
  test.each(['a', 'rekor.example', 'x'.repeat(255)])('may have the name %s', (name) => {
    expect(logTermsSchema.safeParse({ ...TERMS, name }).data?.name).toBe(name);
  });

  test.each(['', 'a b', 'a+b', ' a', 'a ', '+a', 'a\n', 'x'.repeat(256)])(
    'may not have the name %j',
    (name) => {
      expect(logTermsSchema.safeParse({ ...TERMS, name }).success).toBe(false);
    },
  );

  test.each([
    ['', false],
    ['0', false],
    [`0${LOG_ID}`, false],
    [`${LOG_ID}0`, false],
    [LOG_ID.slice(1), false],
    [LOG_ID.toUpperCase().replace(/^./, 'A'), false],
    [LOG_ID, true],
  ])('with the id %j: %s', (logId, isOne) => {
    expect(storedLogSchema.safeParse({ ...TERMS, publicKey: pem, logId }).success).toBe(isOne);
  });

  test('has an address that is said to be none if it is none', () => {
    for (const url of [
      'rekor.example',
      'ftp://rekor.example',
      'https://a:b@rekor.example',
      `${TERMS.url}/?a`,
    ])
      expect(logTermsSchema.safeParse({ ...TERMS, url }).error?.issues).toMatchObject([
        {
          path: ['url'],
          message: 'expected an http or https URL without credentials, query or fragment',
        },
      ]);
  });
});

test('a root keeps of its logs what finds and limits them, and which of them are not searched', () => {
  const until = { validUntil: Date.parse('2027-01-01T00:00:00Z') };
  const authorities = [{ name: 'tsa', chain: [], validFrom: LOG.validFrom, ...until }];
  const root = { logs: [LOG, { ...LOG, ...until, version: 1 as const }], authorities, leftOut: [] };
  const log = {
    url: LOG.url,
    publicKey: publicKeyPem(key),
    logId: LOG_ID,
    validFrom: '2020-01-01T00:00:00Z',
  };
  const stored = {
    logs: [log, { ...log, version: 1, validUntil: '2027-01-01T00:00:00Z' }],
    authorities: [
      { certificates: [], validFrom: '2020-01-01T00:00:00Z', validUntil: '2027-01-01T00:00:00Z' },
    ],
  };
  expect(storedRoot(root)).toEqual(stored);
  expect(storedRoot(root, new Set([LOG.url]))).toEqual(stored);
  expect(storedRoot(root, new Set()).logs).toEqual(stored.logs.map((one) => ({ ...one, searched: false })));
});
