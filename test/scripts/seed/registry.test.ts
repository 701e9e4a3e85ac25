// The seed registry serves the seed image's signature like a real registry, and its data is genuine.

import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  SEED_BUNDLE,
  SEED_CONFIG,
  SEED_DIGEST,
  SEED_KEY_FINGERPRINT,
  SEED_KEY_PEM,
  SEED_PAYLOAD,
  SEED_SIGNATURE,
} from '../../../scripts/seed/image.ts';
import { sha256, signatureTag } from '../../../scripts/seed/manifest.ts';
import { type SeedRegistry, startSeedRegistry } from '../../../scripts/seed/registry.ts';

let registry: SeedRegistry;
beforeAll(async () => {
  registry = await startSeedRegistry();
});
afterAll(() => registry.stop());

const get = (path: string, init?: RequestInit) => fetch(`http://${registry.host}/v2/${path}`, init);

test('the key has its known fingerprint and signed the payload', () => {
  const key = createPublicKey(SEED_KEY_PEM);
  expect(sha256(key.export({ type: 'spki', format: 'der' }))).toBe(SEED_KEY_FINGERPRINT);
  expect(verify('sha256', Buffer.from(SEED_PAYLOAD), key, Buffer.from(SEED_SIGNATURE, 'base64'))).toBe(true);
});

test('sizes and digests are the published ones', () => {
  expect(SEED_PAYLOAD).toHaveLength(248);
  expect(sha256(SEED_PAYLOAD)).toBe(
    'sha256:3af4414d20c9e1cb76ccc72aae8b242166dabe6af531a4a790db8e2f0e5ee7c9',
  );
  expect(SEED_CONFIG).toHaveLength(233);
  expect(sha256(SEED_CONFIG)).toBe('sha256:6be03ee91610ddcd1b1c5b664bb2ef319a85b4ca9ebee1d64d87729c5fd83a91');
  const body = Buffer.from(SEED_BUNDLE.Payload.body, 'base64');
  expect(sha256(Buffer.concat([Buffer.of(0), body]))).toBe(
    'sha256:4ec21e0b9bc52a3fff10ccc6bdd12aeb480a7da7fa9578f88f3227e532bcfbe2',
  );
});

test('the signature image can be fetched completely, by tag and by digest', async () => {
  const byTag = await get(`busybox/manifests/${signatureTag(SEED_DIGEST)}`);
  expect(byTag.status).toBe(200);
  expect(byTag.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
  const text = await byTag.text();
  const digest = byTag.headers.get('docker-content-digest') ?? '';
  expect(digest).toBe(sha256(text));
  expect(await (await get(`busybox/manifests/${digest}`)).text()).toBe(text);

  const manifest = JSON.parse(text);
  const [layer] = manifest.layers;
  expect(await (await get(`busybox/blobs/${layer.digest}`)).text()).toBe(SEED_PAYLOAD);
  expect(await (await get(`busybox/blobs/${manifest.config.digest}`)).text()).toBe(SEED_CONFIG);
  expect(JSON.parse(layer.annotations['dev.sigstore.cosign/bundle'])).toEqual(SEED_BUNDLE);
});

test('HEAD gives the same headers without a body', async () => {
  const head = await get(`busybox/manifests/${signatureTag(SEED_DIGEST)}`, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000);
  expect(await head.text()).toBe('');
});

test.each([
  [`busybox/manifests/${SEED_DIGEST}`, 404, 'MANIFEST_UNKNOWN'],
  [`other/manifests/${signatureTag(SEED_DIGEST)}`, 404, 'MANIFEST_UNKNOWN'],
  [`busybox/blobs/${SEED_DIGEST}`, 404, 'BLOB_UNKNOWN'],
  [`busybox/referrers/${SEED_DIGEST}`, 404, 'NAME_UNKNOWN'],
])('%s is 404', async (path, status, code) => {
  const response = await get(path);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ errors: [{ code }] });
});

test('nothing can be written', async () => {
  expect((await get('busybox/blobs/uploads/', { method: 'POST' })).status).toBe(405);
});
