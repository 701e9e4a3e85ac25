// Pushes whole images and their signatures to a registry, as `docker push` and `cosign sign` do.

import { sha256, signatureTag } from '../../../scripts/seed/manifest.ts';
import type { Signer } from '../../support/keys.ts';
import {
  INDEX_TYPE,
  MANIFEST_TYPE,
  payloadFor,
  signatureImage,
  signPayload,
} from '../../support/sign_image.ts';
import { tarWith } from './tar.ts';

export interface PushTarget {
  /** The registry's origin. */
  url: string;
  repository: string;
  /** The `Authorization` to send, if any. */
  authorization: string | undefined;
}

/** Pushes an image with one layer under `tag` and returns its digest. @param architecture of its configuration */
export async function pushImage(target: PushTarget, tag: string, architecture = 'amd64'): Promise<string> {
  const manifest = await pushContent(target, tag, architecture);
  await pushManifest(target, tag, manifest);
  return sha256(manifest);
}

/** Pushes an index with an image for each architecture, and returns its digest and theirs. */
export async function pushIndex(
  target: PushTarget,
  tag: string,
  architectures: string[],
): Promise<{ index: string; images: string[] }> {
  const manifests: object[] = [];
  const images: string[] = [];
  for (const architecture of architectures) {
    const manifest = await pushContent(target, tag, architecture);
    const digest = sha256(manifest);
    await pushManifest(target, digest, manifest);
    images.push(digest);
    const platform = { os: 'linux', architecture };
    manifests.push({ mediaType: MANIFEST_TYPE, digest, size: Buffer.byteLength(manifest), platform });
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  await pushManifest(target, tag, index, INDEX_TYPE);
  return { index: sha256(index), images };
}

/** Pushes the blobs of an image that can be unpacked but not run. @returns its manifest, which is not pushed */
async function pushContent(target: PushTarget, tag: string, architecture: string): Promise<string> {
  const layer = tarWith('readme', `the files of ${target.repository}:${tag} for ${architecture}`);
  const rootfs = { type: 'layers', diff_ids: [sha256(layer)] };
  const config = Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs }));
  await pushBlob(target, layer);
  await pushBlob(target, config);
  const descriptor = (mediaType: string, blob: Uint8Array) => ({
    mediaType,
    digest: sha256(blob),
    size: blob.length,
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  });
}

/** Signs `digest` and pushes the signature image under its tag. */
export async function pushSignature(target: PushTarget, digest: string, signer: Signer): Promise<void> {
  const layer = await signPayload(signer, payloadFor(digest));
  const { manifest, blobs } = await signatureImage([layer]);
  for (const blob of blobs) await pushBlob(target, blob.bytes);
  await pushManifest(target, signatureTag(digest), manifest.bytes);
}

async function pushBlob(target: PushTarget, bytes: Uint8Array): Promise<void> {
  const begun = await send(target, `${target.url}/v2/${target.repository}/blobs/uploads/`, 'POST');
  const place = new URL(begun.headers.get('location') ?? '', target.url);
  place.searchParams.set('digest', sha256(bytes));
  await send(target, place.href, 'PUT', 'application/octet-stream', bytes);
}

/** @param reference a tag or the manifest's digest */
async function pushManifest(
  target: PushTarget,
  reference: string,
  manifest: string | Uint8Array,
  type = MANIFEST_TYPE,
): Promise<void> {
  await send(target, `${target.url}/v2/${target.repository}/manifests/${reference}`, 'PUT', type, manifest);
}

async function send(
  { authorization }: PushTarget,
  url: string,
  method: string,
  contentType?: string,
  body?: string | Uint8Array,
): Promise<Response> {
  const headers = new Headers();
  if (authorization !== undefined) headers.set('Authorization', authorization);
  if (contentType !== undefined) headers.set('Content-Type', contentType);
  const response = await fetch(url, { method, headers, body: (body as BodyInit | undefined) ?? null });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
