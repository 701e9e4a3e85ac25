// Searches all the places that hold an image's signatures and attestations, concurrently: cosign's tags, the referrers API and its
// fallback tag. If one place cannot be read, the others still count, and the gap is reported.
import { Undecided } from '../core/errors/undecided.ts';
import type { Evidence } from '../core/evidence/evidence.ts';
import { findAttached } from './attachments.ts';
import type { LayerKind, Search } from './layers.ts';
import { type Opened, referrersToEvidence } from './open_referrers.ts';
import { listFallbackTag, listReferrers, type Referrer } from './referrers.ts';

export interface Wanted {
  what: 'signatures' | 'attestations' | 'everything';
  /** Predicate types to look at first. */
  predicateTypes: string[];
}

export interface FoundEvidence {
  evidence: Evidence[];
  /** Why places could not be searched. */
  gaps: Undecided[];
  /**
   * Artifacts that a list describes as something else, and those beyond what was enough for whoever asked. A list is not trusted, so they are
   * opened if the rest is not enough.
   */
  unopened: Referrer[];
}

const TAGS: Record<Wanted['what'], ('sig' | 'att')[]> = {
  signatures: ['sig'],
  attestations: ['att'],
  everything: ['sig', 'att'],
};
const KINDS: Record<Wanted['what'], LayerKind[]> = {
  signatures: ['signature', 'bundle'],
  attestations: ['envelope', 'bundle'],
  everything: ['signature', 'envelope', 'bundle'],
};

export async function findEvidence(search: Search, wanted: Wanted): Promise<FoundEvidence> {
  const { repository, subject } = search;
  /** In the order of the places, so that the same failures give the same answer. */
  const gapAt: (Undecided | undefined)[] = [];
  const look = async <T>(place: Promise<T[]>): Promise<T[]> => {
    const at = gapAt.push(undefined) - 1;
    try {
      return await place;
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      gapAt[at] = error;
      return [];
    }
  };
  const attaching = Promise.all(TAGS[wanted.what].map((suffix) => look(findAttached(search, suffix))));
  const listing = Promise.all([
    look(listReferrers(repository, subject)),
    look(listFallbackTag(repository, subject)),
  ]).then((lists) => lists.flat());
  const likely = listing.then((all) => all.filter(({ isLikely }) => isLikely));
  const [attached, opened] = await Promise.all([
    attaching,
    likely.then((referrers) => open(search, referrers, wanted, attaching)),
  ]);
  const seen = new Set((await likely).map(({ digest }) => digest));
  const others = (await listing).filter(({ isLikely, digest }) => !isLikely && !seen.has(digest));
  const unopened = [...opened.unopened, ...others];
  const gaps = gapAt.filter((gap) => gap !== undefined);
  return { evidence: [...attached.flat(), ...opened.evidence], gaps, unopened };
}

/**
 * Adds what is in the artifacts that were left unopened: no verdict may rest on a list's claim. Those that are likely to be evidence come
 * first, and those that are described as something else wait until all of them are open.
 */
export async function openRest(
  search: Search,
  wanted: Wanted,
  { evidence, gaps, unopened }: FoundEvidence,
): Promise<FoundEvidence> {
  const likely = unopened.filter(({ isLikely }) => isLikely);
  const others = unopened.filter(({ isLikely }) => !isLikely);
  const [now, later] = likely.length > 0 ? [likely, others] : [others, []];
  const more = await open(search, now, wanted);
  return { evidence: [...evidence, ...more.evidence], gaps, unopened: [...more.unopened, ...later] };
}

function open(
  search: Search,
  referrers: Referrer[],
  { what, predicateTypes }: Wanted,
  beside?: Promise<unknown>,
): Promise<Opened> {
  return referrersToEvidence(search, referrers, KINDS[what], predicateTypes, beside);
}
