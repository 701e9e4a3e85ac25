// The service in this process, called as Workers call it: `fetch(request, env, context)`.
import type { Worker } from '../conformance/table.ts';
import { type FakeKv, makeKv } from './fake_kv.ts';

export const ADMIN_TOKEN = 'administrator-canary-7f3a';
const ORIGIN = 'https://countersign.example';

export interface CallOptions {
  /** `admin` sends the administrator's token; any other text is sent as the `Authorization` header; absent: no header. */
  as?: 'admin' | (string & {});
  headers?: Record<string, string>;
  /** Sent as JSON with its Content-Type. */
  json?: unknown;
  body?: BodyInit;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the case that knows their form
  json: any;
}

export interface Service {
  kv: FakeKv;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string, options?: CallOptions): Promise<Answer>;
  /** Waits for the work that the service passed to `waitUntil`. */
  settled(): Promise<void>;
}

export function startService(worker: Worker, vars: Record<string, unknown> = {}, kv = makeKv()): Service {
  const env = { TRUST: kv, ADMIN_TOKEN, ...vars };
  const pending: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void pending.push(work),
    passThroughOnException: () => {
      throw new Error('passThroughOnException must not be called');
    },
  };
  const service: Service = {
    kv,
    async call(method, path, { as, headers = {}, json, body } = {}) {
      const request = new Request(`${ORIGIN}${path}`, {
        method,
        headers: {
          ...(as !== undefined && { authorization: as === 'admin' ? `Bearer ${ADMIN_TOKEN}` : as }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
        ...(body !== undefined && { body, duplex: 'half' }),
      } as RequestInit);
      const response = await worker.fetch(request, env, context);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: tryJson(text) };
    },
    get: (path, options) => service.call('GET', path, options),
    async settled() {
      while (pending.length > 0) await Promise.allSettled(pending.splice(0));
    },
  };
  return service;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
