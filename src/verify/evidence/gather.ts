// Collects all candidate signatures for what a reference names, from the cache or the registry. Images of one request share look-ups.
import { formatReference, fullName, type ImageReference } from '../../core/reference.ts';
import type { RepositoryClient } from '../../registry/client.ts';
import type { Wanted } from '../../registry/find_evidence.ts';
import type { Platform } from '../../registry/manifest.ts';
import { formatPlatform } from '../../registry/platform.ts';
import type { NamedImage } from '../question.ts';
import type { Progress } from '../report.ts';
import { repositoryOf } from '../repositories.ts';
import { type Session, shared } from '../session.ts';
import { resolveSubject } from '../subject.ts';
import type { Turn } from '../turn.ts';
import { evidenceIn } from './evidence_client.ts';
import { lookAt, rememberedOf } from './look.ts';
import type { Gathered } from './place.ts';

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
  const name = fullName(signatures ?? reference);
  return rememberedOf(session, { name, digest, wanted: { what } }) !== undefined;
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
  return { subject, looks: places.map((place) => lookAt(session, place)) };
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
