// Decides what may pass: a manifest that the policy admits, and whatever an admitted manifest in the same repository refers to. Records
// say only which manifest refers to what; whether that manifest may pass is decided each time.
import type { Digest } from '../core/crypto/digest.ts';
import { fullName } from '../core/reference.ts';
import type { Parent } from '../store/parents.ts';
import { isRemembered } from '../verify/evidence/gather.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { shared } from '../verify/session.ts';
import { verifyImage } from '../verify/verify.ts';
import type { GateSession } from './gate_session.ts';
import { type Image, parentsOf } from './parent_records.ts';

/** Levels of indexes above an image: one is common, an index within an index occurs. */
const MAX_DEPTH = 3;

/** The deciding verdict, and the sizes that manifests state for the blob, in bytes; the deciding manifest's size comes first. */
export interface Admitted {
  report: Report;
  sizes: number[];
}

/**
 * The verdict that decides whether a manifest passes: its own, or that of an index that lists it. One that passes only with a warning says
 * what the rule will refuse once it is enforced, so it decides only if no other lets the manifest pass.
 */
export async function admitManifest(
  gate: GateSession,
  image: Image,
  digest: Digest,
  depth = 0,
): Promise<Report> {
  let above: Report | undefined;
  let warned: Report | undefined;
  for await (const one of trials(gate, image, digest, depth)) {
    const isOwn = one === digest;
    // It passes in any case: no calls are spent on a better reason, except for its own verdict.
    if (warned !== undefined && !isOwn && !isCheap(gate, image, one)) break;
    const report = isOwn
      ? await verdictOn(gate, image, digest)
      : await admitManifest(gate, image, one, depth + 1);
    if (isGood(report)) return report;
    if (mayPass(report)) warned ??= report;
    else if (!isOwn && isMoreTelling(report, above)) above = report;
  }
  const own = await verdictOn(gate, image, digest);
  if (mayPass(own)) return own;
  if (warned !== undefined) return warned;
  if (above === undefined) return own;
  return above.verdict === 'undecided' ? above : besideIndex(own, above);
}

/** Whether it passes however its rule is enforced. */
function isGood(report: Report): boolean {
  return mayPass(report) && report.verdict !== 'refused';
}

/**
 * By whose verdict it may pass, the cheapest first. A signed index vouches for its images, which then need no lookup of their own. But if
 * many indexes list it and none may pass, finding that out may take all calls of the request: so its own verdict comes after those whose
 * signatures are remembered.
 * @returns digests of indexes, and its own; a verdict is found once, however often it is named
 */
async function* trials(
  gate: GateSession,
  image: Image,
  digest: Digest,
  depth: number,
): AsyncGenerator<Digest> {
  if (isCheap(gate, image, digest)) yield digest;
  if (depth >= MAX_DEPTH) return;
  for await (const parents of parentsOf(gate, image, 'manifest', digest)) {
    const [cheap, others] = byCost(gate, image, parents);
    for (const one of cheap) yield one.digest;
    if (parents.length > 1) yield digest;
    for (const one of others) yield one.digest;
  }
}

/**
 * Whether the signatures of a manifest are remembered, so that its verdict may need no call. Under a policy that requires attestations none
 * counts as cheap: it looks for both together, and where what is remembered does not suffice, its verdict costs a new search.
 */
function isCheap({ session }: GateSession, image: Image, digest: Digest): boolean {
  return isRemembered(session, { reference: { ...image, digest } }, 'signatures');
}

function byCost(gate: GateSession, image: Image, parents: Parent[]): [cheap: Parent[], others: Parent[]] {
  const cheap = new Set(parents.filter(({ digest }) => isCheap(gate, image, digest)));
  return [[...cheap], parents.filter((one) => !cheap.has(one))];
}

/** Of reports that let nothing pass, the first undecided one tells most, then the first. */
function isMoreTelling(report: Report, than: Report | undefined): boolean {
  return than === undefined || (report.verdict === 'undecided' && than.verdict !== 'undecided');
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
  const above = await admittedAs(gate, image, 'blob', digest);
  if (above !== undefined && (mayPass(above.report) || above.report.verdict === 'undecided')) return above;
  return { report: notAdmitted(image, digest, above?.report), sizes: [] };
}

/** The verdict for a signature or attestation that was admitted with its image before; undefined if it was not. */
export async function admitEvidence(
  gate: GateSession,
  image: Image,
  digest: Digest,
): Promise<Report | undefined> {
  return (await admittedAs(gate, image, 'evidence', digest))?.report;
}

/** @returns a passing verdict of a manifest that refers to it; else an undecided one; else a refusal; undefined if none refers to it */
async function admittedAs(
  gate: GateSession,
  image: Image,
  as: 'blob' | 'evidence',
  digest: Digest,
): Promise<Admitted | undefined> {
  let best: Admitted | undefined;
  let warned: Admitted | undefined;
  for await (const parents of parentsOf(gate, image, as, digest)) {
    for (const parent of byCost(gate, image, parents).flat()) {
      if (warned !== undefined && !isCheap(gate, image, parent.digest)) return warned;
      const report = await admitParent(gate, image, as, parent.digest);
      const admitted = { report, sizes: [parent.size, ...parents.map(({ size }) => size)] };
      if (isGood(report)) return admitted;
      if (mayPass(report)) warned ??= admitted;
      else if (isMoreTelling(report, best?.report)) best = admitted;
    }
  }
  return warned ?? best;
}

/** A blob may belong to a signature, which passes with its image and vouches for nothing else. */
async function admitParent(
  gate: GateSession,
  image: Image,
  as: 'blob' | 'evidence',
  digest: Digest,
): Promise<Report> {
  if (isCheap(gate, image, digest)) {
    const own = await verdictOn(gate, image, digest);
    if (isGood(own)) return own;
  }
  const evidence = as === 'blob' ? await admitEvidence(gate, image, digest) : undefined;
  if (evidence !== undefined && mayPass(evidence)) return evidence;
  const report = await admitManifest(gate, image, digest);
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
