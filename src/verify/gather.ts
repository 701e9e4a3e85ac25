// Collects all candidate signatures for what a reference names, from the cache or the registry. Images of one request share look-ups.
import type { Evidence } from '../core/evidence/evidence.ts';
import { formatReference, fullName, type ImageReference } from '../core/reference.ts';
import type { RepositoryClient } from '../registry/client.ts';
import { type FoundEvidence, findEvidence, openRest, type Wanted } from '../registry/find_evidence.ts';
import type { Platform } from '../registry/manifest.ts';
import { formatPlatform } from '../registry/platform.ts';
import { type Remembered, rememberEvidence } from './evidence_cache.ts';
import { evidenceIn } from './evidence_client.ts';
import { knownFacts } from './known_facts.ts';
import type { Gathered, Look, Place } from './place.ts';
import type { NamedImage } from './question.ts';
import type { Progress } from './report.ts';
import { repositoryOf } from './repositories.ts';
import { callerKind, type Session, shared } from './session.ts';
import { keepStillListed } from './still_listed.ts';
import { resolveSubject } from './subject.ts';
import type { Turn } from './turn.ts';

/**
 * Searches for the index and, if a platform is asked for, its leaf. Errors as in `resolveSubject`; `LIMIT_EXCEEDED` if no turn is left.
 * @param callsIfKnown the outbound calls that follow even if everything is remembered
 */
export async function gatherEvidence(
  session: Session,
  question: NamedImage,
  wanted: Wanted,
  progress: Progress,
  turn: Turn,
  callsIfKnown = 0,
): Promise<Gathered> {
  const { reference, platform, signatures } = question;
  const name = [
    `${wanted.what} of ${formatReference(reference)}`,
    platform === undefined ? '' : formatPlatform(platform),
    signatures === undefined ? '' : fullName(signatures),
  ].join(' ');
  const begin = async () => {
    if (!isRemembered(session, question, wanted.what)) await turn.begin();
    else if (callsIfKnown > 0) await turn.begin(callsIfKnown);
    return gather(session, question, wanted, progress);
  };
  const gathering = shared(session, 'gathered', name, () => ({ turn, gathered: begin() }));
  turn.letPass(gathering.turn);
  const gathered = await gathering.gathered;
  progress.subject = gathered.subject;
  return gathered;
}

/** Whether the cache has it, so that no outbound call is needed. */
export function isRemembered(
  session: Session,
  { reference, platform, signatures }: NamedImage,
  what: Wanted['what'],
): boolean {
  const { digest } = reference;
  if (digest === undefined || platform !== undefined) return false;
  const key = cacheKey(session, { name: fullName(signatures ?? reference), digest, wanted: { what } });
  return session.verifier.memory.evidence.get(key, session.verifier.ports.now()) !== undefined;
}

async function gather(
  session: Session,
  question: NamedImage,
  wanted: Wanted,
  progress: Progress,
): Promise<Gathered> {
  const { reference, platform } = question;
  const image = repositoryOf(session, reference);
  const holder = question.signatures ?? reference;
  const repository = evidenceIn(session, holder);
  const subject = await subjectOf(session, image, reference, platform);
  progress.subject = subject;
  const digests = new Set([
    subject.digest,
    ...(subject.platform === undefined ? [] : [subject.platform.digest]),
  ]);
  const places = [...digests].map((digest) => ({ repository, name: fullName(holder), digest, wanted }));
  const { memory, ports } = session.verifier;
  const looks = places.map((place) => {
    const remembered = memory.evidence.get(cacheKey(session, place), ports.now());
    return remembered === undefined
      ? lookUp(session, place)
      : { place, soFar: remembered.evidence, whole: remembered };
  });
  return { subject, looks };
}

/** The complete results of all looks. */
export function wholeOf(looks: Pick<Look, 'whole'>[]): Promise<Remembered[]> {
  return Promise.all(looks.map(({ whole }) => whole));
}

function subjectOf(
  session: Session,
  image: RepositoryClient,
  reference: ImageReference,
  platform: Platform | undefined,
) {
  const leaf = platform === undefined ? '' : ` for ${formatPlatform(platform)}`;
  return shared(session, 'subject', `${formatReference(reference)}${leaf}`, () =>
    resolveSubject(image, reference, platform),
  );
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
      return isWhole(found)
        ? { place, soFar: found.evidence, whole: found }
        : openPlace(session, place, found);
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

function cacheKey(
  session: Session,
  { name, digest, wanted }: Pick<Place, 'name' | 'digest'> & { wanted: Pick<Wanted, 'what'> },
): string {
  return `${callerKind(session)} ${wanted.what} ${name}@${digest}`;
}

export function mergeEvidence(found: FoundEvidence[]): Pick<FoundEvidence, 'evidence' | 'gaps'> {
  return { evidence: found.flatMap(({ evidence }) => evidence), gaps: found.flatMap(({ gaps }) => gaps) };
}
