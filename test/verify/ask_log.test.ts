// Logs that are asked: for an entry, and for the entry of a signature that came without one.
import { expect, test } from 'vitest';
import { publicKeyPem } from '../../src/core/crypto/public_key.ts';
import type { LogEntry } from '../../src/core/log/log_entry.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import { putLog } from '../../src/store/logs.ts';
import { askLog } from '../../src/verify/trust/ask_log.ts';
import { makePublicKey, makeVerifier, type VerifierWorld } from '../support/verifier.ts';

const EDIT = { precondition: {}, by: 'test', now: 0 };
const HOST = 'registry.example';
const [one, two] = [await makePublicKey(), await makePublicKey()];

async function storeLog({ store: kv }: VerifierWorld, id: string, url: string, key = one) {
  const logId = key.fingerprint.slice('sha256:'.length);
  const validFrom = '2020-01-01T00:00:00Z';
  await putLog(kv, id, { url, publicKey: publicKeyPem(key), logId, version: 1, validFrom }, EDIT);
  return logId;
}

/** Asks for the entry of a signature. @returns the hosts that were asked */
async function searched(world: VerifierWorld, answers: Record<string, () => Response>) {
  const asked: string[] = [];
  world.verifier.ports.fetch = async (url) => {
    const { host } = new URL(url);
    asked.push(host);
    return (answers[host] ?? (() => Response.json([])))();
  };
  const session = world.session();
  const query = {
    signature: Uint8Array.of(1),
    key: two,
    message: { hash: 'sha256' as const, digest: new Uint8Array(32) },
    isAnswer: async (_: LogEntry) => true,
  };
  const answer = await askLog(session, query).then(
    ({ entries, source }) => ({ entries: entries.length, source }),
    ({ code, retryable }) => ({ code, retryable }),
  );
  return { asked: [...new Set(asked)], answer };
}

test('logs are searched one after another, the public one first', async () => {
  const world = makeVerifier(HOST, { publicLog: true });
  await storeLog(world, 'own', 'https://log.example');
  const { asked, answer } = await searched(world, {});
  expect(asked).toEqual(['rekor.sigstore.dev', 'log.example']);
  expect(answer).toMatchObject({ entries: 0 });
});

test('logs include the public one at the address that REKOR_URL states', async () => {
  const world = makeVerifier(HOST, { publicLog: true, rekorUrl: 'https://mirror.example' });
  expect((await searched(world, {})).asked).toEqual(['mirror.example']);
});

test('logs make the search undecided if one of them cannot be asked', async () => {
  const world = makeVerifier(HOST, { publicLog: true });
  await storeLog(world, 'own', 'https://log.example');
  const down = () => new Response('', { status: 500 });
  const { asked, answer } = await searched(world, { 'rekor.sigstore.dev': down });
  expect(asked).toEqual(['rekor.sigstore.dev', 'log.example']);
  expect(answer).toEqual({ code: 'REKOR_UNAVAILABLE', retryable: true });
});

test('logs that are more than one search covers make it undecided, and not retryable', async () => {
  const world = makeVerifier(HOST);
  for (let index = 0; index < 5; index++) {
    const key = await makePublicKey();
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
])('logs are asked for an entry at %s with REKOR_URL=%s: at %s', async (url, rekorUrl, expected) => {
  const settings = { publicLog: true, ...(rekorUrl !== undefined && { rekorUrl }) };
  const world = makeVerifier(HOST, settings);
  const asked: string[] = [];
  world.verifier.ports.fetch = async (address) => {
    asked.push(new URL(address).host);
    return new Response('', { status: 404 });
  };
  const session = world.session();
  const log = { url, name: 'x', key: one, logId: '', validFrom: 0 } as TrustedLog;
  await askLog(session, { log, entry: { logIndex: 7n } as LogEntry }).catch(() => undefined);
  expect(asked).toEqual([expected]);
});

test('logs are not searched if none is trusted', async () => {
  const { asked, answer } = await searched(makeVerifier(HOST), {});
  expect(asked).toEqual([]);
  expect(answer).toEqual({ entries: 0, source: 'no trusted log' });
});
