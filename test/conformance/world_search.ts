// A world whose log is also where signatures without an entry are looked up, and nothing found is remembered.
import type { TestContext } from './table.ts';
import { makeWorld, type World, type WorldOptions } from './world.ts';

export const ONLINE = 'key=release&transparency=online';

export function makeSearchWorld(t: TestContext, options: Omit<WorldOptions, 'vars'> = {}): Promise<World> {
  return makeWorld(t, {
    ...options,
    vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
  });
}
