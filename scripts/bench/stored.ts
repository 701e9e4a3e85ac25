// A growing store: keys besides the one that is used, and rules before the one that decides.
import { generateKeyPairSync } from 'node:crypto';
import { SEED_DIGEST } from '../seed/image.ts';
import type { Call } from './measure.ts';

export const KEYS = [1, 10, 1000];
export const RULES = [1, 10, 400];
/** The seed's image name, which the last rule matches. */
const NAME = 'registry-testing.svc.lan/busybox';

interface Admin {
  url: string;
  adminToken: string;
}

/** @param from the number of keys that are stored already */
export async function storeKeys(admin: Admin, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    await put(admin, `/v1/keys/other-${i}`, { publicKey: pem });
  }
}

/** Stores the policies `rules-N`, in which only the last of N rules matches. */
export async function storePolicies(admin: Admin): Promise<void> {
  for (const count of RULES) {
    const rules = Array.from({ length: count }, (_, at) => ({
      name: `r${at}`,
      match: [at === count - 1 ? NAME : `a${at}.example/app/**`],
      require: { keys: ['seed'] },
    }));
    await put(admin, `/v1/policies/rules-${count}`, { rules });
  }
}

/** The offline verification of `call`, by the policy with `count` rules. */
export function byRules(call: Call, origin: string, count: number): Call {
  return { ...call, url: `${origin}/v1/verify/${SEED_DIGEST}?policy=rules-${count}&reference=${NAME}` };
}

async function put({ url, adminToken }: Admin, path: string, body: object): Promise<void> {
  const response = await fetch(url + path, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${text}`);
}
