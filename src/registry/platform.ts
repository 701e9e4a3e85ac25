// Platforms as `os/arch[/variant]` (OCI image-spec image-index.md, with containerd's normalisation of variants), and how one selects a
// manifest from an index.

import type { Digest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import { type Json, parseJsonBytes } from '../core/encoding/json.ts';
import { asObject } from '../core/encoding/json_fields.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { type Descriptor, MANIFEST_MEDIA_TYPES, type Platform, parseDescriptor } from './manifest.ts';

const PLATFORM = /^([a-z0-9]{1,32})\/([a-z0-9_]{1,32})(?:\/([a-z0-9._]{1,32}))?$/;

const DEFAULT_VARIANT = new Map([
  ['arm64', 'v8'],
  ['arm', 'v7'],
  ['amd64', 'v1'],
]);

/** What `uname -m` calls some architectures, which Docker and containerd take too. */
const ALSO_CALLED = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
  ['i386', '386'],
]);

/** @throws Malformed */
export function parsePlatform(text: string): Platform {
  const [, os, named, variant] = PLATFORM.exec(text) ?? [];
  if (os === undefined || named === undefined)
    throw new Malformed('platform', 'expected os/arch or os/arch/variant');
  return { os, architecture: commonName(named), ...(variant !== undefined && { variant }) };
}

function commonName(architecture: string): string {
  return ALSO_CALLED.get(architecture) ?? architecture;
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/**
 * The manifest of an index for a platform. Entries that cannot be read or are not images (attestations state `unknown/unknown`) are
 * skipped. If several match, the one without a variant is chosen, unless another names the variant that it stands for: runtimes
 * disagree on which of those two they run.
 * @returns undefined if none matches, `ambiguous` if the choice is not clear
 */
export function selectLeaf(manifests: Json[], wanted: Platform): Descriptor | 'ambiguous' | undefined {
  const matching = manifests
    .map((entry, index) => attempt(() => parseDescriptor(entry, `manifests[${index}]`)))
    .filter((entry): entry is Descriptor => !(entry instanceof Malformed))
    .filter(({ mediaType }) => MANIFEST_MEDIA_TYPES.image.includes(mediaType))
    .filter(({ platform }) => platform !== undefined && matches(platform, wanted));
  const distinct = new Map<Digest, Descriptor>(matching.map((entry) => [entry.digest, entry]));
  if (distinct.size <= 1) return matching[0];
  const plain = matching.find(({ platform }) => platform?.variant === undefined);
  const isAlone = [...distinct.values()].every(
    (entry) => entry.digest === plain?.digest || nameOf(entry) !== nameOf(plain),
  );
  return plain !== undefined && isAlone ? plain : 'ambiguous';
}

function nameOf(entry: Descriptor | undefined): string | undefined {
  return entry?.platform === undefined ? undefined : variantOf(entry.platform);
}

/** Whether the configuration of a single image states this platform. @throws Malformed */
export function isConfigFor(config: Bytes, wanted: Platform): boolean {
  const { os, architecture, variant } = asObject(
    parseJsonBytes(config, 'image configuration'),
    'image configuration',
  );
  if (typeof os !== 'string' || typeof architecture !== 'string') return false;
  return matches(
    { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) },
    wanted,
  );
}

function matches(actual: Platform, wanted: Platform): boolean {
  if (actual.os !== wanted.os || commonName(actual.architecture) !== wanted.architecture) return false;
  return wanted.variant === undefined || variantOf(actual) === variantOf(wanted);
}

/** The variant, or its default: v8 for arm64, v7 for arm, v1 for amd64. */
function variantOf({ architecture, variant }: Platform): string | undefined {
  if (variant !== undefined) return variant;
  return DEFAULT_VARIANT.get(commonName(architecture));
}
