// A small tagged image, signed here with its own key: verification by tag needs the image itself, which the seed lacks.

import { generateKeyPairSync, sign } from 'node:crypto';
import { SEED_DIGEST, SEED_PAYLOAD } from '../seed/image.ts';
import { OCI_MANIFEST, sha256, signatureTag } from '../seed/manifest.ts';
import type { Content } from '../seed/registry.ts';

export const TAGGED = 'tagged:1';

export interface TaggedImage {
  keyPem: string;
  contents: [path: string, content: Content][];
}

export function makeTaggedImage(): TaggedImage {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor('application/vnd.oci.image.config.v1+json', '{}'),
    layers: [],
  });
  const payload = SEED_PAYLOAD.replace(SEED_DIGEST, sha256(manifest));
  const signature = sign('sha256', Buffer.from(payload), privateKey).toString('base64');
  const signatures = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor('application/vnd.oci.image.config.v1+json', '{}'),
    layers: [
      {
        ...descriptor('application/vnd.dev.cosign.simplesigning.v1+json', payload),
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      },
    ],
  });
  const [repository, tag] = TAGGED.split(':');
  const base = `/v2/${repository}`;
  return {
    keyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    contents: [
      [`${base}/manifests/${tag}`, { type: OCI_MANIFEST, body: manifest }],
      [`${base}/manifests/${signatureTag(sha256(manifest))}`, { type: OCI_MANIFEST, body: signatures }],
      [`${base}/blobs/${sha256(payload)}`, { type: 'application/octet-stream', body: payload }],
    ],
  };
}

function descriptor(mediaType: string, body: string) {
  return { mediaType, digest: sha256(body), size: Buffer.byteLength(body) };
}
