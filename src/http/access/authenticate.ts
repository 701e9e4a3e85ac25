// Who is calling, and what they may do: the administrator's token has every scope, the others have what their records say.
import type { MiddlewareHandler } from 'hono';
import { CallerError } from '../../core/caller_error.ts';
import { sha256 } from '../../core/crypto/digest.ts';
import { utf8 } from '../../core/encoding/bytes.ts';
import { matchesName } from '../../core/trust/name_pattern.ts';
import { equalInConstantTime } from '../../store/constant_time.ts';
import { findToken, isMadeHere, SCOPES, type Scope } from '../../store/tokens.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { storeInTime } from '../store_deadline.ts';
import { limitRate, refuseGuessing } from './rate_limit.ts';

export interface Principal {
  /** As records and the audit log name it: `ADMIN_TOKEN`, or `token/<id>`. */
  who: string;
  scopes: readonly Scope[];
  /** Patterns over full names; absent means any. */
  names?: string[];
}

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;
/** RFC 7617: docker, podman and skopeo log in so, with a token as the password. */
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/** Lets callers with the scope through. `ACCESS=open` opens verifying; a token that is shown must be good even there. */
export function requireScope(service: Service, scope: Scope): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const header = context.req.header('Authorization');
    const principal =
      header === undefined ? undefined : await identifyCaller(service, context, header, scope);
    await limitRate(service, context, principal);
    if (principal === undefined) {
      if (header !== undefined)
        throw new CallerError(
          'UNAUTHENTICATED',
          'The token is not known here, or has expired; send Authorization: Bearer <token>.',
        );
      if (scope !== 'verify' || service.access !== 'open')
        throw new CallerError('UNAUTHENTICATED', 'Send a token: Authorization: Bearer <token>.');
    } else {
      context.set('principal', principal);
      if (!principal.scopes.includes(scope))
        throw new CallerError('FORBIDDEN', `The token has not the scope ${scope}, which this call needs.`);
    }
    await next();
  };
}

/** As the audit log and records name the caller. */
export function callerName(context: AppContext): string {
  return context.get('principal')?.who ?? 'anonymous';
}

const NO_NAME =
  'The token is for some names only: evidence in the request takes reference=NAME, and a file by its URL a token without names.';

/**
 * A token may be for some names only.
 * @param names full names; undefined where the caller gave none, which such a token does not allow
 */
export function assertMayName(context: AppContext, ...names: (string | undefined)[]): void {
  const allowed = context.get('principal')?.names;
  if (allowed === undefined) return;
  for (const name of names) {
    if (name !== undefined && allowed.some((pattern) => matchesName(pattern, name))) continue;
    throw new CallerError(
      'FORBIDDEN',
      name === undefined ? NO_NAME : `The token is for other names than ${name}.`,
    );
  }
}

async function identifyCaller(
  service: Service,
  context: AppContext,
  header: string,
  scope: Scope,
): Promise<Principal | undefined> {
  const token = BEARER.exec(header)?.[1] ?? (scope === 'pull' ? passwordIn(header) : undefined);
  if (token === undefined) return undefined;
  // Only a token that somebody chose can be guessed: once an address has guessed too often, even the right one is not looked at.
  if (!isMadeHere(token)) {
    await refuseGuessing(service, context);
    return (await isAdminToken(service, token)) ? { who: 'ADMIN_TOKEN', scopes: SCOPES } : undefined;
  }
  const record = await findToken(storeInTime(context), token, service.verifier.ports.now());
  if (record === undefined) return undefined;
  const { id, scopes, names } = record;
  return { who: `token/${id}`, scopes, ...(names !== undefined && { names }) };
}

/** Of Basic credentials, whatever the user is called. */
function passwordIn(header: string): string | undefined {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = atob(encoded);
    const colon = text.indexOf(':');
    return colon < 0 ? undefined : text.slice(colon + 1);
  } catch {
    return undefined;
  }
}

/** Hashes of both are compared, so the time tells nothing of the secret; an unset token equals nothing. */
async function isAdminToken({ adminToken }: Service, token: string): Promise<boolean> {
  if (adminToken === undefined || adminToken === '') return false;
  const [given, expected] = await Promise.all([sha256(utf8(token)), sha256(utf8(adminToken))]);
  return equalInConstantTime(given, expected);
}
