// Lists of OCI 1.1 referrers (distribution-spec "Listing Referrers"): the API, and the fallback tag `sha256-<hex>` that clients write if a
// registry has no API. What such a list states about an artifact is only a claim; the artifact's own manifest decides.

import { type Digest, digestOf, isArtifactDigest, parseDigest } from '../core/crypto/digest.ts';
import type { Json } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { attempt, type Malformed } from '../core/encoding/malformed.ts';
import { MAX_TYPE_LENGTH } from '../core/formats/in_toto.ts';
import { BUNDLE_MEDIA_TYPE_PREFIX } from '../core/formats/sigstore_bundle.ts';
import { attachmentTag } from './attachments.ts';
import type { RawManifest, RepositoryClient } from './client.ts';
import { readListing, readManifest } from './listing.ts';
import { MANIFEST_MEDIA_TYPES } from './manifest.ts';

export const LIST_STEP = 'list of referrers';
const TAG_STEP = 'fallback tag';
/** A page holds a hundred artifacts or more. */
const MAX_PAGES = 8;
/** Artifacts in one list: what the list states about each is read before the likely ones are opened. */
const MAX_REFERRERS = 10_000;
/** cosign 3's hint. It is unsigned, so it decides only the order. */
const PREDICATE_TYPE_ANNOTATION = 'dev.sigstore.bundle.predicateType';
/** Artifact types of the older experimental format (COSIGN_EXPERIMENTAL=1, `oci-1-1`). */
const COSIGN_ARTIFACT_TYPES = [
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.dev.cosign.artifact.att.v1+json',
];
/** Types of configurations, which some lists state as the artifact's type: they say nothing about the artifact. */
const TELLS_NOTHING =
  /^application\/vnd\.(?:oci\.(?:empty|image\.config)|docker\.container\.image)\.v1\+json$/;

export interface Referrer {
  /** Malformed if the digest uses another algorithm: manifests are fetched only by sha256. */
  digest: Digest | Malformed;
  via: 'referrers' | 'fallback-tag';
  /** False if the list states a type that is clearly not evidence. */
  isLikely: boolean;
  /** As the list states it; empty if what it states is no type. */
  predicateType?: string;
}

/** The artifacts that the API lists, over all its pages. */
export async function listReferrers(repository: RepositoryClient, subject: Digest): Promise<Referrer[]> {
  const listed: Referrer[] = [];
  let count = 0;
  let page: { next: string } | undefined;
  for (let pages = 1; ; pages++) {
    const answer = await repository.referrers(subject, LIST_STEP, page);
    if (answer === undefined) break;
    count += readPage(repository, answer, count, listed);
    if (answer.next === undefined) break;
    if (pages === MAX_PAGES) throw repository.tooMuch(LIST_STEP, `has more than ${MAX_PAGES} pages`);
    page = { next: answer.next };
  }
  return listed;
}

/**
 * Adds what a page lists, and returns how much that is. It is no asynchronous function: parsed, the page would stay in memory while that waits
 * for the next one.
 */
function readPage(
  repository: RepositoryClient,
  page: RawManifest,
  before: number,
  listed: Referrer[],
): number {
  const { manifests } = readListing(repository, page, 'index', LIST_STEP);
  assertReadable(repository, before + manifests.length, LIST_STEP);
  listed.push(...readReferrers(manifests, 'referrers'));
  return manifests.length;
}

/** The artifacts that the fallback tag lists; none if it leads to an image. */
export async function listFallbackTag(repository: RepositoryClient, subject: Digest): Promise<Referrer[]> {
  const raw = await repository.manifest(attachmentTag(subject), TAG_STEP);
  if (raw === undefined) return [];
  // GitLab reads the tag as the digest, and returns the image itself: its platforms are not its referrers.
  if ((await digestOf(raw.bytes)) === subject) return [];
  return readTagged(repository, raw);
}

/** Like `readPage`, it is no asynchronous function. */
function readTagged(repository: RepositoryClient, raw: RawManifest): Referrer[] {
  const manifest = readManifest(repository, raw, TAG_STEP);
  if (manifest.kind !== 'index') return [];
  assertReadable(repository, manifest.manifests.length, TAG_STEP);
  return readReferrers(manifest.manifests, 'fallback-tag');
}

function assertReadable(repository: RepositoryClient, count: number, step: string): void {
  if (count > MAX_REFERRERS) throw repository.tooMuch(step, `lists more than ${MAX_REFERRERS} artifacts`);
}

/** Keeps the entries that name an artifact. What else the list states decides only their order, and how one that cannot be read counts. */
function readReferrers(manifests: Json[], via: Referrer['via']): Referrer[] {
  return manifests.flatMap((item) => {
    if (!isObject(item) || !isArtifactDigest(item.digest)) return [];
    const { mediaType, artifactType, annotations } = item;
    const digest = attempt(() => parseDigest(item.digest, 'digest'));
    const stated = isObject(annotations) ? annotations[PREDICATE_TYPE_ANNOTATION] : undefined;
    const isLikely = MANIFEST_MEDIA_TYPES.image.includes(String(mediaType)) && mayBeEvidence(artifactType);
    return [{ digest, via, isLikely, ...(stated !== undefined && { predicateType: asType(stated) }) }];
  });
}

/** The list is kept with the evidence that is remembered, and what it states may have megabytes. */
function asType(stated: Json): string {
  return typeof stated === 'string' && stated.length <= MAX_TYPE_LENGTH ? stated : '';
}

function mayBeEvidence(artifactType: Json | undefined): boolean {
  if (typeof artifactType !== 'string' || artifactType === '' || TELLS_NOTHING.test(artifactType))
    return true;
  return artifactType.startsWith(BUNDLE_MEDIA_TYPE_PREFIX) || COSIGN_ARTIFACT_TYPES.includes(artifactType);
}
