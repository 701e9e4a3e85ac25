// Content negotiation: which of several media types a caller prefers (RFC 9110 §12.5.1).

import type { Context } from 'hono';
import { accepts } from 'hono/accepts';

const JSON_TYPE = 'application/json';

/** Whether the caller prefers `type` to every other: by weight and, at equal weight, by how specifically the Accept header names it. */
export function prefers(context: Context, type: string, others = [JSON_TYPE]): boolean {
  const chosen = accepts(context, {
    header: 'Accept',
    supports: [type, ...others],
    default: JSON_TYPE,
    match(ranges) {
      const one = closest(ranges, type);
      const isRather = others
        .map((other) => closest(ranges, other))
        .every(({ q, closeness }) => one.q > q || (one.q === q && one.closeness > closeness));
      return one.q > 0 && isRather ? type : JSON_TYPE;
    },
  });
  return chosen === type;
}

/** The weight of a type is that of the most specific range that matches it. */
function closest(ranges: { type: string; q: number }[], supported: string): { q: number; closeness: number } {
  const whole = ['*/*', `${supported.split('/')[0]}/*`, supported];
  return ranges
    .map(({ type, q }) => ({ q, closeness: whole.indexOf(type.toLowerCase()) }))
    .reduce((best, one) => (one.closeness > best.closeness ? one : best), { q: 0, closeness: -1 });
}
