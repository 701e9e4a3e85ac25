// Logs and authorities that are trusted: built-in and stored ones.
import { describe, expect, test } from 'vitest';
import { parsePublicKeyPem, publicKeyPem } from '../../src/core/crypto/public_key.ts';
import { encodePem, parsePemBlocks } from '../../src/core/encoding/pem.ts';
import { putLog } from '../../src/store/logs.ts';
import { openTrust } from '../../src/verify/trust/open_trust.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';
import { makeVerifier, type VerifierWorld } from '../support/verifier.ts';

const EDIT = { precondition: {}, by: 'test', now: 0 };
const HOST = 'registry.example';

describe('authorities', () => {
  const names = async (world: VerifierWorld) =>
    (await openTrust(world.session()).findAuthorities()).map(({ name }) => name);

  test('are the stored ones and, if the service trusts the public log, the built-in ones before them', async () => {
    const { pem } = await makeTsa();
    const authority = { certificates: parsePemBlocks(pem).map(({ der }) => encodePem('CERTIFICATE', der)) };
    for (const publicLog of [false, true]) {
      const world = makeVerifier(HOST, { publicLog });
      const before = await names(world);
      await putLog(world.store, 'own', { ...authority, validFrom: '2020-01-01T00:00:00Z' }, EDIT);
      expect(await names(world)).toEqual([...before, 'own']);
      expect(before.length > 0).toBe(publicLog);
    }
  });
});

describe('logs', () => {
  const PUBLIC = 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d';

  test('that are built in count only if the service trusts the public log', async () => {
    const find = (publicLog: boolean) =>
      openTrust(makeVerifier(HOST, { publicLog }).session()).findLog(PUBLIC);
    expect((await find(true))?.url).toBe('https://rekor.sigstore.dev');
    expect(await find(false)).toBeUndefined();
  });

  test('are looked up in the store once per request', async () => {
    const world = makeVerifier(HOST);
    const key = await parsePublicKeyPem((await makeKey()).pem);
    const logId = key.fingerprint.slice('sha256:'.length);
    const log = { url: 'https://log.example', publicKey: publicKeyPem(key), logId, version: 1 as const };
    await putLog(world.store, 'own', { ...log, validFrom: '2020-01-01T00:00:00Z' }, EDIT);
    let reads = 0;
    const { get } = world.store;
    world.store.get = (key) => {
      reads++;
      return get(key);
    };
    const trust = openTrust(world.session());
    const found = await Promise.all([trust.findLog(logId), trust.findLog(logId)]);
    expect(found.map((log) => log?.url)).toEqual(['https://log.example', 'https://log.example']);
    expect(reads).toBe(2);
  });
});
