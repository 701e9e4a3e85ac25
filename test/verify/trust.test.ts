// What named trust resolves to: keys from the store or the caller, built-in and stored logs, and logs that are asked.
import { beforeAll, describe, expect, test } from 'vitest';
import { type PublicKey, parsePublicKeyPem, publicKeyPem } from '../../src/core/crypto/public_key.ts';
import { encodePem, parsePemBlocks } from '../../src/core/encoding/pem.ts';
import type { LogEntry } from '../../src/core/log/log_entry.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import { indexKey, type KeyTerms } from '../../src/store/key_records.ts';
import { putKey } from '../../src/store/keys.ts';
import { putLog } from '../../src/store/logs.ts';
import { revokeKey } from '../../src/store/revocation.ts';
import { loadRequirements, openTrust } from '../../src/verify/trust.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';
import { makeVerifier, type VerifierWorld } from '../support/verifier.ts';

const EDIT = { precondition: {}, by: 'test', now: 0 };
const HOST = 'registry.example';
let [one, two]: PublicKey[] = [];

beforeAll(async () => {
  const signers = await Promise.all([makeKey(), makeKey()]);
  [one, two] = await Promise.all(signers.map(({ pem }) => parsePublicKeyPem(pem)));
});

function keyAt(key: PublicKey | undefined): PublicKey {
  if (key === undefined) throw new TypeError('keys are made before the tests');
  return key;
}

const store = (world: VerifierWorld, id: string, key: PublicKey | undefined, terms: KeyTerms = {}) =>
  putKey(world.store, id, keyAt(key), terms, EDIT);

type Keys = Parameters<typeof loadRequirements>[1]['requirements'][number]['keys'];
const load = (world: VerifierWorld, ...keys: Keys[]) =>
  loadRequirements(world.session(), {
    requirements: keys.map((some) => ({ keys: some, threshold: 1, perSignature: { annotations: [] } })),
  });

describe('keys', () => {
  test('that the caller names must all be stored', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    await expect(load(world, { named: ['a', 'b'] })).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: expect.stringContaining('no key b'),
    });
  });

  test('that rules list and that are not stored are reported once, in one order, and the others count', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    const { requirements, missing } = await load(world, { listed: ['a', 'c'] }, { listed: ['c', 'b'] });
    expect(missing).toEqual(['b', 'c']);
    expect(requirements.map(({ keys }) => keys.map(({ id }) => id))).toEqual([['a'], []]);
  });

  test('that are named by id and by fingerprint count once', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    const { requirements } = await load(world, { named: ['a', keyAt(one).fingerprint] });
    expect(requirements[0]?.keys).toHaveLength(1);
  });

  /** Stores one key as `a` and as `b`. */
  async function storeTwice(world: VerifierWorld) {
    await store(world, 'a', one);
    // Only a race on Workers KV stores a key twice; here, its index entry is taken away in between.
    const index = { key: indexKey(keyAt(one).fingerprint), expected: 'a', value: undefined };
    expect(await world.store.commit([index])).toBe(true);
    await store(world, 'b', one);
  }

  const ORDERS = [
    ['a', 'b'],
    ['b', 'a'],
  ];
  const shown = async (world: VerifierWorld, named: string[]) =>
    (await load(world, { named })).requirements[0]?.keys.map(({ id, revoked }) => [
      id,
      revoked !== undefined,
    ]);

  test.each(ORDERS)(
    'that are stored under two ids count once, under the id named first: %s, %s',
    async (...named) => {
      const world = makeVerifier(HOST);
      await storeTwice(world);
      expect(await shown(world, named)).toEqual([[named[0], false]]);
    },
  );

  test.each(ORDERS)(
    'that are revoked under one of two ids are revoked under both: %s, %s',
    async (...named) => {
      const world = makeVerifier(HOST);
      await storeTwice(world);
      await revokeKey(world.store, 'b', { reason: 'lost' }, EDIT);
      expect(await shown(world, named)).toEqual([['b', true]]);
    },
  );

  test.each([
    [true, 'unsafe-none'],
    [false, 'required'],
  ] as const)(
    'that the caller sends, with the log waived: %s, have transparency %s',
    async (isLogWaived, expected) => {
      const { requirements } = await load(makeVerifier(HOST), { own: [keyAt(two)], isLogWaived });
      expect(requirements[0]?.keys).toEqual([{ key: two, transparency: expected }]);
    },
  );
});

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

  async function storeLog({ store: kv }: VerifierWorld, id: string, url: string, key = keyAt(one)) {
    const logId = key.fingerprint.slice('sha256:'.length);
    const validFrom = '2020-01-01T00:00:00Z';
    await putLog(kv, id, { url, publicKey: publicKeyPem(key), logId, version: 1, validFrom }, EDIT);
    return logId;
  }

  test('that are built in count only if the service trusts the public log', async () => {
    const find = (publicLog: boolean) =>
      openTrust(makeVerifier(HOST, { publicLog }).session()).findLog(PUBLIC);
    expect((await find(true))?.url).toBe('https://rekor.sigstore.dev');
    expect(await find(false)).toBeUndefined();
  });

  test('are looked up in the store once per request', async () => {
    const world = makeVerifier(HOST);
    const logId = await storeLog(world, 'own', 'https://log.example');
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

  /** Asks for the entry of a signature. @returns the hosts that were asked */
  async function searched(world: VerifierWorld, answers: Record<string, () => Response>) {
    const asked: string[] = [];
    world.verifier.ports.fetch = async (url) => {
      const { host } = new URL(url);
      asked.push(host);
      return (answers[host] ?? (() => Response.json([])))();
    };
    const { askLog } = openTrust(world.session());
    const query = {
      signature: Uint8Array.of(1),
      key: keyAt(two),
      message: { hash: 'sha256' as const, digest: new Uint8Array(32) },
      isAnswer: async (_: LogEntry) => true,
    };
    const answer = await askLog(query).then(
      ({ entries, source }) => ({ entries: entries.length, source }),
      ({ code, retryable }) => ({ code, retryable }),
    );
    return { asked: [...new Set(asked)], answer };
  }

  test('are searched one after another, the public one first', async () => {
    const world = makeVerifier(HOST, { publicLog: true });
    await storeLog(world, 'own', 'https://log.example');
    const { asked, answer } = await searched(world, {});
    expect(asked).toEqual(['rekor.sigstore.dev', 'log.example']);
    expect(answer).toMatchObject({ entries: 0 });
  });

  test('include the public one at the address that REKOR_URL states', async () => {
    const world = makeVerifier(HOST, { publicLog: true, rekorUrl: 'https://mirror.example' });
    expect((await searched(world, {})).asked).toEqual(['mirror.example']);
  });

  test('make the search undecided if one of them cannot be asked', async () => {
    const world = makeVerifier(HOST, { publicLog: true });
    await storeLog(world, 'own', 'https://log.example');
    const down = () => new Response('', { status: 500 });
    const { asked, answer } = await searched(world, { 'rekor.sigstore.dev': down });
    expect(asked).toEqual(['rekor.sigstore.dev', 'log.example']);
    expect(answer).toEqual({ code: 'REKOR_UNAVAILABLE', retryable: true });
  });

  test('that are more than one search covers make it undecided, and not retryable', async () => {
    const world = makeVerifier(HOST);
    for (let index = 0; index < 5; index++) {
      const key = await parsePublicKeyPem((await makeKey()).pem);
      await storeLog(world, `log-${index}`, `https://log-${index}.example`, key);
    }
    const { asked, answer } = await searched(world, {});
    expect(asked).toEqual([0, 1, 2, 3].map((index) => `log-${index}.example`));
    expect(answer).toEqual({ code: 'LIMIT_EXCEEDED', retryable: false });
  });

  test.each([
    ['https://rekor.sigstore.dev', 'https://mirror.example', 'mirror.example'],
    ['https://rekor.sigstore.dev', undefined, 'rekor.sigstore.dev'],
    ['https://log.example', 'https://mirror.example', 'log.example'],
  ])('are asked for an entry at %s with REKOR_URL=%s: at %s', async (url, rekorUrl, expected) => {
    const settings = { publicLog: true, ...(rekorUrl !== undefined && { rekorUrl }) };
    const world = makeVerifier(HOST, settings);
    const asked: string[] = [];
    world.verifier.ports.fetch = async (address) => {
      asked.push(new URL(address).host);
      return new Response('', { status: 404 });
    };
    const { askLog } = openTrust(world.session());
    const log = { url, name: 'x', key: keyAt(one), logId: '', validFrom: 0 } as TrustedLog;
    await askLog({ log, entry: { logIndex: 7n } as LogEntry }).catch(() => undefined);
    expect(asked).toEqual([expected]);
  });

  test('are not searched if none is trusted', async () => {
    const { asked, answer } = await searched(makeVerifier(HOST), {});
    expect(asked).toEqual([]);
    expect(answer).toEqual({ entries: 0, source: 'no trusted log' });
  });
});
