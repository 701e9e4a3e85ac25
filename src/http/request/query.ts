// Validates queries as middleware: an unknown parameter is refused by name.
import { zValidator } from '@hono/zod-validator';
import type * as z from 'zod';
import { CallerError } from '../../core/errors/caller_error.ts';
import { badRequest } from './body.ts';

export function query<S extends z.ZodType>(schema: S) {
  return zValidator('query', schema, (result, context) => {
    const { searchParams } = new URL(context.req.url);
    if (searchParams.has('__proto__')) {
      throw new CallerError('BAD_REQUEST', 'The name __proto__ is not accepted.');
    }
    // Hono leaves it out of what it validates.
    if (searchParams.has('')) throw new CallerError('BAD_REQUEST', 'A query parameter has no name.');
    if (result.success) return;
    const [issue] = result.error.issues;
    const name = String(issue?.path[0]);
    if (issue !== undefined && isOfWrongType(issue) && searchParams.getAll(name).length > 1)
      throw new CallerError('BAD_REQUEST', `${name}: may be given only once.`);
    throw badRequest(result.error);
  });
}

/** Not for what may be repeated: there, one of the values is wrong, or their number. */
function isOfWrongType({ code, path }: { code: string; path: PropertyKey[] }): boolean {
  return path.length === 1 && (code === 'invalid_type' || code === 'invalid_value');
}
