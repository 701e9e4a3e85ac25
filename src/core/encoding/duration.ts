// Durations as Kubernetes and Go write them (time.ParseDuration): `8s`, `500ms`, `1m30s`, `168h`.
import { Malformed } from './malformed.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h))+$/;
/** In characters. */
const MAX_LENGTH = 64;

/** Parses a duration into milliseconds. Throws `Malformed`, also for zero. */
export function parseDuration(text: string): number {
  let total = 0;
  if (text.length <= MAX_LENGTH && DURATION.test(text))
    for (const [, amount, unit = ''] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g))
      total += Number(amount) * (UNITS[unit] ?? 0);
  if (total === 0)
    throw new Malformed('duration', 'expected one greater than zero, such as 500ms, 8s or 168h');
  return total;
}
