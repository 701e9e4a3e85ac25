// Who is calling. One token so far, the administrator's, which has every scope.
import type { MiddlewareHandler } from 'hono';
import { CallerError } from '../core/caller_error.ts';
import { sha256 } from '../core/crypto/digest.ts';
import { type Bytes, utf8 } from '../core/encoding/bytes.ts';
import type { AppEnv, Service } from './context.ts';

export type Scope = 'verify' | 'inspect' | 'admin';

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Lets callers with the scope through. `ACCESS=open` opens verifying; a token that is shown must be good even there. */
export function requireScope(service: Service, scope: Scope): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const header = context.req.header('Authorization');
    if (header === undefined) {
      if (scope !== 'verify' || service.access !== 'open') {
        throw new CallerError('UNAUTHENTICATED', 'Send a token: Authorization: Bearer <token>.');
      }
    } else {
      const token = BEARER.exec(header)?.[1];
      if (token === undefined || !(await isAdminToken(service, token))) {
        throw new CallerError(
          'UNAUTHENTICATED',
          'The token is not known here; send Authorization: Bearer <token>.',
        );
      }
      context.set('isAuthenticated', true);
    }
    await next();
  };
}

/** Hashes of both are compared, so the time tells nothing of the secret; an unset token equals nothing. */
async function isAdminToken({ adminToken }: Service, token: string): Promise<boolean> {
  if (adminToken === undefined || adminToken === '') return false;
  const [given, expected] = await Promise.all([sha256(utf8(token)), sha256(utf8(adminToken))]);
  return equalInConstantTime(given, expected);
}

function equalInConstantTime(a: Bytes, b: Bytes): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
