// Which of two forms a caller wants (RFC 9110 §12.5.1).
import { accepts } from 'hono/accepts';
import type { AppContext } from './context.ts';

const JSON_TYPE = 'application/json';

/** Whether the caller would rather have this type than JSON: by weight, and of equal ones what it has named more closely. */
export function prefers(context: AppContext, type: string): boolean {
  const chosen = accepts(context, {
    header: 'Accept',
    supports: [type, JSON_TYPE],
    default: JSON_TYPE,
    match(ranges) {
      const [one, other] = [closest(ranges, type), closest(ranges, JSON_TYPE)];
      const isRather = one.q > other.q || (one.q === other.q && one.closeness > other.closeness);
      return one.q > 0 && isRather ? type : JSON_TYPE;
    },
  });
  return chosen === type;
}

/** The weight of a type is that of the range that names it most closely. */
function closest(ranges: { type: string; q: number }[], supported: string): { q: number; closeness: number } {
  const whole = ['*/*', `${supported.split('/')[0]}/*`, supported];
  return ranges
    .map(({ type, q }) => ({ q, closeness: whole.indexOf(type.toLowerCase()) }))
    .reduce((best, one) => (one.closeness > best.closeness ? one : best), { q: 0, closeness: -1 });
}
