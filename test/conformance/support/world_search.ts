// A world in whose log signatures without an entry are searched for, and that caches nothing.
import type { TestContext } from '../table.ts';
import { makeWorld, type World, type WorldOptions } from './world.ts';

export const ONLINE = 'key=release&transparency=online';

export function makeSearchWorld(t: TestContext, options: Omit<WorldOptions, 'vars'> = {}): Promise<World> {
  return makeWorld(t, {
    ...options,
    vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
  });
}
