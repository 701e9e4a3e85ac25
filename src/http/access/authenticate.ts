// Identifies the caller and what they may do: ADMIN_TOKEN has every scope, an issued token has the scopes in its record.
import type { MiddlewareHandler } from 'hono';
import { sha256 } from '../../core/crypto/digest.ts';
import { utf8 } from '../../core/encoding/bytes.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { USER_AGENT } from '../../egress/call.ts';
import { equalInConstantTime } from '../../store/constant_time.ts';
import { findToken, isMadeHere, SCOPES, type Scope } from '../../store/tokens.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { storeInTime } from '../store_deadline.ts';
import { limitRate, refuseGuessing } from './limit_rate.ts';
import type { Principal } from './principal.ts';

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;
/** RFC 7617: docker, podman and skopeo log in with Basic credentials; the password is the token. */
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Requires a scope. With `ACCESS=open`, verifying needs no token, but a token that is sent must be valid even then. Errors:
 * `UNAUTHENTICATED`, `FORBIDDEN`.
 */
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
          'The token is unknown or has expired. Send Authorization: Bearer <token>.',
        );
      if (scope !== 'verify' || service.access !== 'open')
        throw new CallerError('UNAUTHENTICATED', 'Send a token: Authorization: Bearer <token>.');
      // A redirect may lead back here. Each round could begin dozens of others, without end.
      if (context.req.header('User-Agent') === USER_AGENT)
        throw new CallerError(
          'FORBIDDEN',
          'This service does not verify for itself: a registry redirects to it.',
        );
    } else {
      context.set('principal', principal);
      if (!principal.scopes.includes(scope))
        throw new CallerError('FORBIDDEN', `The token lacks the scope ${scope}.`);
    }
    await next();
  };
}

async function identifyCaller(
  service: Service,
  context: AppContext,
  header: string,
  scope: Scope,
): Promise<Principal | undefined> {
  const token = BEARER.exec(header)?.[1] ?? (scope === 'pull' ? passwordIn(header) : undefined);
  if (token === undefined) return undefined;
  // Only a token that a person chose can be guessed. Once an address has guessed too often, even the right token is not checked.
  if (!isMadeHere(token)) {
    await refuseGuessing(service, context);
    return (await isAdminToken(service, token)) ? { who: 'ADMIN_TOKEN', scopes: SCOPES } : undefined;
  }
  const record = await findToken(storeInTime(context), token, service.verifier.ports.now());
  if (record === undefined) return undefined;
  const { id, scopes, names } = record;
  return { who: `token/${id}`, scopes, ...(names !== undefined && { names }) };
}

/** The password from Basic credentials, whatever the user name is. */
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

/** Compares hashes, so that timing reveals nothing about the secret. An unset admin token matches nothing. */
async function isAdminToken({ adminToken }: Service, token: string): Promise<boolean> {
  if (adminToken === undefined || adminToken === '') return false;
  const [given, expected] = await Promise.all([sha256(utf8(token)), sha256(utf8(adminToken))]);
  return equalInConstantTime(given, expected);
}
