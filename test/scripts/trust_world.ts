// `trust` with the real application in this process: records what it prints and sends, and has a hook to interfere.
import { expect } from 'vitest';
import { main } from '../../scripts/trust/main.ts';
import { startOwnService } from '../../scripts/trust/own_service.ts';

export const SERVICE = 'https://countersign.example';
export const TOKEN = 'administrator-canary-51c2';

export interface Sent {
  method: string;
  path: string;
  headers: Headers;
  redirect: RequestRedirect | undefined;
}

export interface Ran {
  code: number;
  out: string[];
  err: string[];
}

export interface TrustWorld {
  /** Everything `trust` has sent since the last run began. */
  sent: Sent[];
  /** The requests that are not reads, as in `PUT /v1/keys/a`. */
  changes(): string[];
  /** The waits, in milliseconds. */
  slept: number[];
  /** Runs before a call reaches the service, and may answer in its place. */
  before?: (call: Sent) => Promise<Response | undefined> | Response | undefined;
  /** Runs the command, and asserts that its output does not contain the token. */
  run(...args: string[]): Promise<Ran>;
  apply(folder: string, ...flags: string[]): Promise<Ran>;
  export(folder: string, ...flags: string[]): Promise<Ran>;
  /** A call by somebody else. Errors: a status other than success. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the test that knows their form
  call(method: string, path: string, body?: string): Promise<any>;
}

/** @param settings of the service; its built-in logs are off by default */
export function startTrustWorld(settings: Record<string, string> = {}): TrustWorld {
  const service = startOwnService({ ADMIN_TOKEN: TOKEN, ...settings });
  const world: TrustWorld = {
    sent: [],
    slept: [],
    changes: () =>
      world.sent.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    async run(...args) {
      world.sent = [];
      const [out, err]: [string[], string[]] = [[], []];
      const code = await main(args, {
        fetch: async (url, init) => {
          const { method = 'GET', headers, redirect } = init;
          const call = { method, path: url.slice(SERVICE.length), headers: new Headers(headers), redirect };
          world.sent.push(call);
          return (await world.before?.(call)) ?? service.fetch(url, init);
        },
        environment: { COUNTERSIGN_TOKEN: TOKEN },
        directory: '/',
        out: (line) => out.push(line),
        err: (line) => err.push(line),
        sleep: async (milliseconds) => void world.slept.push(milliseconds),
      });
      expect([...out, ...err].join('\n')).not.toContain(TOKEN);
      return { code, out, err };
    },
    apply: (folder, ...flags) => world.run('apply', folder, '--url', SERVICE, ...flags),
    export: (folder, ...flags) => world.run('export', folder, '--url', SERVICE, ...flags),
    async call(method, path, body) {
      const response = await service.fetch(`${SERVICE}${path}`, {
        method,
        headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
  return world;
}

/** Makes the next call to a path fail once. */
export function failOnce(world: TrustWorld, call: string, answer: () => Response): void {
  world.before = ({ method, path }) => {
    if (`${method} ${path}` !== call) return undefined;
    delete world.before;
    return answer();
  };
}
