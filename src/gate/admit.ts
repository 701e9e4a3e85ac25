// What may pass: a manifest that the policy lets through, and what such a manifest of the same repository names. Records say only which
// manifest names what; whether that one may pass is decided each time.
import type { Digest } from '../core/crypto/digest.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import { Undecided } from '../core/undecided.ts';
import type { Wanted } from '../registry/find_evidence.ts';
import {
  type Admission,
  admissionKey,
  isRecorded,
  readAdmission,
  saveAdmission,
  withParent,
  writeAdmission,
} from '../store/admissions.ts';
import { storeFailure } from '../store/guard.ts';
import { isRemembered } from '../verify/gather.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { shared } from '../verify/service.ts';
import { verifyImage } from '../verify/verify.ts';
import type { Child } from './children.ts';
import type { GateSession } from './session.ts';

const SIGNATURES: Wanted = { what: 'signatures', predicateTypes: [] };
/** A blob, its image, that one's index, and an index of that. */
const MAX_DEPTH = 3;

type Image = Pick<ImageReference, 'registry' | 'repository'>;

/** The verdict by which a manifest passes or not: its own, or that of one which names it. */
export async function admitManifest(gate: GateSession, image: Image, digest: Digest): Promise<Report> {
  return admitDigest(gate, image, digest, 0);
}

/** Its own verdict first where that asks nobody; else what is above it, which may save looking it up. */
async function admitDigest(gate: GateSession, image: Image, digest: Digest, depth: number): Promise<Report> {
  const isCheap = isRemembered(gate.session, { reference: { ...image, digest } }, SIGNATURES);
  const early = isCheap ? await verdictOn(gate, image, digest) : undefined;
  if (early !== undefined && mayPass(early)) return early;
  const above = await admittedFromAbove(gate, image, digest, depth);
  if (above !== undefined && mayPass(above)) return above;
  const own = early ?? (await verdictOn(gate, image, digest));
  return mayPass(own) || above === undefined ? own : above;
}

/** The verdict by which a blob passes or not. */
export async function admitBlob(gate: GateSession, image: Image, digest: Digest): Promise<Report> {
  return (await admittedFromAbove(gate, image, digest)) ?? notAdmitted(image, digest);
}

/**
 * Asks the manifests that name the digest, from the top down: an index that is signed speaks for its images, and they need not be
 * looked up.
 * @returns the verdict that lets it pass; else one that could not be decided; else undefined
 */
async function admittedFromAbove(
  gate: GateSession,
  image: Image,
  digest: Digest,
  depth = 0,
): Promise<Report | undefined> {
  if (depth >= MAX_DEPTH) return undefined;
  const { parents = [] } = (await findAdmission(gate, image, digest)) ?? {};
  let open: Report | undefined;
  for (const parent of parents) {
    const report = await admitDigest(gate, image, parent, depth + 1);
    if (mayPass(report)) return report;
    if (report.verdict === 'undecided') open ??= report;
  }
  return open;
}

function verdictOn({ session, policy }: GateSession, image: Image, digest: Digest): Promise<Report> {
  const { registry, repository } = image;
  const question = { reference: { registry, repository, digest }, trust: { policy }, annotations: [] };
  return shared(session, `verdict ${fullName(image)}@${digest}`, () => verifyImage(session, question, {}));
}

function notAdmitted(image: Image, digest: Digest): Report {
  return {
    verdict: 'refused',
    code: 'NOT_ADMITTED',
    summary: `No manifest of ${fullName(image)} that was let through names ${digest}; pull the image by its tag or digest first.`,
    subject: { digest },
    keys: [],
    signatures: [],
    verifications: 0,
  };
}

/** How many bytes the manifests that name it say it has. */
export async function admittedSize(
  gate: GateSession,
  image: Image,
  digest: Digest,
): Promise<number | undefined> {
  return (await findAdmission(gate, image, digest))?.size;
}

async function findAdmission(
  gate: GateSession,
  image: Image,
  digest: Digest,
): Promise<Admission | undefined> {
  const key = await admissionKey(fullName(image), digest);
  return shared(gate.session, key, () => loadAdmission(gate, key));
}

/** From this isolate, this location, and the store, in that order: each may lag behind the one before. */
async function loadAdmission(gate: GateSession, key: string): Promise<Admission | undefined> {
  const { memory, edge, store, session } = gate;
  const now = session.verifier.ports.now();
  const known = memory.admissions.get(key, now);
  if (known !== undefined) return known;
  const text = (await edge?.get(key)) ?? (await store.get(key));
  if (text === undefined) return undefined;
  const admission = readAdmission(text, key);
  memory.admissions.set(key, admission, 1, Number.POSITIVE_INFINITY);
  return admission;
}

/** Records what a manifest names, where it is not recorded yet. Errors: `Undecided` where it could be neither written nor found. */
export async function recordChildren(
  gate: GateSession,
  image: Image,
  parent: Digest,
  children: Child[],
): Promise<void> {
  const now = gate.session.verifier.ports.now();
  await Promise.all(
    children.map(async ({ digest, size }) => {
      const key = await admissionKey(fullName(image), digest);
      const known = await loadAdmission(gate, key);
      if (isRecorded(known, parent, now)) return;
      await record(gate, key, parent, size, now);
    }),
  );
}

async function record(
  gate: GateSession,
  key: string,
  parent: Digest,
  size: number,
  now: number,
): Promise<void> {
  const { memory, edge, store } = gate;
  const remember = (admission: Admission) =>
    memory.admissions.set(key, admission, 1, Number.POSITIVE_INFINITY);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const text = await store.get(key);
    const known = text === undefined ? undefined : readAdmission(text, key);
    if (known !== undefined && isRecorded(known, parent, now)) return remember(known);
    const admission = withParent(known ?? memory.admissions.get(key, now), parent, size, now);
    const value = writeAdmission(key, admission);
    if (!(await isSaved(store, key, text, value))) continue;
    remember(admission);
    await edge?.put(key, value);
    return;
  }
  throw storeFailure('admission record', 'could not keep what the manifest names');
}

/** Pulls side by side write the same records. */
const MAX_ATTEMPTS = 4;

/** Workers KV takes one write a second to a key: another isolate may have written the very same. */
async function isSaved(
  store: GateSession['store'],
  key: string,
  expected: string | undefined,
  value: string,
): Promise<boolean> {
  try {
    return await saveAdmission(store, key, expected, value);
  } catch (error) {
    if (error instanceof Undecided) return false;
    throw error;
  }
}
