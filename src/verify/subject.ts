// Resolves a reference to the digest that the rest of the verification is about. A tag is resolved once; the hash of the bytes is the name.

import { type ArtifactDigest, type Digest, digestOf } from '../core/crypto/digest.ts';
import type { JsonObject } from '../core/encoding/json.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import type { RawManifest, RepositoryClient } from '../registry/client.ts';
import {
  type IndexManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type Platform,
  parseDescriptor,
  parseManifest,
  UnsupportedManifest,
} from '../registry/manifest.ts';
import { formatPlatform, isConfigFor, selectLeaf } from '../registry/platform.ts';
import { Refused } from './refused.ts';

/** Images of one index that are searched; real ones list a few dozen. */
const MAX_PLATFORMS = 1024;
const MANIFEST_STEP = 'image manifest';
const CONFIG_STEP = 'image configuration';

export interface Subject {
  /** What the reference names: the index of a multi-platform image. An artifact sent by the caller may use a hash other than sha256. */
  digest: ArtifactDigest;
  /** Set if the manifest was fetched. */
  mediaType?: string;
  /** The leaf for the requested platform, by name and digest. */
  platform?: { name: string; digest: Digest };
}

/** Errors: `IMAGE_NOT_FOUND`, `BAD_REQUEST`, `Refused`, `Undecided`. A digest without a platform is taken as it is, without a request. */
export async function resolveSubject(
  repository: RepositoryClient,
  reference: ImageReference,
  platform: Platform | undefined,
): Promise<Subject & { digest: Digest }> {
  if (reference.digest !== undefined && platform === undefined) return { digest: reference.digest };
  const raw = await repository.manifest(reference.digest ?? reference.tag ?? 'latest', MANIFEST_STEP);
  if (raw === undefined)
    throw new CallerError('IMAGE_NOT_FOUND', `The registry has no ${formatReference(reference)}.`);
  const digest = await digestOf(raw.bytes);
  if (reference.digest !== undefined && reference.digest !== digest) {
    throw new Refused(
      'MANIFEST_DIGEST_MISMATCH',
      `The registry returned content with the digest ${digest} for ${reference.digest}.`,
    );
  }
  const { mediaType, leaf, config } = readWhatCounts(repository, reference, raw, platform);
  const subject = { digest, mediaType };
  if (platform === undefined) return subject;
  const name = formatPlatform(platform);
  if (leaf !== undefined) return { ...subject, platform: { name, digest: leaf } };
  if (await isImageFor(repository, config, platform)) return { ...subject, platform: { name, digest } };
  throw missingFor(reference, platform);
}

/**
 * What is needed of a manifest: an index's leaf for the platform, or an image's configuration. It is no asynchronous function, because what
 * one waits with stays in memory: parsed, an index may take tens of megabytes, and many are read at once.
 */
function readWhatCounts(
  repository: RepositoryClient,
  reference: ImageReference,
  raw: RawManifest,
  platform: Platform | undefined,
): { mediaType: string; leaf?: Digest; config?: JsonObject } {
  const manifest = readSubjectManifest(repository, raw, MANIFEST_STEP);
  const { mediaType } = manifest;
  if (manifest.kind === 'image') return { mediaType, config: manifest.config };
  if (platform === undefined) return { mediaType };
  return { mediaType, leaf: leafIn(repository, reference, manifest, platform) };
}

/** Parses a manifest that is to be judged. Errors: `Refused`, `Undecided`. @param step its role, for messages */
export function readSubjectManifest(
  repository: RepositoryClient,
  { bytes, contentType }: RawManifest,
  step: string,
): Manifest {
  try {
    return parseManifest(bytes, contentType);
  } catch (error) {
    if (error instanceof UnsupportedManifest)
      throw new Refused('MANIFEST_UNSUPPORTED', `The manifest is not supported: ${error.message}.`);
    if (!(error instanceof Malformed)) throw error;
    throw repository.malformed(step, `cannot be read (${error.message})`);
  }
}

function missingFor(reference: ImageReference, platform: Platform): CallerError {
  return new CallerError(
    'IMAGE_NOT_FOUND',
    `${formatReference(reference)} has no image for ${formatPlatform(platform)}.`,
  );
}

function leafIn(
  repository: RepositoryClient,
  reference: ImageReference,
  { manifests }: IndexManifest,
  platform: Platform,
): Digest {
  const { length } = manifests;
  if (length > MAX_PLATFORMS)
    throw repository.tooMuch(MANIFEST_STEP, `lists ${length} images; at most ${MAX_PLATFORMS} are searched`);
  const leaf = selectLeaf(manifests, platform);
  if (leaf === undefined) throw missingFor(reference, platform);
  if (leaf !== 'ambiguous') return leaf.digest;
  throw new CallerError(
    'BAD_REQUEST',
    `Several images match ${formatPlatform(platform)}; name the variant, such as linux/arm/v7, or give the image's digest.`,
  );
}

async function isImageFor(
  repository: RepositoryClient,
  configuration: JsonObject | undefined,
  platform: Platform,
): Promise<boolean> {
  const described = attempt(() => parseDescriptor(configuration, 'config'));
  if (described instanceof Malformed)
    throw repository.malformed(CONFIG_STEP, `cannot be fetched (${described.message})`);
  const config = await repository.blob(described.digest, MAX_MANIFEST_BYTES, CONFIG_STEP);
  if ((await digestOf(config)) !== described.digest) {
    throw repository.malformed(CONFIG_STEP, 'does not match the digest it is listed under');
  }
  try {
    return isConfigFor(config, platform);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return false;
  }
}
