// A temporary service in this process, with an empty store in memory. What it refuses, the running one would refuse too, since it is
// the same application.
import { randomBytes } from 'node:crypto';
import { createApp } from '../../src/app.ts';
import type { RawSettings } from '../../src/config.ts';
import { createService } from '../../src/service.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import type { Fetch } from './client.ts';

export interface OwnService {
  url: string;
  token: string;
  fetch: Fetch;
}

/** The built-in logs are off unless the settings say otherwise, so that a folder may hold any log. */
export function startOwnService(settings: RawSettings = {}): OwnService {
  const token = randomBytes(24).toString('base64url');
  const app = createApp(
    createService({
      settings: { ADMIN_TOKEN: token, PUBLIC_LOG: 'off', ...settings },
      fetch: () => Promise.reject(new TypeError('no network access')),
      store: createMemoryStore(),
      now: () => Date.now(),
      background: 0,
      log: () => undefined,
    }),
  );
  return {
    url: 'https://own.invalid',
    token,
    fetch: async (url, init) => app.fetch(new Request(url, init), {}),
  };
}
