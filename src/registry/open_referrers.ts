// Opens the artifacts that a list of referrers names, and collects the evidence in them.
import { type Digest, digestOf } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Evidence } from '../core/evidence/evidence.ts';
import { type LayerKind, layersToEvidence, MAX_LISTED, type Search } from './layers.ts';
import { type ImageManifest, parseManifest, UnsupportedManifest } from './manifest.ts';
import { mapLimited } from './map_limited.ts';
import { LIST_STEP, type Referrer } from './referrers.ts';

const MANIFEST_STEP = 'referrer manifest';
/** Artifacts opened concurrently. Workers opens at most six connections for a request, and other places are searched meanwhile. */
const MAX_CONNECTIONS = 4;
/**
 * Artifacts that are opened in any case; after as many more it is asked again whether what was found is enough. Each takes two calls, and a
 * request that has spent all of them on the hundredth attestation has none left for what it was made for.
 */
const IN_ANY_CASE = 8;

export interface Opened {
  evidence: Evidence[];
  /** Those that were not opened, because what was found is enough. */
  unopened: Referrer[];
}

/**
 * Opens the listed artifacts, until what was found is enough. Those whose annotation states a wanted type come first, so that other
 * artifacts do not use up the outbound calls of the request.
 * @param wanted the predicate types that are asked for
 * @param beside a concurrent search to wait for before artifacts of a lower rank are opened
 */
export async function referrersToEvidence(
  search: Search,
  referrers: Referrer[],
  kinds: LayerKind[],
  wanted: string[],
  beside?: Promise<unknown>,
): Promise<Opened> {
  const distinct = new Map<Referrer['digest'], Referrer>();
  for (const item of referrers) if (!distinct.has(item.digest)) distinct.set(item.digest, item);
  const ordered = [...distinct.values()].sort((a, b) => rank(a, wanted) - rank(b, wanted));
  const looked: Evidence[][] = [];
  const unopened: Referrer[] = [];
  const isOver = askedNowAndThen(search);
  for (const turn of inTurns(ordered.slice(0, MAX_LISTED), wanted)) {
    const found = await mapLimited(turn, MAX_CONNECTIONS, async (item) => {
      if (!(await isOver())) return openReferrer(search, item, kinds);
      unopened.push(item);
      return [];
    });
    looked.push(...found);
    await beside;
  }
  if (unopened.length > 0)
    return { evidence: looked.flat(), unopened: [...unopened, ...ordered.slice(MAX_LISTED)] };
  const beyond = ordered
    .slice(MAX_LISTED, MAX_LISTED + 1)
    .map(({ via }) =>
      missing(
        via,
        search.repository.tooMuch(
          LIST_STEP,
          `lists ${ordered.length} artifacts; at most ${MAX_LISTED} are judged`,
        ),
      ),
    );
  return { evidence: [...looked.flat(), ...beyond], unopened };
}

/** Is called before each artifact. Whether what was found is enough costs a judgement, so few calls ask, and the others wait for that. */
function askedNowAndThen({ isEnough }: Search): () => Promise<boolean> {
  let begun = 0;
  let answer = Promise.resolve(false);
  return () => {
    const at = begun++;
    if (at > 0 && at % IN_ANY_CASE === 0)
      answer = answer.then(async (isOver) => isOver || (await isEnough?.()) === true);
    return answer;
  };
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
  search: Search,
  { digest, via, isLikely }: Referrer,
  kinds: LayerKind[],
): Promise<Evidence[]> {
  const { repository, subject } = search;
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
    return await layersToEvidence(search, manifest, { manifest: digest, via, step: MANIFEST_STEP }, kinds);
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
