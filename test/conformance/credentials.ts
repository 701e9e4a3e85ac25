// A registry's credentials as a canary: services that hold them, and a search for where they went.
import { base64 } from '../support/bytes.ts';
import type { RegistryOptions } from '../support/fake_registry.ts';
import type { TestContext } from './table.ts';
import { makeWorld, type World } from './world.ts';

export const SECRET = 'registry-secret-canary';
export const PAIR = base64(`robot:${SECRET}`);
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

/** Hosts that were sent an Authorization with the secret in it. */
export function secretReached({ upstream }: World): string[] {
  const holders = upstream.sent.filter(
    ({ headers, url }) =>
      `${JSON.stringify(headers)} ${url}`.includes(PAIR) ||
      `${JSON.stringify(headers)} ${url}`.includes(SECRET),
  );
  return [...new Set(holders.map(({ url }) => new URL(url).origin))];
}
