// Asks the logs themselves: for an entry that the evidence has, or for the entry of a signature that came without one.
import { toHex } from '../../core/encoding/bytes.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import type { EntryQuery, OnlineAnswer, OnlineQuery, SearchQuery } from '../../core/log/online_query.ts';
import type { TrustedLog } from '../../core/trust/trusted_log.ts';
import { askRekor } from '../../rekor/client.ts';
import { listLogs } from '../../store/logs.ts';
import { type Session, shared } from '../session.ts';
import { DEFAULT_LOG_URL } from './public_trust.ts';

/** Each costs an outbound call if the previous one has nothing. */
const MAX_SEARCHED_LOGS = 4;

/** Errors: `Undecided` if the log, or every one that may have the entry, could not be asked. */
export function askLog(session: Session, query: OnlineQuery): Promise<OnlineAnswer> {
  return 'entry' in query ? askForEntry(session, query) : searchOnce(session, query);
}

/** Asks for an entry of a log once per request, however often it is judged. */
function askForEntry(session: Session, query: EntryQuery): Promise<OnlineAnswer> {
  const url = logUrl(session, query.log);
  return shared(session, 'entry', `${query.entry.logIndex} of ${url}`, () =>
    askRekor(session.egress, url, query),
  );
}

/**
 * Searches for a signature over a message once per request, whatever keys it is judged under. An envelope is searched for by its text, and
 * two texts may contain the same signature, so those searches are not shared.
 */
function searchOnce(session: Session, query: SearchQuery): Promise<OnlineAnswer> {
  const work = () => search(session, query);
  if (!('message' in query)) return work();
  const { key, signature, message } = query;
  return shared(session, 'entry', `of ${toHex(signature)} by ${key.fingerprint} as ${message.hash}`, work);
}

/**
 * Searches every trusted log for a signature's entry, the public one first, until one has it. Errors: `Undecided` if none has it and one
 * could not be asked.
 * @returns entries about something else, if a log returned only those
 */
async function search(session: Session, query: SearchQuery): Promise<OnlineAnswer> {
  const { publicLog, rekorUrl } = session.verifier.settings;
  const first = publicLog ? (rekorUrl ?? DEFAULT_LOG_URL) : undefined;
  const { logs, isAll } = await listLogs(session.store, MAX_SEARCHED_LOGS);
  const urls = new Set([...(first === undefined ? [] : [first]), ...logs.map(({ url }) => url)]);
  let beside: OnlineAnswer = { entries: [], source: 'no trusted log' };
  let gap = isAll ? undefined : tooManyLogs();
  for (const url of urls) {
    try {
      const answer = await askRekor(session.egress, url, query);
      for (const entry of answer.entries) if (await query.isAnswer(entry)) return answer;
      if (beside.entries.length === 0) beside = answer;
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      gap = error;
    }
  }
  if (gap !== undefined) throw gap;
  return beside;
}

function tooManyLogs(): Undecided {
  const message = `None of the logs searched has the entry, and more logs are trusted than one search covers (${MAX_SEARCHED_LOGS}).`;
  return new Undecided('LIMIT_EXCEEDED', message, { retryable: false });
}

/** REKOR_URL replaces the address of the built-in log, but not that of a log stored with its own URL. */
function logUrl({ verifier }: Session, log: TrustedLog): string {
  return log.url === DEFAULT_LOG_URL ? (verifier.settings.rekorUrl ?? log.url) : log.url;
}
