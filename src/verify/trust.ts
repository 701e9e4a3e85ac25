// From named trust to the core's: keys from the store or from the caller, logs built in or stored, the log itself on demand.
import { CallerError } from '../core/caller_error.ts';
import { toHex } from '../core/encoding/bytes.ts';
import type { Checkpoint } from '../core/log/checkpoint.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import { labelOf, type TrustedLog } from '../core/trust/trusted_log.ts';
import { Undecided } from '../core/undecided.ts';
import type { Requirement } from '../core/verdict.ts';
import type { EntryQuery, OnlineAnswer, SearchQuery, Trust } from '../core/verification.ts';
import { askRekor } from '../rekor/client.ts';
import { listAuthorities } from '../store/authorities.ts';
import { findStoredLog, listLogs } from '../store/logs.ts';
import { findTrustedKey } from '../store/trusted_keys.ts';
import type { NamedKeys, Plan } from './plan.ts';
import { DEFAULT_LOG_URL, findPublicLog, publicAuthorities } from './public_trust.ts';
import { noteRoot } from './seen_roots.ts';
import { type Session, shared } from './session.ts';

/** Each costs a call out when the one before has nothing. */
const MAX_SEARCHED_LOGS = 4;

/** All that is trusted beside keys, each looked up when it is needed, once. Errors: `Undecided` when the store cannot be asked. */
export function openTrust(session: Session): Omit<Trust, 'keys'> {
  return shared(session, 'trust', () => makeTrust(session));
}

function makeTrust(session: Session): Omit<Trust, 'keys'> {
  let authorities: Promise<TrustedAuthority[]> | undefined;
  return {
    findLog: once((logId) => findLog(session, logId)),
    findAuthorities: () => {
      authorities ??= findAuthorities(session);
      return authorities;
    },
    otherRoot: (log, checkpoint) => otherRoot(session, log, checkpoint),
    askLog: (query) => ('entry' in query ? askForEntry(session, query) : searchOnce(session, query)),
  };
}

/** The entry at one index of one log is asked for once a request, however often it is judged. */
function askForEntry(session: Session, query: EntryQuery): Promise<OnlineAnswer> {
  const url = logUrl(session, query.log);
  return shared(session, `entry ${query.entry.logIndex} of ${url}`, () =>
    askRekor(session.egress, { url }, query),
  );
}

/**
 * A signature over a message is searched for once a request, whichever keys it is judged under. An envelope is searched for by its text,
 * and two texts may hold one signature: those searches are not shared.
 */
function searchOnce(session: Session, query: SearchQuery): Promise<OnlineAnswer> {
  const work = () => search(session, query);
  if (!('message' in query)) return work();
  const { key, signature, message } = query;
  return shared(session, `entry of ${toHex(signature)} by ${key.fingerprint} as ${message.hash}`, work);
}

/** One log is looked up once a request, however many entries say that they are in it. */
function once<T>(find: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (name) => {
    const known = found.get(name) ?? find(name);
    found.set(name, known);
    return known;
  };
}

/**
 * Looks for a signature's entry in every log that is trusted, the public one first, until one has it. Errors: where none has it,
 * `Undecided` when one could not be asked.
 * @returns what another log answered that is about something else, where that is all
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
      const answer = await askRekor(session.egress, { url }, query);
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
  const message = `More logs are trusted than one search asks (${MAX_SEARCHED_LOGS}), and none of these has the entry.`;
  return new Undecided('LIMIT_EXCEEDED', message, { retryable: false });
}

/**
 * The plan with its keys. Errors: `KEY_NOT_FOUND`, and `Undecided` when the store cannot be asked.
 * @returns `missing`: keys that a rule lists and nobody has stored
 */
export async function loadRequirements(
  session: Session,
  { requirements }: Plan,
): Promise<{ requirements: Requirement[]; missing: string[] }> {
  const missing = new Set<string>();
  const loaded = await Promise.all(
    requirements.map(async ({ keys, ...rest }) => ({
      ...rest,
      keys: distinct(await loadKeys(session, keys, (id) => missing.add(id))),
    })),
  );
  return { requirements: loaded, missing: [...missing] };
}

async function loadKeys(
  session: Session,
  keys: NamedKeys,
  miss: (id: string) => void,
): Promise<TrustedKey[]> {
  if ('own' in keys) {
    const transparency = keys.isLogWaived ? 'unsafe-none' : 'required';
    return keys.own.map((key) => ({ key, transparency }));
  }
  const names = 'named' in keys ? keys.named : keys.listed;
  const found = await Promise.all(
    names.map(async (name) => {
      const key = await findTrustedKey(session.store, name);
      if (key === undefined && 'named' in keys) {
        throw new CallerError(
          'KEY_NOT_FOUND',
          `There is no key ${name}; an administrator stores it with PUT /v1/keys/{id}.`,
        );
      }
      if (key === undefined) miss(name);
      return key;
    }),
  );
  return found.filter((key) => key !== undefined);
}

/** One key under two names is one key, and revoked under one it is revoked. */
function distinct(keys: TrustedKey[]): TrustedKey[] {
  const byKey = new Map<string, TrustedKey>();
  for (const trusted of keys) {
    const known = byKey.get(trusted.key.fingerprint);
    if (known === undefined || (known.revoked === undefined && trusted.revoked !== undefined))
      byKey.set(trusted.key.fingerprint, trusted);
  }
  return [...byKey.values()];
}

async function findLog({ store, verifier }: Session, logId: string): Promise<TrustedLog | undefined> {
  const builtIn = verifier.settings.publicLog ? await findPublicLog(logId) : undefined;
  return builtIn ?? findStoredLog(store, logId);
}

/** Whoever runs the service should know: this is the log's doing, not the registry's. */
function otherRoot({ verifier }: Session, log: TrustedLog, checkpoint: Checkpoint) {
  const other = noteRoot(verifier.memory.roots, log, checkpoint);
  if (other !== undefined) {
    const { origin, size, root } = checkpoint;
    const roots = [toHex(other), toHex(root)];
    verifier.ports.alert({
      level: 'alert',
      event: 'log-split-view',
      log: labelOf(log),
      origin,
      size: String(size),
      roots,
    });
  }
  return other;
}

async function findAuthorities({ store, verifier }: Session): Promise<TrustedAuthority[]> {
  const builtIn = verifier.settings.publicLog ? publicAuthorities() : [];
  return [...builtIn, ...(await listAuthorities(store))];
}

/** REKOR_URL stands in for the built-in log's address, not for that of a log which was stored with its own. */
function logUrl({ verifier }: Session, log: TrustedLog): string {
  return log.url === DEFAULT_LOG_URL ? (verifier.settings.rekorUrl ?? log.url) : log.url;
}
