// What a manifest refers to: the blobs and manifests that may be pulled if the manifest may.
import type { Digest } from '../core/crypto/digest.ts';
import { Undecided } from '../core/errors/undecided.ts';
import { type Manifest, parseDescriptor } from '../registry/manifest.ts';

export interface Child {
  digest: Digest;
  /** In bytes, as the manifest states it. */
  size: number;
}

/** Docker images have at most 127 layers, and indexes a few dozen platforms. Each child is a record to write. */
const MAX_CHILDREN = 256;

/** @throws Malformed if a descriptor cannot be read; `Undecided` (`LIMIT_EXCEEDED`) if there are too many */
export function childrenOf(manifest: Manifest): Child[] {
  const listed = manifest.kind === 'index' ? manifest.manifests : manifest.layers;
  if (listed.length > MAX_CHILDREN)
    throw new Undecided(
      'LIMIT_EXCEEDED',
      `The manifest lists more than ${MAX_CHILDREN} blobs or manifests.`,
      {
        retryable: false,
      },
    );
  const what = manifest.kind === 'index' ? 'manifests' : 'layers';
  const described = listed.map((item, at) => parseDescriptor(item, `${what}[${at}]`));
  const all =
    manifest.kind === 'index' ? described : [parseDescriptor(manifest.config, 'config'), ...described];
  return [...new Map(all.map(({ digest, size }) => [digest, { digest, size }])).values()];
}
