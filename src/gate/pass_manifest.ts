// Takes a manifest through the gate: it is resolved once, hashed and judged, and what it refers to is recorded. The bytes that were
// hashed are the bytes that are sent.
import { type Digest, digestOf } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import type { RawManifest, RepositoryClient } from '../registry/client.ts';
import type { Manifest } from '../registry/manifest.ts';
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
  const manifest = readSubjectManifest(repository, raw, STEP);
  const tag = asked === undefined ? reference : undefined;
  // Under the tag of its own digest is the index itself: cosign copy leaves that, and GitLab reads the tag as the digest.
  const isList = isListOfReferrers(manifest, tag) && subjectOf(manifest, tag) !== digest;
  // A list may be of any length: it is passed on, and what it names is recorded only if it is admitted as an index.
  const children = isList ? [] : readChildren(repository, manifest);
  const report = await judge(gate, image, { repository, digest, manifest, isList, children, tag });
  // Not renewed by use: once the time is over, the registry is asked whether it still has it.
  if (known === undefined && mayPass(report)) remember(gate, image, digest, raw);
  return { report, digest, mediaType: manifest.mediaType, bytes: raw.bytes, isList };
}

interface Fetched {
  repository: RepositoryClient;
  digest: Digest;
  manifest: Manifest;
  isList: boolean;
  children: Child[];
  tag: string | undefined;
}

function readChildren(repository: RepositoryClient, manifest: Manifest): Child[] {
  const children = attempt(() => childrenOf(manifest));
  if (children instanceof Malformed) throw repository.malformed(STEP, `cannot be read (${children.message})`);
  return children;
}

async function judge(gate: GateSession, image: ImageReference, fetched: Fetched): Promise<Report> {
  const { repository, digest, manifest, isList } = fetched;
  const evidence = await judgeAsEvidence(gate, image, fetched);
  if (evidence !== undefined && mayPass(evidence)) return evidence;
  const report = await admitManifest(gate, image, digest);
  if (!mayPass(report)) return evidence ?? report;
  const children = isList ? readChildren(repository, manifest) : fetched.children;
  await recordChildren(gate, image, childKind(manifest), children, parentBy(digest, report));
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
  { repository, digest, manifest, isList, children, tag }: Fetched,
): Promise<Report | undefined> {
  const recordBlobs = (report: Report) =>
    recordChildren(gate, image, 'blob', children, parentBy(digest, report));
  const evidence = isEvidenceOnly(manifest) ? manifest : undefined;
  const known =
    tag === undefined && evidence !== undefined ? await admitEvidence(gate, image, digest) : undefined;
  if (known !== undefined && mayPass(known)) {
    // That it is evidence may be seen here before what it refers to, or recording that may have failed.
    await recordBlobs(known);
    return known;
  }
  const subject = subjectOf(manifest, tag);
  if (subject === undefined || !(isList || evidence !== undefined)) return ifUndecided(known);
  const report = await admitManifest(gate, image, subject);
  if (!mayPass(report)) return ifUndecided(report);
  if (evidence === undefined) return report;
  if (!(await holdsDocuments(repository, evidence))) return undefined;
  await recordChildren(gate, image, 'evidence', [{ digest, size: 0 }], parentBy(subject, report));
  await recordBlobs(report);
  return report;
}

function childKind(manifest: Manifest): NamedAs {
  return manifest.kind === 'index' ? 'manifest' : 'blob';
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
