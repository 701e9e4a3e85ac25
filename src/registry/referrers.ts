// OCI 1.1 referrers (distribution-spec "Listing Referrers"): the API, and the fallback tag `sha256-<hex>` that clients write if a registry
// has no API. What such a list states about an artifact is only a claim; the artifact's own manifest decides.

import { type Digest, digestOf, isArtifactDigest, parseDigest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Json } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Evidence } from '../core/evidence/evidence.ts';
import { BUNDLE_MEDIA_TYPE_PREFIX } from '../core/formats/sigstore_bundle.ts';
import { mapLimited } from '../core/map_limited.ts';
import { attachmentTag } from './attachments.ts';
import type { RepositoryClient } from './client.ts';
import {
  type LayerKind,
  layersToEvidence,
  MAX_LISTED,
  type OnFound,
  readListing,
  readManifest,
} from './layers.ts';
import { type ImageManifest, MANIFEST_MEDIA_TYPES, parseManifest, UnsupportedManifest } from './manifest.ts';

const LIST_STEP = 'list of referrers';
const TAG_STEP = 'fallback tag';
const MANIFEST_STEP = 'referrer manifest';
/** A page holds a hundred artifacts or more. */
const MAX_PAGES = 8;
/** Artifacts in one list: what the list states about each is read before the likely ones are opened. */
const MAX_REFERRERS = 10_000;
/** Artifacts opened concurrently. Workers itself opens six connections at a time and queues the rest. */
const MAX_CONNECTIONS = 4;
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
  /** As the list states it. */
  predicateType?: Json;
}

/** The artifacts that the API lists, over all its pages. */
export async function listReferrers(repository: RepositoryClient, subject: Digest): Promise<Referrer[]> {
  const listed: Json[] = [];
  let page: { next: string } | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const answer = await repository.referrers(subject, LIST_STEP, page);
    if (answer === undefined) break;
    const { manifests } = readListing(repository, answer, 'index', LIST_STEP);
    assertReadable(repository, listed.length + manifests.length, LIST_STEP);
    listed.push(...manifests);
    if (answer.next === undefined) break;
    if (count === MAX_PAGES - 1) throw repository.tooMuch(LIST_STEP, `has more than ${MAX_PAGES} pages`);
    page = { next: answer.next };
  }
  return readReferrers(listed, 'referrers');
}

/** The artifacts that the fallback tag lists; none if the tag is on an image. */
export async function listFallbackTag(repository: RepositoryClient, subject: Digest): Promise<Referrer[]> {
  const raw = await repository.manifest(attachmentTag(subject), TAG_STEP);
  if (raw === undefined) return [];
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
    return [{ digest, via, isLikely, ...(stated !== undefined && { predicateType: stated }) }];
  });
}

function mayBeEvidence(artifactType: Json | undefined): boolean {
  if (typeof artifactType !== 'string' || artifactType === '' || TELLS_NOTHING.test(artifactType))
    return true;
  return artifactType.startsWith(BUNDLE_MEDIA_TYPE_PREFIX) || COSIGN_ARTIFACT_TYPES.includes(artifactType);
}

/**
 * Opens the listed artifacts. Those whose annotation states a wanted type come first, so that other artifacts do not use up the outbound
 * calls of the request.
 * @param wanted the predicate types that are asked for
 * @param beside a concurrent search to wait for before artifacts of a lower rank are opened
 */
export async function referrersToEvidence(
  repository: RepositoryClient,
  subject: Digest,
  referrers: Referrer[],
  kinds: LayerKind[],
  wanted: string[],
  beside?: Promise<unknown>,
  onFound?: OnFound,
): Promise<Evidence[]> {
  const distinct = new Map<Referrer['digest'], Referrer>();
  for (const item of referrers) if (!distinct.has(item.digest)) distinct.set(item.digest, item);
  const ordered = [...distinct.values()].sort((a, b) => rank(a, wanted) - rank(b, wanted));
  const looked: Evidence[][] = [];
  for (const turn of inTurns(ordered.slice(0, MAX_LISTED), wanted)) {
    looked.push(
      ...(await mapLimited(turn, MAX_CONNECTIONS, (item) =>
        openReferrer(repository, subject, item, kinds, onFound),
      )),
    );
    await beside;
  }
  const beyond = ordered
    .slice(MAX_LISTED, MAX_LISTED + 1)
    .map(({ via }) =>
      missing(
        via,
        repository.tooMuch(LIST_STEP, `lists ${ordered.length} artifacts; at most ${MAX_LISTED} are judged`),
      ),
    );
  return [...looked.flat(), ...beyond];
}

/** The stated predicate type is wanted, is absent, or is another one. */
const RANKS = [0, 1, 2] as const;

/** One group per rank, each opened after the previous one is done: with many artifacts, quick ones must not use up a slow one's calls. */
function inTurns(ordered: Referrer[], wanted: string[]): Referrer[][] {
  if (ordered.length <= MAX_CONNECTIONS) return [ordered];
  return RANKS.map((one) => ordered.filter((item) => rank(item, wanted) === one));
}

function rank({ predicateType }: Referrer, wanted: string[]): (typeof RANKS)[number] {
  return predicateType === undefined ? 1 : wanted.some((type) => type === predicateType) ? 0 : 2;
}

/**
 * Opens one artifact; one with a different subject is skipped. A missing or unreadable artifact is undecided if it is listed as evidence,
 * because it may be a signature, and skipped if it is listed as something else.
 */
async function openReferrer(
  repository: RepositoryClient,
  subject: Digest,
  { digest, via, isLikely }: Referrer,
  kinds: LayerKind[],
  onFound?: OnFound,
): Promise<Evidence[]> {
  if (digest instanceof Malformed)
    return isLikely
      ? [missing(via, repository.malformed(LIST_STEP, `cannot be read (${digest.message})`))]
      : [];
  try {
    const raw = await repository.manifest(digest, MANIFEST_STEP);
    if (raw === undefined) {
      if (!isLikely) return [];
      throw repository.malformed(MANIFEST_STEP, 'is listed but missing');
    }
    if ((await digestOf(raw.bytes)) !== digest)
      throw repository.malformed(MANIFEST_STEP, 'does not match the digest it is listed under');
    const manifest = readArtifact(raw.bytes);
    if (manifest instanceof Malformed) {
      if (!isLikely) return [];
      throw repository.malformed(MANIFEST_STEP, `cannot be read (${manifest.message})`);
    }
    if (manifest === undefined || (manifest.subject !== undefined && manifest.subject !== subject)) return [];
    return await layersToEvidence(
      repository,
      subject,
      manifest,
      { manifest: digest, via },
      kinds,
      MANIFEST_STEP,
      onFound,
    );
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
    return [missing(via, error, digest)];
  }
}

/** The bytes have the listed digest, so the response's Content-Type is ignored. @returns undefined if it cannot hold evidence */
function readArtifact(bytes: Bytes): ImageManifest | Malformed | undefined {
  try {
    const manifest = parseManifest(bytes, null);
    return manifest.kind === 'image' ? manifest : undefined;
  } catch (error) {
    if (error instanceof Malformed) return error;
    if (error instanceof UnsupportedManifest) return undefined;
    throw error;
  }
}

function missing(via: Referrer['via'], undecided: Undecided, manifest?: Digest): Evidence {
  const source = { index: 0, via, ...(manifest !== undefined && { manifest }) };
  return { format: 'sigstore-bundle', source, missing: undecided };
}
