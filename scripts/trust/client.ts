// The service's API, as one caller with a token sees it: JSON, problem documents as errors, and `Retry-After` waited for.
import * as z from 'zod';
import { type Kind, PLURALS } from './kinds.ts';
import { Trouble } from './trouble.ts';

/** How often one call is repeated. */
const MAX_WAITS = 5;
/** The most that is waited before a repetition, in milliseconds. */
const MAX_WAIT = 60_000;
/** For one answer, in milliseconds: longer than a service takes whose deadline is not raised. */
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
  /** Every record of a kind, from as many pages as there are. */
  list(kind: Kind): Promise<unknown[]>;
}

export interface ClientOptions {
  fetch: Fetch;
  /** Without a trailing slash. */
  url: string;
  token: string;
  sleep(milliseconds: number): Promise<void>;
  /** Told before each wait. */
  onWait(line: string): void;
}

/** The service answered, and did not do it. */
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

/** No answer came, so that nobody knows whether the service has done it. */
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
      throw new Unreachable(`${method} ${path}: no answer: ${reasonOf(error)}`);
    }
  }

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    for (let waits = 0; ; waits++) {
      const response = await send(method, path, options);
      const wait = waitOf(response);
      if (response.ok || wait === undefined || waits === MAX_WAITS)
        return readAnswer(`${method} ${path}`, response);
      await response.body?.cancel();
      onWait(`The service asks to wait (${response.status}); waiting ${Math.ceil(wait / 1000)} s.`);
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
          throw new Trouble(`GET /v1/${name}: the answer is no list of ${name}; is this the right URL?`);
        all.push(...(page.data[name] as unknown[]));
        if (page.data.cursor === undefined) return all;
        query = `?limit=${PAGE}&cursor=${encodeURIComponent(page.data.cursor as string)}`;
      }
    },
  };
}

/** The token goes to nobody else: a redirect is an error. */
async function readAnswer(call: string, response: Response): Promise<Answer> {
  const document = await readJson(call, response);
  if (response.ok) {
    // A proxy that compresses makes it weak (RFC 9110 §8.8.3), and If-Match takes none of these.
    const etag = response.headers.get('ETag')?.replace(/^W\//, '');
    return { document, ...(etag !== undefined && { etag }) };
  }
  const requestId = response.headers.get('X-Request-Id') ?? 'unknown';
  const problem = problemSchema.safeParse(document);
  if (problem.success)
    throw new ServiceError(call, response.status, problem.data.code, problem.data.detail, requestId);
  const detail =
    response.status >= 300 && response.status < 400
      ? 'it is a redirect, which is not followed; name the service itself'
      : 'the answer is no problem document';
  throw new ServiceError(call, response.status, undefined, detail, requestId);
}

async function readJson(call: string, response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw new Unreachable(`${call}: the answer was cut short: ${reasonOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds; undefined where no wait is asked for. RFC 9110 §10.2.3: seconds, or a date. */
function waitOf({ status, headers }: Response): number | undefined {
  const text = headers.get('Retry-After');
  if ((status !== 429 && status !== 503) || text === null) return undefined;
  const wait = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_WAIT);
}

/** `fetch` says why only in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
