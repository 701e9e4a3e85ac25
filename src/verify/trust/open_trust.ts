// What is trusted besides keys, in the form that the core asks for: built-in and stored logs and authorities, and the logs themselves.
import { toHex } from '../../core/encoding/bytes.ts';
import type { Checkpoint } from '../../core/log/checkpoint.ts';
import { once } from '../../core/memory/once.ts';
import type { Trust } from '../../core/trust/trust.ts';
import type { TrustedAuthority } from '../../core/trust/trusted_authority.ts';
import { labelOf, type TrustedLog } from '../../core/trust/trusted_log.ts';
import { listAuthorities } from '../../store/authorities.ts';
import { findStoredLog } from '../../store/logs.ts';
import { type Session, shared } from '../session.ts';
import { askLog } from './ask_log.ts';
import { findPublicLog, publicAuthorities } from './public_trust.ts';
import { noteRoot } from './seen_roots.ts';

/** Everything trusted besides keys, each looked up once, on demand. Errors: `Undecided` if the store cannot be read. */
export function openTrust(session: Session): Omit<Trust, 'keys'> {
  return shared(session, 'trust', 'all', () => makeTrust(session));
}

function makeTrust(session: Session): Omit<Trust, 'keys'> {
  return {
    // However many entries claim to be in a log, it is looked up once.
    findLog: once((logId) => findLog(session, logId)),
    findAuthorities: once(() => findAuthorities(session)),
    recordCheckpoint: (log, checkpoint) => recordCheckpoint(session, log, checkpoint),
    askLog: (query) => askLog(session, query),
  };
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
