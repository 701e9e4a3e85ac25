// Searches all the places that hold an image's signatures and attestations, concurrently: cosign's tags, the referrers API and its
// fallback tag. If one place cannot be read, the others still count, and the gap is reported.
import type { Digest } from '../core/crypto/digest.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Evidence } from '../core/evidence/evidence.ts';
import { findAttached } from './attachments.ts';
import type { RepositoryClient } from './client.ts';
import type { LayerKind, OnFound } from './layers.ts';
import { referrersToEvidence } from './open_referrers.ts';
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
  /** Artifacts that a list describes as something else. A list is not trusted, so they are opened if the rest is not enough. */
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

/** @param onFound is called with each piece of evidence as it arrives: one place may be slow, or never answer */
export async function findEvidence(
  repository: RepositoryClient,
  subject: Digest,
  wanted: Wanted,
  onFound?: OnFound,
): Promise<FoundEvidence> {
  const places: (Undecided | undefined)[] = [];
  const look = async <T>(place: Promise<T[]>): Promise<T[]> => {
    const at = places.push(undefined) - 1;
    try {
      return await place;
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      places[at] = error;
      return [];
    }
  };
  const attaching = Promise.all(
    TAGS[wanted.what].map((suffix) => look(findAttached(repository, subject, suffix, onFound))),
  );
  const listing = Promise.all([
    look(listReferrers(repository, subject)),
    look(listFallbackTag(repository, subject)),
  ]).then((lists) => lists.flat());
  const [attached, referring] = await Promise.all([
    attaching,
    listing.then((all) =>
      open(
        repository,
        subject,
        wanted,
        all.filter(({ isLikely }) => isLikely),
        attaching,
        onFound,
      ),
    ),
  ]);
  const unopened = (await listing).filter(({ isLikely }) => !isLikely);
  const gaps = places.filter((gap) => gap !== undefined);
  return { evidence: [...attached.flat(), ...referring], gaps, unopened };
}

/** Adds what is in the artifacts that a list described as something else: no verdict may rest on a list's claim. */
export async function openRest(
  repository: RepositoryClient,
  subject: Digest,
  wanted: Wanted,
  { evidence, gaps, unopened }: FoundEvidence,
  onFound?: OnFound,
): Promise<FoundEvidence> {
  const more = await open(repository, subject, wanted, unopened, undefined, onFound);
  return { evidence: [...evidence, ...more], gaps, unopened: [] };
}

function open(
  repository: RepositoryClient,
  subject: Digest,
  { what, predicateTypes }: Wanted,
  referrers: Referrer[],
  beside?: Promise<unknown>,
  onFound?: OnFound,
): Promise<Evidence[]> {
  return referrersToEvidence(repository, subject, referrers, KINDS[what], predicateTypes, beside, onFound);
}
