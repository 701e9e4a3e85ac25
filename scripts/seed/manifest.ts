// The seed's signature as the image that cosign stored: the manifest with the tag `sha256-<hex>.sig`.

import { createHash } from 'node:crypto';
import { SEED_BUNDLE, SEED_CONFIG, SEED_PAYLOAD, SEED_SIGNATURE } from './image.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export const SEED_SIGNATURE_MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    size: Buffer.byteLength(SEED_CONFIG),
    digest: sha256(SEED_CONFIG),
  },
  layers: [
    {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      size: Buffer.byteLength(SEED_PAYLOAD),
      digest: sha256(SEED_PAYLOAD),
      annotations: {
        'dev.cosignproject.cosign/signature': SEED_SIGNATURE,
        'dev.sigstore.cosign/bundle': JSON.stringify(SEED_BUNDLE),
      },
    },
  ],
});

/** The tag under which cosign stores an image's signatures. */
export function signatureTag(digest: string): string {
  return `${digest.replace(':', '-')}.sig`;
}

export function sha256(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
