// Loads the keys of a plan, from the store or from the caller.
import { CallerError } from '../../core/errors/caller_error.ts';
import type { TrustedKey } from '../../core/trust/trusted_key.ts';
import type { Requirement } from '../../core/verdict.ts';
import { findTrustedKey } from '../../store/trusted_keys.ts';
import type { NamedKeys, Plan } from '../plan.ts';
import type { Session } from '../session.ts';

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
