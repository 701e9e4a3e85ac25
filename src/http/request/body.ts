// Reads request bodies: counts bytes before it buffers them, buffers the whole body before parsing, and parses strictly.
import type * as z from 'zod';
import { type Bytes, collect } from '../../core/encoding/bytes.ts';
import { shortened } from '../../core/encoding/display.ts';
import { type Json, parseJsonBytes } from '../../core/encoding/json.ts';
import { holdsPrivateKey } from '../../core/encoding/pem.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import { BUNDLE_MEDIA_TYPE_PREFIX } from '../../core/formats/sigstore_bundle.ts';
import type { AppContext } from '../context.ts';
import { parsed, sentence } from './parsed.ts';

/**
 * Reads at most `limit` bytes, whatever Content-Length says, within the time left for the request.
 * Errors: `UNSUPPORTED_MEDIA_TYPE` if it is compressed, `TOO_LARGE`, `BAD_REQUEST` if it ends early, `DEADLINE_EXCEEDED`.
 */
export async function readBody(context: AppContext, limit: number): Promise<Bytes> {
  assertNotCoded(context);
  const tooLarge = () => new CallerError('TOO_LARGE', `The body is larger than ${limit} bytes.`);
  if (Number(context.req.header('Content-Length') ?? 0) > limit) throw tooLarge();
  const reader = context.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const allowed = context.get('timeLeft')();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(bodyTooSlow(allowed)), allowed);
  });
  let length = 0;
  const count = (more: number) => {
    length += more;
    if (length > limit) throw tooLarge();
  };
  try {
    // One race for the whole body: a race for every chunk would leave something behind on `expired` each time.
    return await Promise.race([collect(() => readChunk(reader), count), expired]);
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 9110 §15.5.16. Bodies are limited, hashed and parsed as they arrive. */
function assertNotCoded(context: AppContext): void {
  const coding = context.req.header('Content-Encoding') ?? '';
  if (!/^(?:identity)?$/i.test(coding))
    throw new CallerError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, without Content-Encoding.');
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw new CallerError('BAD_REQUEST', 'The request body ended early.');
  }
}

function bodyTooSlow(allowed: number): Undecided {
  return new Undecided('DEADLINE_EXCEEDED', `The request body did not arrive within ${allowed} ms.`, {
    upstream: { host: 'caller', step: 'request body' },
  });
}

/** The media type in lower case, without parameters; undefined if none was sent. */
export function mediaType(context: AppContext): string | undefined {
  return context.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase();
}

/** Reads, parses and validates JSON. Errors: `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`, `BAD_REQUEST` with the path of the bad value. */
export async function readJson<S extends z.ZodType>(
  context: AppContext,
  schema: S,
  limit: number,
): Promise<z.output<S>> {
  return validate(schema, await readJsonDocument(context, limit));
}

/** Reads and parses JSON without validating it. Errors: `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`, `BAD_REQUEST`. */
export async function readJsonDocument(context: AppContext, limit: number): Promise<Json> {
  return parseJsonBody(await readJsonBytes(context, limit));
}

/** Reads a JSON body without parsing it, for documents whose bytes are evidence. Errors: `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`. */
export async function readJsonBytes(context: AppContext, limit: number): Promise<Bytes> {
  const type = mediaType(context);
  if (type !== 'application/json' && !type?.startsWith(BUNDLE_MEDIA_TYPE_PREFIX)) {
    throw new CallerError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON with Content-Type: application/json (curl --json does).',
    );
  }
  return readBody(context, limit);
}

/** Parses strict JSON. Errors: `BAD_REQUEST` with the position. */
export function parseJsonBody(bytes: Bytes): Json {
  return parsed('BAD_REQUEST', () => parseJsonBytes(bytes, 'body'));
}

/** Validates a value against a schema. Errors: `BAD_REQUEST` with the path of the bad value. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  assertValidatable(value, []);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(result.error);
}

/** In any list or object of a body. Lists have limits of their own, of which none is greater. */
const MAX_ITEMS = 10_000;

/** In characters. Names can be as long as the body, and it need not be the caller who sent it. */
const MAX_NAMES_SHOWN = 200;

interface Issue {
  code?: string | undefined;
  path: PropertyKey[];
  message: string;
  /** For a union: the issues of each alternative. */
  errors?: Issue[][];
  /** For a record: what is wrong with the key. */
  issues?: readonly Issue[];
  /** The names that an object must not have. */
  keys?: string[];
}

export function badRequest(error: { issues: readonly Issue[] }): CallerError {
  const issue = error.issues[0] === undefined ? undefined : mostTelling(error.issues[0]);
  const place = issue?.path.map(String).join('.') ?? '';
  const problem = issue === undefined ? 'not valid' : wording(issue);
  const text = place === '' ? `${sentence(problem)}.` : `${place}: ${problem}.`;
  // A private key that was sent as a field name must not be echoed.
  return new CallerError('BAD_REQUEST', holdsPrivateKey(text) ? 'A name looks like a private key.' : text);
}

/** What is wrong, in the words of the API: there, a key is what signs. */
function wording(issue: Issue): string {
  const { code, message, keys = [] } = issue;
  if (isMissing(issue)) return 'is missing';
  if (code === 'unrecognized_keys')
    return `unknown name ${shortened(keys.map((key) => JSON.stringify(key)).join(', '), MAX_NAMES_SHOWN)}`;
  return message
    .replace(/^(?:Too big|Too small|Invalid input|Invalid option): /, '')
    .replace(/[<>]=/, (sign) => (sign === '<=' ? 'at most ' : 'at least '));
}

function isMissing({ code, message }: Issue): boolean {
  return code === 'invalid_type' && message.endsWith('received undefined');
}

/** What the validator says of a union of which no alternative is close. */
const UNTOLD = 'Invalid input';

/** For a union, finds the issue of the closest alternative: one whose type the value has. */
function mostTelling(issue: Issue): Issue {
  const [ofName] = issue.issues ?? [];
  if (issue.code === 'invalid_key' && ofName !== undefined) return { ...issue, message: ofName.message };
  const alternatives = (issue.errors ?? []).flat();
  const inner =
    alternatives.find(({ code, path }) => code !== 'invalid_type' || path.length > 0) ??
    alternatives.find(isMissing);
  if (inner === undefined) return issue;
  const told = mostTelling({ ...inner, path: [...issue.path, ...inner.path] });
  return told.message === UNTOLD && issue.message !== UNTOLD ? issue : told;
}

/**
 * Refuses what the validator handles badly. It skips `__proto__`, and so would drop a field that the caller required. And it keeps an issue
 * for each item of a list, even of one that is too long: a megabyte of `{},` took a gigabyte. Objects with any names are copied.
 */
function assertValidatable(value: unknown, path: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__'))
    throw new CallerError('BAD_REQUEST', 'The name __proto__ is not accepted.');
  const isList = Array.isArray(value);
  if ((isList ? value : Object.keys(value)).length > MAX_ITEMS) {
    const place = path.length === 0 ? 'The body' : shortened(path.join('.'), MAX_NAMES_SHOWN);
    const what = isList ? 'items in a list' : 'names in an object';
    throw new CallerError('BAD_REQUEST', `${place}: expected at most ${MAX_ITEMS} ${what}.`);
  }
  for (const [name, inner] of Object.entries(value)) assertValidatable(inner, [...path, name]);
}
