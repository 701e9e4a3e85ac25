// A client of the service's API with one token: JSON, problem documents as errors, and retries as `Retry-After` asks.
import * as z from 'zod';
import { type Kind, PLURALS } from './kinds.ts';
import { Trouble } from './trouble.ts';

/** The most retries of one call. */
const MAX_WAITS = 5;
/** The longest wait before a retry, in milliseconds. */
const MAX_WAIT = 60_000;
/** For one response, in milliseconds: longer than the service takes, unless its deadline was raised. */
const TIMEOUT = 60_000;
const PAGE = 100;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallOptions {
  /** JSON. */
  body?: string;
  ifMatch?: string;
  ifNoneMatch?: '*';
}

export interface Answer {
  document: unknown;
  etag?: string;
}

export interface Client {
  /** @throws ServiceError, Unreachable */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Every record of a kind, from all pages. */
  list(kind: Kind): Promise<unknown[]>;
}

export interface ClientOptions {
  fetch: Fetch;
  /** Without a trailing slash. */
  url: string;
  token: string;
  sleep(milliseconds: number): Promise<void>;
  /** Called before each wait. */
  onWait(line: string): void;
}

/** The service responded with an error. */
export class ServiceError extends Trouble {
  readonly status: number;
  readonly code: string | undefined;
  readonly detail: string;

  constructor(call: string, status: number, code: string | undefined, detail: string, requestId: string) {
    super(`${call}: ${status}${code === undefined ? '' : ` ${code}`}: ${detail} (request ${requestId})`);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** No complete response came, so it is not known whether the service executed the call. */
export class Unreachable extends Trouble {}

const problemSchema = z.looseObject({ code: z.string(), detail: z.string() });

export function createClient({ fetch, url, token, sleep, onWait }: ClientOptions): Client {
  async function send(method: string, path: string, { body, ifMatch, ifNoneMatch }: CallOptions) {
    try {
      return await fetch(`${url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
          ...(ifNoneMatch !== undefined && { 'If-None-Match': ifNoneMatch }),
        },
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (error) {
      throw new Unreachable(`${method} ${path}: no response: ${reasonOf(error)}`);
    }
  }

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    for (let waits = 0; ; waits++) {
      const response = await send(method, path, options);
      const wait = waitOf(response);
      if (response.ok || wait === undefined || waits === MAX_WAITS)
        return readAnswer(`${method} ${path}`, response);
      await response.body?.cancel();
      onWait(`The service asked to retry later (${response.status}); waiting ${Math.ceil(wait / 1000)} s.`);
      await sleep(wait);
    }
  }

  return {
    call,
    async list(kind) {
      const name = PLURALS[kind];
      const pageSchema = z.looseObject({ [name]: z.array(z.unknown()), cursor: z.string().optional() });
      const all: unknown[] = [];
      let query = `?limit=${PAGE}`;
      for (;;) {
        const page = pageSchema.safeParse((await call('GET', `/v1/${name}${query}`)).document);
        if (!page.success)
          throw new Trouble(`GET /v1/${name}: the response is not a list of ${name}; is this the right URL?`);
        all.push(...(page.data[name] as unknown[]));
        if (page.data.cursor === undefined) return all;
        query = `?limit=${PAGE}&cursor=${encodeURIComponent(page.data.cursor as string)}`;
      }
    },
  };
}

/** A redirect is an error, so the token goes to no other host. */
async function readAnswer(call: string, response: Response): Promise<Answer> {
  const document = await readJson(call, response);
  if (response.ok) {
    // A compressing proxy makes the ETag weak (RFC 9110 §8.8.3), and If-Match accepts no weak ETags.
    const etag = response.headers.get('ETag')?.replace(/^W\//, '');
    return { document, ...(etag !== undefined && { etag }) };
  }
  const requestId = response.headers.get('X-Request-Id') ?? 'unknown';
  const problem = problemSchema.safeParse(document);
  if (problem.success)
    throw new ServiceError(call, response.status, problem.data.code, problem.data.detail, requestId);
  const detail =
    response.status >= 300 && response.status < 400
      ? 'this is a redirect, which is not followed; give the URL of the service itself'
      : 'the response is not a problem document';
  throw new ServiceError(call, response.status, undefined, detail, requestId);
}

async function readJson(call: string, response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw new Unreachable(`${call}: the response was cut short: ${reasonOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In milliseconds, from seconds or a date (RFC 9110 §10.2.3); undefined if no wait is requested. */
function waitOf({ status, headers }: Response): number | undefined {
  const text = headers.get('Retry-After');
  if ((status !== 429 && status !== 503) || text === null) return undefined;
  const wait = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_WAIT);
}

/** `fetch` gives the reason only in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
