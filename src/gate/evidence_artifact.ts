// Signatures and attestations pass the gate with the image they are about, but only what is one: an image dressed as a signature would
// be a side door.
import { type Digest, isDigest } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { isEvidenceLayer } from '../registry/layers.ts';
import { type Manifest, parseDescriptor } from '../registry/manifest.ts';

/** In bytes: of each layer, and of the configuration. */
const MAX_LAYER = 16 * 1024 * 1024;
const TAG = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att))?$/;

/** The digest that the artifact says it is about: by cosign's tag, or by its subject. */
export function subjectOf(manifest: Manifest, tag: string | undefined): Digest | undefined {
  const hex = tag === undefined ? undefined : TAG.exec(tag)?.[1];
  const digest = `sha256:${hex}`;
  if (hex !== undefined && isDigest(digest)) return digest;
  return manifest.kind === 'image' ? manifest.subject : undefined;
}

/** The tag that stands in for the referrers API (distribution-spec "Referrers Tag Schema"): a list, which vouches for nothing. */
export function isListOfReferrers(manifest: Manifest, tag: string | undefined): boolean {
  return manifest.kind === 'index' && tag !== undefined && TAG.test(tag) && !tag.includes('.');
}

/** Whether it holds evidence and nothing else. */
export function isEvidenceOnly(manifest: Manifest): boolean {
  if (manifest.kind === 'index') return false;
  const layers = manifest.layers.map((layer, at) => attempt(() => parseDescriptor(layer, `layers[${at}]`)));
  return (
    layers.length > 0 &&
    manifest.config.size <= MAX_LAYER &&
    layers.every(
      (layer) => !(layer instanceof Malformed) && layer.size <= MAX_LAYER && isEvidenceLayer(layer.mediaType),
    )
  );
}
