// Verifies the seed image with a running service: stores its key through the admin API, then asks for its verdict.

import { SEED_DIGEST, SEED_KEY_FINGERPRINT, SEED_KEY_PEM } from './image.ts';
import { SEED_REPOSITORY } from './registry.ts';

const KEY_ID = 'seed';
/** Records are JSON all the same, but what went wrong is one line, for whoever reads it in a terminal. */
const PROBLEM_AS_TEXT = { Accept: 'text/plain' };

export interface Caller {
  url: string;
  adminToken: string;
}

export interface SeedVerdict {
  verified: boolean;
  logIndex: number | undefined;
  /** The service's response as one line of text. */
  line: string;
}

/** Stores the seed's key unless it is stored already, and returns its id: `seed`, or the id that it already has. */
export async function storeSeedKey(service: Caller): Promise<string> {
  const response = await call(service, `/v1/keys/${KEY_ID}`, {
    method: 'PUT',
    // Does not overwrite a record that someone has changed since.
    headers: { 'Content-Type': 'application/x-pem-file', 'If-None-Match': '*', ...PROBLEM_AS_TEXT },
    body: SEED_KEY_PEM,
  });
  if (response.ok) return KEY_ID;
  const answer = await response.text();
  const id = response.status === 409 || response.status === 412 ? await seedKeyId(service) : undefined;
  if (id === undefined) throw new Error(`The seed's key could not be stored: ${response.status} ${answer}`);
  return id;
}

/** The id under which the seed's key is stored, by its fingerprint. */
async function seedKeyId(service: Caller): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const response = await call(service, `/v1/keys${query}`, { headers: PROBLEM_AS_TEXT });
    if (!response.ok)
      throw new Error(`The keys could not be listed: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as { keys: { id: string; fingerprint: string }[]; cursor?: string };
    const record = page.keys.find((key) => key.fingerprint === SEED_KEY_FINGERPRINT);
    if (record !== undefined) return record.id;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

/** The path that verifies the seed image from `registry` with the key `keyId`. */
export function seedPath(registry: string, keyId: string): string {
  return `/v1/verify/${registry}/${SEED_REPOSITORY}@${SEED_DIGEST}?key=${keyId}`;
}

export async function verifySeed(service: Caller, path: string): Promise<SeedVerdict> {
  const response = await call(service, path);
  const verdict = (await response.json()) as {
    verdict?: string;
    signatures?: { verdict: string; transparency?: { logIndex: number } }[];
  };
  const good = verdict.signatures?.find((signature) => signature.verdict === 'verified');
  const text = await call(service, path, { headers: { Accept: 'text/plain' } });
  return {
    verified: response.status === 200 && verdict.verdict === 'verified',
    logIndex: good?.transparency?.logIndex,
    line: (await text.text()).trim(),
  };
}

function call({ url, adminToken }: Caller, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Authorization', `Bearer ${adminToken}`);
  return fetch(url + path, { ...init, headers });
}
