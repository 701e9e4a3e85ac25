// Trust over HTTP with the built bundle, on both runtimes and their own stores: a rotation and a revocation with many callers,
// and a review of thirty images while the registry is 30 s late.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/paths.ts';
import { RUNTIMES, type Runtime, startService } from '../../scripts/service/service.ts';
import { makeKey, type Signer } from '../support/keys.ts';
import { makeImage, payloadFor, signPayload } from '../support/sign_image.ts';
import { serveRegistry } from './support/served_registry.ts';

const ADMIN_TOKEN = 'e2e-admin-token-0123456789abcdef';
const CALLERS = 32;

/** A service with its store, a registry, and helpers for what an administrator does with them. */
async function startTrust(runtime: Runtime) {
  const registry = await serveRegistry();
  const { host } = registry;
  const settings = {
    ADMIN_TOKEN,
    ACCESS: 'open',
    REGISTRIES: host,
    INSECURE_REGISTRIES: host,
    SUBREQUESTS: '1000',
  };
  const service = await startService(runtime, { bundle: BUNDLE, settings });

  async function admin(method: string, path: string, body?: object): Promise<Record<string, string>> {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.status, `${method} ${path}: ${text}`).toBeLessThan(300);
    return text === '' ? {} : JSON.parse(text);
  }

  return {
    registry,
    service,
    admin,
    /** Nothing was logged when signing, so no log can be required. */
    putKey: (id: string, { pem }: Signer) =>
      admin('PUT', `/v1/keys/${id}`, { publicKey: pem, transparency: 'unsafe-none' }),
    putPolicy: (id: string, keys: string[], match: string) =>
      admin('PUT', `/v1/policies/${id}`, { rules: [{ name: 'release', match: [match], require: { keys } }] }),
    async pushImage(repository: string, label: string, signers: Signer[]): Promise<string> {
      const image = await makeImage(label);
      registry.push(repository, image, label);
      const layers = await Promise.all(
        signers.map((signer) => signPayload(signer, payloadFor(image.digest))),
      );
      if (layers.length > 0) await registry.sign(repository, image.digest, layers);
      return `${registry.host}/${repository}@${image.digest}`;
    },
    async stop() {
      await service.stop();
      await registry.stop();
    },
  };
}

type Trust = Awaited<ReturnType<typeof startTrust>>;

describe.each(RUNTIMES)('trust on %s', (runtime) => {
  let trust: Trust;
  beforeAll(async () => {
    trust = await startTrust(runtime);
  });
  afterAll(() => trust?.stop());

  test('32 concurrent callers get the right verdicts during a rotation and a revocation', async () => {
    const { registry, service, admin, putKey, putPolicy, pushImage } = trust;
    const [old, next] = [await makeKey(), await makeKey()];
    const images = [
      await pushImage('life', 'old', [old]),
      await pushImage('life', 'next', [next]),
      await pushImage('life', 'none', []),
    ];
    await putKey('old', old);
    const pattern = `${registry.host}/life`;
    await putPolicy('default', ['old'], pattern);
    const NONE = 'NO_SIGNATURES';
    let expected = [['VERIFIED'], ['NO_TRUSTED_SIGNATURE'], [NONE]];
    let isOver = false;
    let asked = 0;
    const wrong: string[] = [];
    const callers = Array.from({ length: CALLERS }, async (_, start) => {
      for (let i = start; !isOver; i++) {
        const at = i % images.length;
        const before = expected[at] ?? [];
        const response = await fetch(`${service.url}/v1/verify/${images[at]}`);
        const { code } = (await response.json()) as { code: string };
        const allowed = [...before, ...(expected[at] ?? [])];
        if (response.status >= 500 || !allowed.includes(code))
          wrong.push(`${at}: ${response.status} ${code}, not ${allowed}`);
        asked++;
      }
    });
    const step = async (work: () => Promise<unknown>, ...after: string[]) => {
      const before = expected;
      expected = after.map((code, at) => [...(before[at] ?? []), code]);
      await work();
      expected = after.map((code) => [code]);
      for (const goal = asked + 2 * CALLERS; asked < goal; ) await sleep(2);
    };
    await step(() => putKey('next', next), 'VERIFIED', 'NO_TRUSTED_SIGNATURE', NONE);
    await step(() => putPolicy('default', ['old', 'next'], pattern), 'VERIFIED', 'VERIFIED', NONE);
    await step(
      () => admin('POST', '/v1/keys/old/revoke', { reason: 'lost' }),
      'NO_TRUSTED_SIGNATURE',
      'VERIFIED',
      NONE,
    );
    await step(() => putPolicy('default', ['next'], pattern), 'NO_TRUSTED_SIGNATURE', 'VERIFIED', NONE);
    isOver = true;
    await Promise.all(callers);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(asked).toBeGreaterThan(4 * 2 * CALLERS);
  });

  test('a long policy in Chinese characters fits into the store', async () => {
    const { admin } = trust;
    const name = '\u6f22'.repeat(300);
    const rules = Array.from({ length: 20 }, (_, at) => ({
      name: `${name}${at}`,
      match: [`example.com/${at}`],
      require: { keys: ['old'] },
    }));
    await admin('PUT', '/v1/policies/wide', { rules });
    expect((await admin('GET', '/v1/policies/wide')).rules).toHaveLength(20);
  });

  test('a token works from its creation to its deletion, and /metrics counts requests', async () => {
    const { service, admin } = trust;
    const { secret = '' } = await admin('PUT', '/v1/tokens/metrics', { scopes: ['admin'] });
    const metrics = () => fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${secret}` } });
    const response = await metrics();
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(
      /^countersign_decisions_total\{verdict="verified",code="VERIFIED"\} \d+$/m,
    );
    await admin('DELETE', '/v1/tokens/metrics');
    expect((await metrics()).status).toBe(401);
  });
});

// Concurrently, since most of the time is spent waiting.
test.concurrent.for(RUNTIMES)(
  'thirty images with a registry that is 30 s late, on %s: the answer comes in time and names the registry, and a retry succeeds from the cache',
  { timeout: 90_000 },
  async (runtime, { onTestFinished }) => {
    const { registry, service, putKey, putPolicy, pushImage, stop } = await startTrust(runtime);
    onTestFinished(stop);
    const signer = await makeKey();
    await putKey('late', signer);
    await putPolicy('late', ['late'], `${registry.host}/late`);
    const images = await Promise.all(
      Array.from({ length: 30 }, (_, i) => pushImage('late', `late-${i}`, [signer])),
    );
    const spec = { containers: images.map((image, i) => ({ name: `c${i}`, image })) };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', operation: 'CREATE', object },
    };
    const admit = async () => {
      const response = await fetch(`${service.url}/v1/admission/late?timeout=5s`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(review),
        signal: AbortSignal.timeout(5000),
      });
      return (
        (await response.json()) as {
          response: { allowed: boolean; status?: { code: number; message: string } };
        }
      ).response;
    };
    const awake = sleep(30_000);
    registry.lie = async (_, truth) => {
      await awake;
      return truth();
    };
    const late = await admit();
    expect(late).toMatchObject({ allowed: false, status: { code: 504 } });
    expect(late.status?.message).toContain(`from ${registry.host}`);
    await awake;
    await sleep(3000);
    const before = registry.asked.length;
    expect(await admit()).toMatchObject({ allowed: true });
    expect(registry.asked.length).toBe(before);
  },
);
