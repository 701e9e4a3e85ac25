// Pushes whole images and their signatures to a registry, as `docker push` and `cosign sign` do.

import { sha256, signatureTag } from '../../../scripts/seed_manifest.ts';
import type { Signer } from '../../support/keys.ts';
import { MANIFEST_TYPE, payloadFor, signatureImage, signPayload } from '../../support/sign_image.ts';

export interface PushTarget {
  /** The registry's origin. */
  url: string;
  repository: string;
  /** The `Authorization` to send, if any. */
  authorization: string | undefined;
}

/** Pushes an image with one layer under `tag` and returns its digest.. */
export async function pushImage(target: PushTarget, tag: string): Promise<string> {
  const layer = Buffer.from(`the files of ${target.repository}:${tag}`);
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {} }));
  await pushBlob(target, layer);
  await pushBlob(target, config);
  const descriptor = (mediaType: string, blob: Uint8Array) => ({
    mediaType,
    digest: sha256(blob),
    size: blob.length,
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  await pushManifest(target, tag, manifest);
  return sha256(manifest);
}

/** Signs `digest` and pushes the signature image beside it. */
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

async function pushManifest(target: PushTarget, tag: string, manifest: string | Uint8Array): Promise<void> {
  await send(
    target,
    `${target.url}/v2/${target.repository}/manifests/${tag}`,
    'PUT',
    MANIFEST_TYPE,
    manifest,
  );
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
