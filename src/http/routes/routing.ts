// Methods that a path does not take are 405, and the answer names those it does.
import type { Hono } from 'hono';
import { CallerError } from '../../core/caller_error.ts';
import type { AppEnv } from '../context.ts';

/** Put behind a path's routes. */
export function allowOnly(
  app: Hono<AppEnv>,
  path: string,
  ...methods: ('GET' | 'POST' | 'PUT' | 'DELETE')[]
): void {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  app.all(path, (context) => {
    context.header('Allow', allow);
    throw new CallerError('METHOD_NOT_ALLOWED', `${context.req.method} is not for this path; use ${allow}.`);
  });
}
