// Validates queries as middleware: an unknown parameter is refused by name.
import { zValidator } from '@hono/zod-validator';
import type * as z from 'zod';
import { CallerError } from '../../core/errors/caller_error.ts';
import { badRequest } from './body.ts';

export function query<S extends z.ZodType>(schema: S) {
  return zValidator('query', schema, (result, context) => {
    if (new URL(context.req.url).searchParams.has('__proto__')) {
      throw new CallerError('BAD_REQUEST', 'The name __proto__ is not accepted.');
    }
    if (!result.success) throw badRequest(result.error);
  });
}
