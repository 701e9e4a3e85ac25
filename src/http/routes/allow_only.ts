// Answers methods that a path does not support with 405, naming those that it supports.
import type { Hono } from 'hono';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { AppEnv } from '../context.ts';

/** Call it after the path's routes are added. */
export function allowOnly(
  app: Hono<AppEnv>,
  path: string,
  ...methods: ('GET' | 'POST' | 'PUT' | 'DELETE')[]
): void {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  app.all(path, (context) => {
    context.header('Allow', allow);
    throw new CallerError('METHOD_NOT_ALLOWED', `${context.req.method} is not allowed here; use ${allow}.`);
  });
}
