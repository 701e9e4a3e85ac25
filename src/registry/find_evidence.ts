// All the places where signatures and attestations of an image are kept, looked at side by side: cosign's tags, the referrers API,
// and the tag that stands in for it. Where one cannot be looked at, the others still count, and what is missing is said.
import type { Digest } from '../core/crypto/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import { Undecided } from '../core/undecided.ts';
import { findAttached } from './attachments.ts';
import type { RepositoryClient } from './client.ts';
import type { LayerKind } from './layers.ts';
import { listFallbackTag, listReferrers, type Referrer, referrersToEvidence } from './referrers.ts';

export interface Wanted {
  what: 'signatures' | 'attestations' | 'everything';
  /** Looked at first. */
  predicateTypes: string[];
}

export interface Findings {
  evidence: Evidence[];
  /** Places that could not be looked at. */
  gaps: Undecided[];
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

export async function findEvidence(
  repository: RepositoryClient,
  subject: Digest,
  { what, predicateTypes }: Wanted,
): Promise<Findings> {
  const gaps: Undecided[] = [];
  const look = async <T>(place: Promise<T[]>): Promise<T[]> => {
    try {
      return await place;
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      gaps.push(error);
      return [];
    }
  };
  const open = (referrers: Referrer[]) =>
    referrersToEvidence(repository, subject, referrers, KINDS[what], predicateTypes);
  const attaching = Promise.all(TAGS[what].map((suffix) => look(findAttached(repository, subject, suffix))));
  const listing = Promise.all([
    look(listReferrers(repository, subject)),
    look(listFallbackTag(repository, subject)),
  ]).then((lists) => lists.flat());
  const [attached, referring] = await Promise.all([
    attaching,
    listing.then((all) => open(all.filter(({ isLikely }) => isLikely))),
  ]);
  const evidence = [...attached.flat(), ...referring];
  if (evidence.length > 0) return { evidence, gaps };
  // "No signature" is not said on a list's word alone.
  return { evidence: await open((await listing).filter(({ isLikely }) => !isLikely)), gaps };
}
