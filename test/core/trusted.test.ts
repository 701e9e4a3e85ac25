// Trusted keys and logs: for which names and times they count, to the millisecond.
import { describe, expect, test } from 'vitest';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { isInScope, keyProblemAt, needsTime, type TrustedKey } from '../../src/core/trust/trusted_key.ts';
import {
  isLogKeyValidAt,
  keyHints,
  labelOf,
  logIdOf,
  namesAt,
  type TrustedLog,
} from '../../src/core/trust/trusted_log.ts';
import { hex, join, sha256, utf8 } from '../support/bytes.ts';
import { makeKey, type Signer } from '../support/keys.ts';

const signer = await makeKey();
const key = await parsePublicKeyPem(signer.pem);
const trusted = (limits: Partial<TrustedKey>): TrustedKey => ({ key, transparency: 'required', ...limits });

describe('a key', () => {
  test.each<[Partial<TrustedKey>, number | undefined, string | undefined]>([
    [{}, undefined, undefined],
    [{}, 0, undefined],
    [{ validFrom: 10 }, undefined, 'NO_TRUSTED_TIME'],
    [{ validUntil: 10 }, undefined, 'NO_TRUSTED_TIME'],
    [{ validFrom: 10 }, 9, 'KEY_NOT_YET_VALID'],
    [{ validFrom: 10 }, 10, undefined],
    [{ validUntil: 10 }, 10, undefined],
    [{ validUntil: 10 }, 11, 'KEY_EXPIRED'],
    [{ validFrom: 10, validUntil: 20 }, 15, undefined],
    [{ revoked: {} }, undefined, 'KEY_REVOKED'],
    [{ revoked: {} }, 0, 'KEY_REVOKED'],
    [{ revoked: { compromisedAt: 10 } }, undefined, 'KEY_REVOKED'],
    [{ revoked: { compromisedAt: 10 } }, 10, 'KEY_REVOKED'],
    [{ revoked: { compromisedAt: 10 } }, 9, undefined],
    [{ revoked: { compromisedAt: 10 }, validUntil: 5 }, 9, 'KEY_EXPIRED'],
    [{ revoked: { compromisedAt: 10 }, validFrom: 20 }, 15, 'KEY_REVOKED'],
  ])('with the limits %j at %s: %s', (limits, time, problem) => {
    expect(keyProblemAt(trusted(limits), time)).toBe(problem);
  });

  test.each<[Partial<TrustedKey>, boolean]>([
    [{}, false],
    [{ validFrom: 0 }, true],
    [{ validUntil: 0 }, true],
    [{ revoked: {} }, true],
    [{ scopes: [] }, false],
  ])('with the limits %j needs a proven time: %s', (limits, needs) =>
    expect(needsTime(trusted(limits))).toBe(needs),
  );

  test.each<[string[] | undefined, string | undefined, boolean]>([
    [undefined, undefined, true],
    [undefined, 'a.b/c', true],
    [[], 'a.b/c', false],
    [['**'], undefined, false],
    [['**'], 'a.b/c', true],
    [['x.y/*', 'a.b/*'], 'a.b/c', true],
    [['x.y/*'], 'a.b/c', false],
  ])('with the scopes %j covers %s: %s', (scopes, name, speaks) => {
    expect(isInScope(trusted(scopes === undefined ? {} : { scopes }), name)).toBe(speaks);
  });
});

describe('a log', () => {
  test.each<[Partial<TrustedLog>, number, boolean]>([
    [{ validFrom: 10 }, 9, false],
    [{ validFrom: 10 }, 10, true],
    [{ validFrom: 10 }, Number.MAX_SAFE_INTEGER, true],
    [{ validFrom: 0, validUntil: 10 }, 10, true],
    [{ validFrom: 0, validUntil: 10 }, 11, false],
  ])('with the window %j counts at %d: %s', (window, time, counts) => {
    expect(isLogKeyValidAt(window as TrustedLog, time)).toBe(counts);
  });

  test('is named by its host, with or without its port', () => {
    expect(namesAt('https://rekor.example/x')).toEqual({ name: 'rekor.example' });
    expect(namesAt('https://rekor.example:3000/x')).toEqual({
      name: 'rekor.example',
      alias: 'rekor.example:3000',
    });
  });

  test('is shown with its port if it is or may be a v1 log', () => {
    const log = namesAt('https://rekor.example:3000/x');
    expect(labelOf({ ...log, version: 1 })).toBe('rekor.example:3000');
    expect(labelOf(log)).toBe('rekor.example:3000');
    expect(labelOf({ ...log, version: 2 })).toBe('rekor.example');
    expect(labelOf({ ...namesAt('https://rekor.example'), version: 1 })).toBe('rekor.example');
  });

  test('has an id from its key, and from its name too if it is a v2 log without an ECDSA key', async () => {
    const [ed, rsa] = [await makeKey('ed25519'), await makeKey('rsa-2048')];
    const [edKey, rsaKey] = [await parsePublicKeyPem(ed.pem), await parsePublicKeyPem(rsa.pem)];
    expect(await logIdOf(1, 'a', key)).toBe(signer.fingerprint.slice(7));
    expect(await logIdOf(2, 'a', key)).toBe(signer.fingerprint.slice(7));
    expect(await logIdOf(1, 'a', edKey)).toBe(ed.fingerprint.slice(7));
    expect(await logIdOf(2, 'a', edKey)).toBe(
      hex(await sha256(join(utf8('a'), [0x0a, 1], ed.spki.slice(-32)))),
    );
    expect(await logIdOf(1, 'a', rsaKey)).toBe(rsa.fingerprint.slice(7));
    expect(await logIdOf(2, 'a', rsaKey)).toBe(
      hex(await sha256(join(utf8('a'), [0x0a, 0xff], utf8('PKIX-RSA-PKCS#1v1.5'), rsa.spki))),
    );
  });

  test('has the first bytes of its id as key hint; a v1 log with Ed25519 has that of v2 too', async () => {
    const hints = async (signer: Signer, version: 1 | 2) => {
      const log = { name: 'a', key: await parsePublicKeyPem(signer.pem), version };
      return [...new Set((await keyHints(log)).map(hex))];
    };
    const beginning = async (signer: Signer, version: 1 | 2) =>
      (await logIdOf(version, 'a', await parsePublicKeyPem(signer.pem))).slice(0, 8);
    const ed = await makeKey('ed25519');
    expect(await hints(signer, 1)).toEqual([await beginning(signer, 1)]);
    expect(await hints(signer, 2)).toEqual([await beginning(signer, 2)]);
    expect(await hints(ed, 1)).toEqual([await beginning(ed, 1), await beginning(ed, 2)]);
    expect(await hints(ed, 2)).toEqual([await beginning(ed, 2)]);
  });
});
