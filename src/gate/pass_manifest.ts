// A manifest on its way through the gate: resolved once, hashed, judged, and what it names recorded. The bytes that were hashed are the
// bytes that are sent.
import { type Digest, digestOf } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import type { RawManifest } from '../registry/client.ts';
import type { Manifest } from '../registry/manifest.ts';
import { openNamed } from '../verify/gather.ts';
import { Refused } from '../verify/refused.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { readManifest } from '../verify/subject.ts';
import { admitManifest, recordChildren } from './admit.ts';
import { type Child, childrenOf } from './children.ts';
import { isEvidenceOnly, isListOfReferrers, subjectOf } from './evidence_artifact.ts';
import type { GateSession } from './session.ts';

const STEP = 'manifest';

export interface PassedManifest {
  report: Report;
  digest: Digest;
  mediaType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * @param reference a tag or a digest
 * @returns undefined when the registry has no such manifest. Errors: `Refused`, `Undecided`, `CallerError`
 */
export async function passManifest(
  gate: GateSession,
  image: ImageReference,
  reference: string,
  asked: Digest | undefined,
): Promise<PassedManifest | undefined> {
  const repository = openNamed(gate.session, image);
  const raw = remembered(gate, image, asked) ?? (await repository.manifest(reference, STEP));
  if (raw === undefined) return undefined;
  const digest = await digestOf(raw.bytes);
  if (asked !== undefined && asked !== digest)
    throw new Refused(
      'MANIFEST_DIGEST_MISMATCH',
      `The registry answered ${asked} with content whose digest is ${digest}.`,
    );
  const manifest = readManifest(repository, raw, STEP);
  const tag = asked === undefined ? reference : undefined;
  const children = attempt(() => childrenOf(manifest));
  if (children instanceof Malformed) throw repository.malformed(STEP, `cannot be read (${children.message})`);
  const report = await judge(gate, image, { digest, manifest, children, tag });
  if (mayPass(report)) remember(gate, image, digest, raw);
  return { report, digest, mediaType: manifest.mediaType, bytes: raw.bytes };
}

interface Fetched {
  digest: Digest;
  manifest: Manifest;
  children: Child[];
  tag: string | undefined;
}

async function judge(
  gate: GateSession,
  image: ImageReference,
  { digest, manifest, children, tag }: Fetched,
): Promise<Report> {
  const subject = subjectOf(manifest, tag);
  const isList = isListOfReferrers(manifest, tag);
  if (subject !== undefined && (isList || isEvidenceOnly(manifest))) {
    const report = await admitManifest(gate, image, subject);
    if (mayPass(report)) {
      if (isList) return report;
      await recordChildren(gate, image, subject, [{ digest, size: 0 }]);
      await recordChildren(gate, image, digest, children);
      return report;
    }
  }
  const report = await admitManifest(gate, image, digest);
  if (mayPass(report)) await recordChildren(gate, image, digest, children);
  return report;
}

function remembered({ memory, session }: GateSession, image: ImageReference, digest: Digest | undefined) {
  if (digest === undefined) return undefined;
  return memory.manifests.get(cacheKey(session, image, digest), session.verifier.ports.now());
}

/** Only what was let through is kept, and it is judged again each time. */
function remember({ memory, session }: GateSession, image: ImageReference, digest: Digest, raw: RawManifest) {
  const until = session.verifier.ports.now() + session.verifier.settings.cacheTtl;
  memory.manifests.set(cacheKey(session, image, digest), raw, raw.bytes.length, until);
}

function cacheKey(
  { mayUseCredentials }: GateSession['session'],
  image: ImageReference,
  digest: Digest,
): string {
  return `${mayUseCredentials ? 'credential' : 'anonymous'} ${fullName(image)}@${digest}`;
}
