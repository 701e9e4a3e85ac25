// All candidate signatures for what a reference names, from memory or from the registry. Images of one request share what they look up.
import type { Digest } from '../core/crypto/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import { formatReference, fullName, type ImageReference } from '../core/reference.ts';
import type { RepositoryClient } from '../registry/client.ts';
import { type FoundEvidence, findEvidence, openRest, type Wanted } from '../registry/find_evidence.ts';
import type { Platform } from '../registry/manifest.ts';
import { formatPlatform } from '../registry/platform.ts';
import { type Remembered, rememberEvidence } from './evidence_cache.ts';
import { knownFacts } from './known_facts.ts';
import type { ImageQuestion } from './question.ts';
import type { Progress } from './report.ts';
import { repositoryOf } from './repositories.ts';
import { type Session, shared } from './session.ts';
import { resolveSubject, type Subject } from './subject.ts';
import type { Turn } from './turns.ts';

/** What one repository keeps about one digest. */
export interface Place {
  repository: RepositoryClient;
  name: string;
  digest: Digest;
  wanted: Wanted;
}

/** A look at one place. */
export interface Look {
  /** What it has come to so far. */
  soFar: Evidence[];
  /** All there is; no promise where it was remembered. */
  whole: Remembered | Promise<Remembered>;
}

export interface Gathered {
  subject: Subject;
  places: Place[];
  looks: Look[];
}

type Named = Pick<ImageQuestion, 'reference' | 'platform' | 'signatures'>;

/** On the index, and on the leaf where a platform was asked for. Errors as in `resolveSubject`. */
export async function gatherEvidence(
  session: Session,
  question: Named,
  wanted: Wanted,
  progress: Progress,
  turn: Turn,
): Promise<Gathered> {
  const { reference, platform, signatures } = question;
  const name = [
    `gather ${wanted.what} of ${formatReference(reference)}`,
    platform === undefined ? '' : formatPlatform(platform),
    signatures === undefined ? '' : fullName(signatures),
  ].join(' ');
  const gathered = await shared(session, name, async () => {
    if (!isRemembered(session, question, wanted)) await turn.begin();
    return gather(session, question, wanted, progress);
  });
  progress.subject = gathered.subject;
  return gathered;
}

/** Whether it takes no call out. */
export function isRemembered(
  session: Session,
  { reference, platform, signatures }: Named,
  wanted: Wanted,
): boolean {
  const { digest } = reference;
  if (digest === undefined || platform !== undefined) return false;
  const key = cacheKey(session, { name: fullName(signatures ?? reference), digest, wanted });
  return session.verifier.memory.evidence.get(key, session.verifier.ports.now()) !== undefined;
}

async function gather(
  session: Session,
  question: Named,
  wanted: Wanted,
  progress: Progress,
): Promise<Gathered> {
  const { reference, platform } = question;
  const image = repositoryOf(session, reference);
  const holder = question.signatures ?? reference;
  const repository = question.signatures === undefined ? image : repositoryOf(session, holder);
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
      : { soFar: remembered.evidence, whole: remembered };
  });
  return { subject, places, looks };
}

/** What all looks have come to. */
export function wholeOf(looks: Look[]): Promise<Remembered[]> {
  return Promise.all(looks.map(({ whole }) => whole));
}

function subjectOf(
  session: Session,
  image: RepositoryClient,
  reference: ImageReference,
  platform: Platform | undefined,
) {
  return shared(session, subjectFlight(reference, platform), () =>
    resolveSubject(image, reference, platform),
  );
}

function subjectFlight(reference: ImageReference, platform: Platform | undefined): string {
  const leaf = platform === undefined ? '' : ` for ${formatPlatform(platform)}`;
  return `subject ${formatReference(reference)}${leaf}`;
}

/**
 * Looks again, where what is remembered does not suffice.
 * @param found what is remembered, place by place: what was computed about it holds for what is found again
 */
export async function lookAgain(
  session: Session,
  places: Place[],
  found: Remembered[],
  turn: Turn,
): Promise<Look[]> {
  await turn.begin();
  return places.map((place, at) => lookUp(session, place, found[at]?.evidence));
}

/** Whether everything that was listed was looked into. */
export function isWhole({ unopened }: FoundEvidence): boolean {
  return unopened.length === 0;
}

/** Opens what the lists called something else, where what was found does not suffice. */
export async function lookDeeper(
  session: Session,
  places: Place[],
  found: Remembered[],
  turn: Turn,
): Promise<Look[]> {
  if (!found.every(isWhole)) await turn.begin();
  return found.map((one, at) => {
    const place = places[at];
    return place === undefined || isWhole(one)
      ? { soFar: one.evidence, whole: one }
      : openPlace(session, place, one);
  });
}

/** What was found before counts with what this look finds. */
function openPlace(session: Session, place: Place, found: Remembered): Look {
  const { memory, settings } = session.verifier;
  const { at } = found;
  const key = cacheKey(session, place);
  const look = async (soFar: Evidence[]) => {
    const { repository, digest, wanted } = place;
    const findings = await openRest(repository, digest, wanted, found, (one) => soFar.push(one));
    rememberEvidence(memory.evidence, key, findings, at, settings.cacheTtl);
    return { ...findings, at };
  };
  return begun(session, `rest at ${at} of ${key}`, [...found.evidence], look);
}

/** Looks, whatever is remembered; twice in one request it is one look. */
function lookUp(session: Session, place: Place, before: Evidence[] = []): Look {
  const { memory, ports, settings } = session.verifier;
  const key = cacheKey(session, place);
  const inherit = knownFacts(before);
  const look = async (soFar: Evidence[]) => {
    const { repository, digest, wanted } = place;
    const findings = await findEvidence(repository, digest, wanted, (one) => {
      inherit(one);
      soFar.push(one);
    });
    rememberEvidence(memory.evidence, key, findings, ports.now(), settings.cacheTtl);
    return { ...findings, at: ports.now() };
  };
  return begun(session, `evidence ${key}`, [], look);
}

/** One look a request, whoever asks for it. */
function begun(
  session: Session,
  name: string,
  soFar: Evidence[],
  look: (soFar: Evidence[]) => Promise<Remembered>,
): Look {
  return shared(session, name, () => {
    const whole = look(soFar);
    // It is awaited by who needs it; where nobody does any more, nobody is left to see it fail.
    whole.catch(() => undefined);
    return { soFar, whole };
  });
}

/** Callers with the service's credentials and callers without never share. */
function cacheKey(
  { mayUseCredentials }: Session,
  { name, digest, wanted }: Omit<Place, 'repository'>,
): string {
  return `${mayUseCredentials ? 'credential' : 'anonymous'} ${wanted.what} ${name}@${digest}`;
}

export function mergeEvidence(found: FoundEvidence[]): Pick<FoundEvidence, 'evidence' | 'gaps'> {
  return { evidence: found.flatMap(({ evidence }) => evidence), gaps: found.flatMap(({ gaps }) => gaps) };
}
