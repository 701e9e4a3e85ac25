// Request bodies: counted before they are kept, kept before they are parsed, and parsed strictly.
import type { Context } from 'hono';
import type * as z from 'zod';
import { type Bytes, concat } from '../core/bytes.ts';
import { CallerError } from '../core/caller_error.ts';
import { type Json, parseJsonBytes } from '../core/json.ts';
import { Malformed } from '../core/malformed.ts';

/** Reads at most `limit` bytes, whatever Content-Length says. Error: `TOO_LARGE`. */
export async function readBody(context: Context, limit: number): Promise<Bytes> {
  const tooLarge = () => new CallerError('TOO_LARGE', `The body is larger than ${limit} bytes.`);
  if (Number(context.req.header('Content-Length') ?? 0) > limit) throw tooLarge();
  const reader = context.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...chunks);
    length += value.length;
    if (length > limit) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(value);
  }
}

/** The media type without parameters, lower case; undefined when none was sent. */
export function mediaType(context: Context): string | undefined {
  return context.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase();
}

/** Reads and validates JSON. Errors: `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`, `BAD_REQUEST` with the place. */
export async function readJson<S extends z.ZodType>(
  context: Context,
  schema: S,
  limit: number,
): Promise<z.output<S>> {
  const type = mediaType(context);
  if (type !== 'application/json') {
    throw new CallerError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON with Content-Type: application/json (curl --json does).',
    );
  }
  return validate(schema, parse(await readBody(context, limit)));
}

function parse(bytes: Bytes): Json {
  try {
    return parseJsonBytes(bytes, 'body');
  } catch (error) {
    if (error instanceof Malformed) throw new CallerError('BAD_REQUEST', `${sentence(error.message)}.`);
    throw error;
  }
}

/** Checks a value against a schema. `__proto__` is refused: a validator that skips it would drop what was required. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  if (hasProto(value)) throw new CallerError('BAD_REQUEST', 'The name __proto__ is not accepted.');
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(result.error);
}

export function badRequest(error: {
  issues: readonly { path: PropertyKey[]; message: string }[];
}): CallerError {
  const [issue] = error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  return new CallerError(
    'BAD_REQUEST',
    `${place === '' ? '' : `${place}: `}${issue?.message ?? 'not valid'}.`,
  );
}

function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
