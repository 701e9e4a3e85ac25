// Keeps what an earlier search opened and a later one only listed: an artifact is named by its content. Otherwise callers who need
// different artifacts would open theirs again in turn.
import type { Evidence } from '../../core/evidence/evidence.ts';
import type { FoundEvidence } from '../../registry/find_evidence.ts';

/** @param before evidence about the same digest in the same repository, as found earlier */
export function keepStillListed(found: FoundEvidence, before: Evidence[]): FoundEvidence {
  const opened = Map.groupBy(before, ({ source }) => source.manifest);
  const isKept = ({ digest }: FoundEvidence['unopened'][number]) =>
    typeof digest === 'string' && opened.get(digest)?.every((item) => !('missing' in item)) === true;
  const kept = found.unopened.filter(isKept).map(({ digest }) => digest);
  return {
    ...found,
    evidence: [
      ...found.evidence,
      ...before.filter(({ source: { manifest } }) => manifest !== undefined && kept.includes(manifest)),
    ],
    unopened: found.unopened.filter((item) => !isKept(item)),
  };
}
