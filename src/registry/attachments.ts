// Finds the signatures and attestations that cosign stores without OCI 1.1 (sigstore/cosign specs/SIGNATURE_SPEC.md): as layers of images
// tagged `sha256-<hex>.sig` and `.att`.
import { type Digest, digestHex, digestOf } from '../core/crypto/digest.ts';
import type { Evidence } from '../core/evidence/evidence.ts';
import { type LayerKind, layersToEvidence, type Search } from './layers.ts';
import { readListing } from './listing.ts';

const STEPS = { sig: 'signature manifest', att: 'attestation manifest' };
const KINDS: Record<'sig' | 'att', LayerKind[]> = {
  sig: ['signature', 'bundle'],
  att: ['envelope', 'bundle'],
};

/** The tag of cosign's attachments or, without a suffix, the fallback tag for the referrers API. */
export function attachmentTag(subject: Digest, suffix?: 'sig' | 'att'): string {
  return `sha256-${digestHex(subject)}${suffix === undefined ? '' : `.${suffix}`}`;
}

/** Everything attached under one tag, in the manifest's order; nothing if the registry has no such tag. */
export async function findAttached(search: Search, suffix: 'sig' | 'att'): Promise<Evidence[]> {
  const { repository, subject } = search;
  const step = STEPS[suffix];
  const raw = await repository.manifest(attachmentTag(subject, suffix), step);
  if (raw === undefined) return [];
  const manifest = readListing(repository, raw, 'image', step);
  const listing = { manifest: await digestOf(raw.bytes), via: 'tag' as const, step };
  return layersToEvidence(search, manifest, listing, KINDS[suffix]);
}
