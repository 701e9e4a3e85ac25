// Resolves named trust to the core's: keys from the store or the caller, built-in or stored logs, and the log itself on demand.

import { toHex } from '../core/encoding/bytes.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Checkpoint } from '../core/log/checkpoint.ts';
import type { EntryQuery, OnlineAnswer, SearchQuery } from '../core/log/online_query.ts';
import { once } from '../core/once.ts';
import type { Trust } from '../core/trust/trust.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import { labelOf, type TrustedLog } from '../core/trust/trusted_log.ts';
import type { Requirement } from '../core/verdict.ts';
import { askRekor } from '../rekor/client.ts';
import { listAuthorities } from '../store/authorities.ts';
import { findStoredLog, listLogs } from '../store/logs.ts';
import { findTrustedKey } from '../store/trusted_keys.ts';
import type { NamedKeys, Plan } from './plan.ts';
import { DEFAULT_LOG_URL, findPublicLog, publicAuthorities } from './public_trust.ts';
import { noteRoot } from './seen_roots.ts';
import { type Session, shared } from './session.ts';

/** Each costs an outbound call if the previous one has nothing. */
const MAX_SEARCHED_LOGS = 4;

/** Everything trusted besides keys, each looked up once, on demand. Errors: `Undecided` if the store cannot be read. */
export function openTrust(session: Session): Omit<Trust, 'keys'> {
  return shared(session, 'trust', 'all', () => makeTrust(session));
}

function makeTrust(session: Session): Omit<Trust, 'keys'> {
  let authorities: Promise<TrustedAuthority[]> | undefined;
  return {
    // However many entries claim to be in a log, it is looked up once.
    findLog: once((logId) => findLog(session, logId)),
    findAuthorities: () => {
      authorities ??= findAuthorities(session);
      return authorities;
    },
    recordCheckpoint: (log, checkpoint) => recordCheckpoint(session, log, checkpoint),
    askLog: (query) => ('entry' in query ? askForEntry(session, query) : searchOnce(session, query)),
  };
}

/** Asks for an entry of a log once per request, however often it is judged. */
function askForEntry(session: Session, query: EntryQuery): Promise<OnlineAnswer> {
  const url = logUrl(session, query.log);
  return shared(session, 'entry', `${query.entry.logIndex} of ${url}`, () =>
    askRekor(session.egress, { url }, query),
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
  const message = `None of the logs searched has the entry, and more logs are trusted than one search covers (${MAX_SEARCHED_LOGS}).`;
  return new Undecided('LIMIT_EXCEEDED', message, { retryable: false });
}

/**
 * Loads the keys of a plan. Errors: `KEY_NOT_FOUND`, and `Undecided` if the store cannot be read.
 * @returns `missing`: keys that a rule lists but that are not stored
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
  // Sorted, since the answers of the store come in any order, and equal questions have equal answers.
  return { requirements: loaded, missing: [...missing].sort() };
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
          `There is no key ${name}; an administrator can store it with PUT /v1/keys/{id}.`,
        );
      }
      if (key === undefined) miss(name);
      return key;
    }),
  );
  return found.filter((key) => key !== undefined);
}

/** A key stored under two names is one key; if it is revoked under one of them, it is revoked, and as of the earlier time. */
function distinct(keys: TrustedKey[]): TrustedKey[] {
  const byKey = new Map<string, TrustedKey>();
  for (const trusted of keys) {
    const known = byKey.get(trusted.key.fingerprint);
    if (known === undefined || revokedFrom(trusted) < revokedFrom(known))
      byKey.set(trusted.key.fingerprint, trusted);
  }
  return [...byKey.values()];
}

function revokedFrom({ revoked }: TrustedKey): number {
  if (revoked === undefined) return Number.POSITIVE_INFINITY;
  return revoked.compromisedAt ?? Number.NEGATIVE_INFINITY;
}

async function findLog({ store, verifier }: Session, logId: string): Promise<TrustedLog | undefined> {
  const builtIn = verifier.settings.publicLog ? await findPublicLog(logId) : undefined;
  return builtIn ?? findStoredLog(store, logId);
}

/** Alerts the operator: this is the log's misbehaviour, not the registry's. */
function recordCheckpoint({ verifier }: Session, log: TrustedLog, checkpoint: Checkpoint) {
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

/** REKOR_URL replaces the address of the built-in log, but not that of a log stored with its own URL. */
function logUrl({ verifier }: Session, log: TrustedLog): string {
  return log.url === DEFAULT_LOG_URL ? (verifier.settings.rekorUrl ?? log.url) : log.url;
}
