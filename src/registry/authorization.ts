// Registry authorization: the token protocol (distribution/distribution docs/spec/auth/token.md) and Basic. The registry chooses the
// realm, so an attacker may. A registry's credential goes only to its own origin, for Docker Hub to Docker's token host, and to the token
// service that its own entry names. Any other realm gets an anonymous request: if it were sent the credential of the registry it belongs
// to, a malicious registry could name another's token service and receive that one's tokens.

import { fromUtf8, toBase64, utf8 } from '../core/encoding/bytes.ts';
import { parseJson } from '../core/encoding/json.ts';
import { asObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { Undecided } from '../core/errors/undecided.ts';
import { type BoundedCache, createBoundedCache } from '../core/memory/bounded_cache.ts';
import type { Egress } from '../egress/egress.ts';
import { failure, isTransient, unavailable } from '../egress/failure.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credential } from './credentials.ts';

/** In bytes: a token response is a few kilobytes of JSON. */
const MAX_TOKEN_BYTES = 64 * 1024;
/** The specification's default when `expires_in` is absent, in seconds. */
const DEFAULT_TOKEN_SECONDS = 60;
/** A token is discarded this many seconds before it expires. */
const TOKEN_MARGIN_SECONDS = 10;
/** In characters, of tokens and of challenges: room for some two thousand of the usual size. The registry chooses theirs. */
const MAX_REMEMBERED = 4 * 1024 * 1024;
/** In characters: what one takes besides its own text. */
const OVERHEAD = 512;
const CHALLENGE_TTL = 3600 * 1000;
/** Docker Hub issues tokens on a different host from its API, which is also Docker's own. */
const KNOWN_TOKEN_HOSTS: Record<string, string> = { 'docker.io': 'https://auth.docker.io' };

/** An isolate's memory across requests: finished values only (on Workers, one request must not await another's promise), per credential. */
export interface AuthorizationMemory {
  tokens: BoundedCache<string>;
  challenges: BoundedCache<Challenge>;
}

export function createAuthorizationMemory(): AuthorizationMemory {
  return { tokens: createBoundedCache(MAX_REMEMBERED), challenges: createBoundedCache(MAX_REMEMBERED) };
}

export interface AuthorizationContext {
  egress: Egress;
  memory: AuthorizationMemory;
  now: () => number;
  registry: string;
  origin: string;
  repository: string;
  /** The credential for this registry. */
  credential: Credential | undefined;
}

/**
 * The authorization to send before the registry asks for any: a cached token, or one fetched as the last challenge said. That challenge
 * may be outdated, so if the fetch fails, the registry is asked again.
 */
export async function knownAuthorization(context: AuthorizationContext): Promise<string | undefined> {
  const { memory, now } = context;
  const token = memory.tokens.get(tokenKey(context), now());
  if (token !== undefined) return `Bearer ${token}`;
  const challenge = memory.challenges.get(challengeKey(context), now());
  if (challenge === undefined) return undefined;
  try {
    return await answer(context, challenge);
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
    forgetAuthorization(context);
    return undefined;
  }
}

/** Answers a 401. @returns undefined if none of its challenges can be answered */
export async function authorizationFor(
  context: AuthorizationContext,
  header: string,
): Promise<string | undefined> {
  const { memory, credential, now } = context;
  memory.tokens.delete(tokenKey(context));
  for (const challenge of parseChallenges(header)) {
    const isAnswerable =
      challenge.scheme === 'bearer' || (challenge.scheme === 'basic' && credential !== undefined);
    if (!isAnswerable) continue;
    const authorization = await answer(context, challenge);
    memory.challenges.set(challengeKey(context), challenge, OVERHEAD + header.length, now() + CHALLENGE_TTL);
    return authorization;
  }
  return undefined;
}

export function forgetAuthorization(context: AuthorizationContext): void {
  context.memory.tokens.delete(tokenKey(context));
  context.memory.challenges.delete(challengeKey(context));
}

async function answer(context: AuthorizationContext, challenge: Challenge): Promise<string | undefined> {
  const { credential, memory, now } = context;
  if (challenge.scheme === 'basic') return credential === undefined ? undefined : basic(credential);
  const { token, seconds } = await fetchToken(context, challenge);
  const until = now() + Math.max(seconds - TOKEN_MARGIN_SECONDS, 0) * 1000;
  memory.tokens.set(tokenKey(context), token, OVERHEAD + token.length, until);
  return `Bearer ${token}`;
}

async function fetchToken(
  context: AuthorizationContext,
  challenge: Challenge,
): Promise<{ token: string; seconds: number }> {
  const { egress, origin, repository } = context;
  const request = { service: 'registry' as const, step: 'registry token', url: origin };
  const { realm = '', service, scope = '' } = challenge.parameters;
  const url = URL.parse(realm);
  if (url === null || url.hash !== '') throw failure(request, 'MALFORMED', 'has a realm that is not a URL');
  if (service !== undefined) url.searchParams.set('service', service);
  // Azure lists tags only with this action, and says so. No other action is ever requested.
  const more = scope.endsWith(':metadata_read') ? ',metadata_read' : '';
  url.searchParams.set('scope', `repository:${repository}:pull${more}`);
  const credential = credentialFor(context, url);
  const response = await egress.send({
    ...request,
    url: url.href,
    maxBytes: MAX_TOKEN_BYTES,
    named: new Set([origin, context.credential?.tokenService ?? origin]),
    redirects: 'refuse',
    ...(credential !== undefined && { authorization: basic(credential) }),
  });
  const asked = { ...request, url: url.href };
  if (response.status === 401 || response.status === 403) {
    const why =
      credential === context.credential
        ? aboutCredential(context)
        : "no credentials were used (the registry's entry in REGISTRY_AUTH has no tokenService for this host)";
    throw failure(asked, 'UNAUTHORIZED', `was refused (${response.status}): ${why}`);
  }
  if (isTransient(response.status)) throw unavailable(asked, response);
  if (response.status !== 200)
    throw failure(asked, 'MALFORMED', `returned an unexpected status, ${response.status}`);
  return readToken(response.body, () => failure(asked, 'MALFORMED', 'is not a valid token response'));
}

function readToken(body: Uint8Array, malformed: () => Error): { token: string; seconds: number } {
  try {
    const answer = asObject(parseJson(fromUtf8(body, 'token'), 'token'), 'token');
    // Clients of every kind treat an empty token as absent.
    const token = answer.token || answer.access_token;
    const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : DEFAULT_TOKEN_SECONDS;
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token)) throw malformed();
    return { token, seconds };
  } catch (error) {
    throw error instanceof Malformed ? malformed() : error;
  }
}

function credentialFor(
  { origin, registry, credential }: AuthorizationContext,
  realm: URL,
): Credential | undefined {
  const known = [origin, KNOWN_TOKEN_HOSTS[registry], credential?.tokenService];
  return known.includes(realm.origin) ? credential : undefined;
}

function basic({ username, password }: Credential): string {
  return `Basic ${toBase64(utf8(`${username}:${password}`))}`;
}

/** What is known of the credential that a registry did not accept, for messages. */
export function aboutCredential({ credential }: AuthorizationContext): string {
  return credential === undefined
    ? 'no credentials were used (REGISTRY_AUTH has none for this registry, or the call came without a token)'
    : 'the credentials in REGISTRY_AUTH did not help';
}

function tokenKey(context: AuthorizationContext): string {
  return `${challengeKey(context)} ${context.repository}`;
}

/** Callers with and without credentials never share. A registry has one credential, so whether there is one tells them apart. */
function challengeKey({ registry, credential }: AuthorizationContext): string {
  return `${credential === undefined ? 'anonymous' : 'credential'} ${registry}`;
}
