// What the routes of stored records share: the id in the path, conditional requests, and pages.
import type * as z from 'zod';
import { CallerError } from '../../core/errors/caller_error.ts';
import { type Edit, etagOf, type Precondition } from '../../store/preconditions.ts';
import { ID_PATTERN } from '../../store/records.ts';

import { type AppContext, callerName } from '../context.ts';
import type { listQuerySchema } from '../request/schemas.ts';

const DEFAULT_PAGE = 100;

/** The id in the path. Error: `BAD_REQUEST`. */
export function idOf(context: AppContext, parameter: 'id' | 'policy' = 'id'): string {
  const id = context.req.param(parameter) ?? '';
  if (ID_PATTERN.test(id)) return id;
  throw new CallerError(
    'BAD_REQUEST',
    'An id consists of a-z, 0-9, ".", "_" and "-", begins with a letter or digit, and has at most 63 characters.',
  );
}

export function preconditionOf(context: AppContext): Precondition {
  const ifMatch = context.req.header('If-Match');
  const ifNoneMatch = context.req.header('If-None-Match');
  return { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch !== undefined && { ifNoneMatch }) };
}

/** The change that the caller asks for. @param now milliseconds since the epoch */
export function editOf(context: AppContext, now: number): Edit {
  return { precondition: preconditionOf(context), by: callerName(context), now };
}

/** What to list, from a validated query. */
export function pageOf({ limit = DEFAULT_PAGE, cursor }: z.output<typeof listQuerySchema>) {
  return { limit, cursor };
}

/** Sets the headers of an answer that shows one record. */
export function showRevision(context: AppContext, revision: string, location?: string): void {
  context.header('ETag', etagOf(revision));
  // A proxy that compressed it would make its ETag weak, which If-Match does not accept.
  context.header('Cache-Control', 'no-cache, no-transform');
  if (location !== undefined) context.header('Location', location);
}
