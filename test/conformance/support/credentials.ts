// A registry's credentials as a canary: worlds whose service holds them, and a search for the hosts that received them.
import { base64 } from '../../support/bytes.ts';
import type { RegistryOptions } from '../../support/fake_registry.ts';
import type { TestContext } from '../table.ts';
import { makeWorld, type World } from './world.ts';

export const SECRET = 'registry-secret-canary';
const PAIR = base64(`robot:${SECRET}`);
export const dockerConfig = (...hosts: string[]) =>
  JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth: PAIR }])) });
export const ADMIN = { as: 'admin' } as const;

/** A world whose service holds credentials for its registry. */
export const withCredentials = (
  t: TestContext,
  auth: RegistryOptions['auth'],
  vars: Record<string, unknown> = {},
) =>
  makeWorld(t, {
    ...(auth !== undefined && { auth }),
    vars: ({ registry }) => ({ REGISTRY_AUTH: dockerConfig(registry), ...vars }),
  });

/** The origins that received the secret, in a header or in a URL. */
export function secretReached({ upstream }: World): string[] {
  const holders = upstream.sent.filter(
    ({ headers, url }) =>
      `${JSON.stringify(headers)} ${url}`.includes(PAIR) ||
      `${JSON.stringify(headers)} ${url}`.includes(SECRET),
  );
  return [...new Set(holders.map(({ url }) => new URL(url).origin))];
}
