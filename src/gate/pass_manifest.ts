// Takes a manifest through the gate: it is resolved once, hashed and judged, and what it refers to is recorded. The bytes that were
// hashed are the bytes that are sent.
import { type Digest, digestOf } from '../core/crypto/digest.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { Undecided } from '../core/errors/undecided.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import type { RawManifest, RepositoryClient } from '../registry/client.ts';
import type { ImageManifest, Manifest } from '../registry/manifest.ts';
import type { NamedAs, Parent } from '../store/parents.ts';
import { weightOf } from '../verify/evidence/content_cache.ts';
import { Refused } from '../verify/refused.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { repositoryOf } from '../verify/repositories.ts';
import { callerKind } from '../verify/session.ts';
import { readSubjectManifest } from '../verify/subject.ts';
import { admitEvidence, admitManifest, ifUndecided } from './admit.ts';
import { type Child, childrenOf } from './children.ts';
import { holdsDocuments, isEvidenceOnly, isListOfReferrers, subjectOf } from './evidence_artifact.ts';
import type { GateSession } from './gate_session.ts';
import { recordChildren } from './parent_records.ts';

const STEP = 'manifest';

export interface PassedManifest {
  report: Report;
  digest: Digest;
  mediaType: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** A list of what is about an image that may be pulled: only names, which are judged when they are pulled. */
  isList: boolean;
}

/**
 * @param reference a tag or a digest
 * @returns undefined if the registry has no such manifest. Errors: `Refused`, `Undecided`, `CallerError`
 */
export async function passManifest(
  gate: GateSession,
  image: ImageReference,
  reference: string,
  asked: Digest | undefined,
): Promise<PassedManifest | undefined> {
  const repository = repositoryOf(gate.session, image);
  const known = remembered(gate, image, asked);
  const raw = known ?? (await repository.manifest(reference, STEP));
  if (raw === undefined) return undefined;
  const digest = await digestOf(raw.bytes);
  if (asked !== undefined && asked !== digest)
    throw new Refused(
      'MANIFEST_DIGEST_MISMATCH',
      `The registry returned content with the digest ${digest} for ${asked}.`,
    );
  const fetched = readWhatCounts(repository, raw, digest, asked === undefined ? reference : undefined);
  const report = await judge(gate, image, fetched);
  // Not renewed by use: once the time is over, the registry is asked whether it still has it.
  if (known === undefined && mayPass(report)) remember(gate, image, digest, raw);
  const { mediaType, isList } = fetched;
  return { report, digest, mediaType, bytes: raw.bytes, isList };
}

/** What is needed of a manifest. */
interface Fetched {
  repository: RepositoryClient;
  digest: Digest;
  mediaType: string;
  tag: string | undefined;
  /** What it is about: see `subjectOf`. */
  subject: Digest | undefined;
  isList: boolean;
  /** The manifest, if it claims to hold evidence and nothing else. */
  evidence: ImageManifest | undefined;
  /** What its children are. */
  childKind: NamedAs;
  /** What it refers to, or why that cannot be read. */
  children: Child[] | Undecided;
}

/**
 * Errors: `Refused`, `Undecided`. It is no asynchronous function, because what one waits with stays in memory: parsed, an index may take tens
 * of megabytes, and many are pulled at once.
 */
function readWhatCounts(
  repository: RepositoryClient,
  raw: RawManifest,
  digest: Digest,
  tag: string | undefined,
): Fetched {
  const manifest = readSubjectManifest(repository, raw, STEP);
  const subject = subjectOf(manifest, tag);
  // Under the tag of its own digest is the index itself: cosign copy leaves that, and GitLab reads the tag as the digest.
  const isList = isListOfReferrers(manifest, tag) && subject !== digest;
  const children = readChildren(repository, manifest);
  // A list may be of any length: it is passed on, and what it names matters only if it is admitted as an index.
  if (!isList) assertRead(children);
  const evidence = isEvidenceOnly(manifest) ? manifest : undefined;
  const childKind = manifest.kind === 'index' ? 'manifest' : 'blob';
  const { mediaType } = manifest;
  return { repository, digest, mediaType, tag, subject, isList, evidence, childKind, children };
}

function readChildren(repository: RepositoryClient, manifest: Manifest): Child[] | Undecided {
  try {
    return childrenOf(manifest);
  } catch (error) {
    if (error instanceof Undecided) return error;
    if (error instanceof Malformed) return repository.malformed(STEP, `cannot be read (${error.message})`);
    throw error;
  }
}

function assertRead(children: Child[] | Undecided): asserts children is Child[] {
  if (children instanceof Undecided) throw children;
}

async function judge(gate: GateSession, image: ImageReference, fetched: Fetched): Promise<Report> {
  const { digest, childKind, children } = fetched;
  const evidence = await judgeAsEvidence(gate, image, fetched);
  if (evidence !== undefined && mayPass(evidence)) return evidence;
  const report = await admitManifest(gate, image, digest);
  if (!mayPass(report)) return evidence ?? report;
  assertRead(children);
  await recordChildren(gate, image, childKind, children, parentBy(digest, report));
  return report;
}

/**
 * A signature or attestation passes with its image: under cosign's tag, or by digest if it names its subject. Under any other tag it is
 * judged like any image.
 * @returns a verdict that lets it pass, or an undecided one; undefined if the manifest is not evidence, or its image may not be pulled
 */
async function judgeAsEvidence(
  gate: GateSession,
  image: ImageReference,
  { repository, digest, subject, isList, evidence, children, tag }: Fetched,
): Promise<Report | undefined> {
  const recordBlobs = (report: Report) => {
    assertRead(children);
    return recordChildren(gate, image, 'blob', children, parentBy(digest, report));
  };
  const known =
    tag === undefined && evidence !== undefined ? await admitEvidence(gate, image, digest) : undefined;
  if (known !== undefined && mayPass(known)) {
    // That it is evidence may be seen here before what it refers to, or recording that may have failed.
    await recordBlobs(known);
    return known;
  }
  if (subject === undefined || !(isList || evidence !== undefined)) return ifUndecided(known);
  const report = await admitManifest(gate, image, subject);
  if (!mayPass(report)) return ifUndecided(report);
  if (evidence === undefined) return report;
  if (!(await holdsDocuments(repository, evidence))) return undefined;
  await recordChildren(gate, image, 'evidence', [{ digest, size: 0 }], parentBy(subject, report));
  await recordBlobs(report);
  return report;
}

function parentBy(digest: Digest, { verdict }: Report): Omit<Parent, 'size'> {
  return { digest, ...(verdict === 'refused' && { isWarned: true as const }) };
}

function remembered({ memory, session }: GateSession, image: ImageReference, digest: Digest | undefined) {
  if (digest === undefined) return undefined;
  return memory.manifests.get(cacheKey(session, image, digest), session.verifier.ports.now());
}

/** Only admitted manifests are cached, and they are judged again each time. */
function remember({ memory, session }: GateSession, image: ImageReference, digest: Digest, raw: RawManifest) {
  const until = session.verifier.ports.now() + session.verifier.settings.cacheTtl;
  memory.manifests.set(cacheKey(session, image, digest), raw, weightOf(raw), until);
}

function cacheKey(session: GateSession['session'], image: ImageReference, digest: Digest): string {
  return `${callerKind(session)} ${fullName(image)}@${digest}`;
}
