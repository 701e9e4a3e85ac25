// Searches one place for evidence, or takes what is remembered of it; searches again, or further, if that does not suffice.
import type { Evidence } from '../../core/evidence/evidence.ts';
import { type FoundEvidence, findEvidence, openRest, type Wanted } from '../../registry/find_evidence.ts';
import { callerKind, type Session, shared } from '../session.ts';
import type { Turn } from '../turn.ts';
import { type Remembered, rememberEvidence } from './evidence_cache.ts';
import { knownFacts } from './known_facts.ts';
import type { Look, Place } from './place.ts';
import { keepStillListed } from './still_listed.ts';

/** What the cache has of a place, so that no outbound call is needed. */
export function rememberedOf(session: Session, place: Sought): Remembered | undefined {
  const { memory, ports } = session.verifier;
  return memory.evidence.get(cacheKey(session, place), ports.now());
}

/** Takes what is remembered of a place, or searches it. */
export function lookAt(session: Session, place: Place): Look {
  const remembered = rememberedOf(session, place);
  return remembered === undefined ? lookUp(session, place) : asFound(place, remembered);
}

/** The look that has found this already. */
function asFound(place: Place, whole: Remembered): Look {
  return { place, soFar: whole.evidence, whole };
}

/** The complete results of all looks. */
export function wholeOf(looks: Pick<Look, 'whole'>[]): Promise<Remembered[]> {
  return Promise.all(looks.map(({ whole }) => whole));
}

/** Searches again, because cached results do not suffice. What was computed about them holds for what is found again. */
export async function lookAgain(session: Session, looks: Look[], turn: Turn): Promise<Look[]> {
  await turn.begin();
  return Promise.all(looks.map(async ({ place, whole }) => lookUp(session, place, (await whole).evidence)));
}

/** Whether every listed artifact was opened. */
export function isWhole({ unopened }: FoundEvidence): boolean {
  return unopened.length === 0;
}

/** Whether artifacts that may well be evidence were left unopened, because what was found sufficed for whoever asked. */
export function isCutShort({ unopened }: FoundEvidence): boolean {
  return unopened.some(({ isLikely }) => isLikely);
}

/** Opens some of what was left unopened, because what was found does not suffice. */
export async function lookDeeper(session: Session, looks: Look[], turn: Turn): Promise<Look[]> {
  await turn.begin();
  return Promise.all(
    looks.map(async ({ place, whole }) => {
      const found = await whole;
      return isWhole(found) ? asFound(place, found) : openPlace(session, place, found);
    }),
  );
}

/** Opens more of one place. What was found before counts together with what this finds. */
function openPlace(session: Session, place: Place, found: Remembered): Look {
  const { memory, settings } = session.verifier;
  const { since, at, unopened } = found;
  const key = cacheKey(session, place);
  const look = async (soFar: Evidence[], isEnough: () => Promise<boolean>) => {
    const { repository, digest, wanted } = place;
    const onFound = (one: Evidence) => void soFar.push(one);
    const opened = await openRest({ repository, subject: digest, onFound, isEnough }, wanted, found);
    const findings = { ...opened, since, at };
    rememberEvidence(memory.evidence, key, findings, settings.cacheTtl);
    return findings;
  };
  return begun(session, place, `${unopened.length} left at ${at} of ${key}`, [...found.evidence], look);
}

/** Searches a place, whatever the cache holds. Two searches in one request are one. */
function lookUp(session: Session, place: Place, before: Evidence[] = []): Look {
  const { memory, ports, settings } = session.verifier;
  const key = cacheKey(session, place);
  const inherit = knownFacts(before);
  const look = async (soFar: Evidence[], isEnough: () => Promise<boolean>) => {
    const { repository, digest, wanted } = place;
    const onFound = (one: Evidence) => {
      inherit(one);
      soFar.push(one);
    };
    const since = ports.now();
    const found = await findEvidence({ repository, subject: digest, onFound, isEnough }, wanted);
    const findings = { ...keepStillListed(found, before), since, at: ports.now() };
    rememberEvidence(memory.evidence, key, findings, settings.cacheTtl);
    return findings;
  };
  return begun(session, place, `evidence ${key}`, [], look);
}

/** Starts a look once per request, whoever asks for it. */
function begun(
  session: Session,
  place: Place,
  name: string,
  soFar: Evidence[],
  search: (soFar: Evidence[], isEnough: () => Promise<boolean>) => Promise<Remembered>,
): Look {
  return shared(session, 'look', name, () => {
    const look: Omit<Look, 'whole'> = { place, soFar };
    const whole = search(soFar, async () => (await look.isEnough?.()) === true);
    // Whoever needs the promise awaits it. If nobody does any more, its failure must not go unhandled.
    whole.catch(() => undefined);
    return Object.assign(look, { whole });
  });
}

/** What is looked for, and where: all that the cache goes by. */
type Sought = Pick<Place, 'name' | 'digest'> & { wanted: Pick<Wanted, 'what'> };

function cacheKey(session: Session, { name, digest, wanted }: Sought): string {
  return `${callerKind(session)} ${wanted.what} ${name}@${digest}`;
}

export function mergeEvidence(found: FoundEvidence[]): Pick<FoundEvidence, 'evidence' | 'gaps'> {
  return { evidence: found.flatMap(({ evidence }) => evidence), gaps: found.flatMap(({ gaps }) => gaps) };
}
