// Decides what may pass: a manifest that the policy admits, and whatever an admitted manifest in the same repository refers to. Records
// say only which manifest refers to what; whether that manifest may pass is decided each time.
import type { Digest } from '../core/crypto/digest.ts';
import { fullName } from '../core/reference.ts';
import type { Wanted } from '../registry/find_evidence.ts';
import type { NamedAs, Parent } from '../store/parents.ts';
import { isRemembered } from '../verify/gather.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { shared } from '../verify/session.ts';
import { verifyImage } from '../verify/verify.ts';
import { findParents, type Image } from './parent_records.ts';
import type { GateSession } from './session.ts';

const SIGNATURES: Wanted = { what: 'signatures', predicateTypes: [] };
/** Levels of indexes above an image: one is common, an index within an index occurs. */
const MAX_DEPTH = 3;

/** The deciding verdict, and the sizes that manifests state for the blob, in bytes; the deciding manifest's size comes first. */
export interface Admitted {
  report: Report;
  sizes: number[];
}

/** The verdict that decides whether a manifest passes: its own, or that of a manifest that refers to it. */
export async function admitManifest(
  gate: GateSession,
  image: Image,
  digest: Digest,
  depth = 0,
): Promise<Report> {
  const isCheap = isCheapIn(gate, image)({ digest });
  const indexes =
    isCheap || depth >= MAX_DEPTH ? undefined : await findParents(gate, image, 'manifest', digest, 'near');
  // If many indexes list it and none may pass, finding that out may take all calls of the request: so after those whose signatures are
  // remembered comes its own verdict.
  const isInMany = indexes !== undefined && indexes.length > 1;
  if (isInMany) {
    const cheap = indexes.filter(isCheapIn(gate, image));
    const quick = await firstThatPasses(gate, image, 'manifest', cheap, depth);
    if (quick !== undefined && mayPass(quick.report)) return quick.report;
  }
  const early = isCheap || isInMany ? await verdictOn(gate, image, digest) : undefined;
  if (early !== undefined && mayPass(early)) return early;
  // A signed index vouches for its images, which then need no lookup of their own.
  const above = await admittedAs(gate, image, 'manifest', digest, depth, indexes);
  if (above !== undefined && mayPass(above.report)) return above.report;
  const own = early ?? (await verdictOn(gate, image, digest));
  if (mayPass(own) || above === undefined) return own;
  return above.report.verdict === 'undecided' ? above.report : besideIndex(own, above.report);
}

/** Whether the signatures of a manifest are remembered, so that its verdict may need no call. */
function isCheapIn({ session }: GateSession, image: Image): (one: Pick<Parent, 'digest'>) => boolean {
  return ({ digest }) => isRemembered(session, { reference: { ...image, digest } }, SIGNATURES);
}

/** The image's own verdict stands. If only its index was ever signed, the caller needs to know why the index may not pass. */
function besideIndex(own: Report, { code, summary, subject }: Report): Report {
  return {
    ...own,
    summary: `${own.summary} The index ${subject?.digest}, which lists it, may not be pulled either (${code}: ${summary})`,
  };
}

/** The verdict that decides whether a blob passes. A blob passes only by way of a manifest that refers to it. */
export async function admitBlob(gate: GateSession, image: Image, digest: Digest): Promise<Admitted> {
  const above = await admittedAs(gate, image, 'blob', digest, 0);
  if (above !== undefined && (mayPass(above.report) || above.report.verdict === 'undecided')) return above;
  return { report: notAdmitted(image, digest, above?.report), sizes: [] };
}

/** The verdict for a signature or attestation that was admitted with its image before; undefined if it was not. */
export async function admitEvidence(
  gate: GateSession,
  image: Image,
  digest: Digest,
): Promise<Report | undefined> {
  return (await admittedAs(gate, image, 'evidence', digest, 0))?.report;
}

/**
 * @param near the parents that were found near, if they have been read
 * @returns a passing verdict of a manifest that refers to it; else an undecided one; else a refusal; undefined if none refers to it
 */
async function admittedAs(
  gate: GateSession,
  image: Image,
  as: NamedAs,
  digest: Digest,
  depth: number,
  near?: Parent[],
): Promise<Admitted | undefined> {
  if (depth >= MAX_DEPTH) return undefined;
  const known = near ?? (await findParents(gate, image, as, digest, 'near'));
  const first = await firstThatPasses(gate, image, as, known, depth);
  if (first !== undefined && mayPass(first.report)) return first;
  // The cached records may lack a manifest that was admitted elsewhere.
  const anew = await findParents(gate, image, as, digest, 'anew');
  const more = anew.filter(({ digest: one }) => !known.some((parent) => parent.digest === one));
  const second = await firstThatPasses(gate, image, as, more, depth);
  if (second !== undefined && mayPass(second.report)) return second;
  return [first, second].find((one) => one?.report.verdict === 'undecided') ?? first ?? second;
}

/** Tries manifests whose signatures are cached first. */
async function firstThatPasses(
  gate: GateSession,
  image: Image,
  as: NamedAs,
  parents: Parent[],
  depth: number,
): Promise<Admitted | undefined> {
  const isCheap = isCheapIn(gate, image);
  let best: Admitted | undefined;
  for (const { digest, size } of [
    ...parents.filter(isCheap),
    ...parents.filter((parent) => !isCheap(parent)),
  ]) {
    const report = await admitParent(gate, image, as, digest, as === 'manifest' ? depth + 1 : depth);
    const sizes = [size, ...parents.map((parent) => parent.size)];
    if (mayPass(report)) return { report, sizes };
    if (best === undefined || (report.verdict === 'undecided' && best.report.verdict !== 'undecided'))
      best = { report, sizes };
  }
  return best;
}

/** A blob may belong to a signature, which passes with its image and vouches for nothing else. */
async function admitParent(
  gate: GateSession,
  image: Image,
  as: NamedAs,
  digest: Digest,
  depth: number,
): Promise<Report> {
  const evidence = as === 'blob' ? await admitEvidence(gate, image, digest) : undefined;
  if (evidence !== undefined && mayPass(evidence)) return evidence;
  const report = await admitManifest(gate, image, digest, depth);
  return mayPass(report) ? report : (ifUndecided(evidence) ?? report);
}

export function ifUndecided(report: Report | undefined): Report | undefined {
  return report?.verdict === 'undecided' ? report : undefined;
}

function verdictOn({ session, policy }: GateSession, image: Image, digest: Digest): Promise<Report> {
  const { registry, repository } = image;
  const question = { reference: { registry, repository, digest }, trust: { policy }, annotations: [] };
  return shared(session, 'verdict', `${fullName(image)}@${digest}`, () => verifyImage(session, question, {}));
}

/** @param refused why the manifest that refers to it may not be pulled */
function notAdmitted(image: Image, digest: Digest, refused: Report | undefined): Report {
  const why =
    refused === undefined
      ? `no admitted manifest of ${fullName(image)} refers to it; pull the image by tag or digest first`
      : `the image that refers to it is refused (${refused.code}: ${refused.summary})`;
  return {
    verdict: 'refused',
    code: 'NOT_ADMITTED',
    summary: `${digest} may not be pulled: ${why}`,
    subject: { digest },
    keys: [],
    signatures: [],
    verifications: 0,
    ...(refused?.policy !== undefined && { policy: refused.policy }),
  };
}
