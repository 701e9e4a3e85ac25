// Durations as Kubernetes and Go write them (time.ParseDuration): `8s`, `500ms`, `1m30s`.
import { CallerError } from '../core/caller_error.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h))+$/;
/** The answer must be on its way before the caller's own clock runs out: this share is kept back, within bounds in ms. */
const MARGIN = { share: 0.1, least: 20, most: 500 };

/** Milliseconds. Error: `BAD_REQUEST`. */
function parseDuration(text: string): number {
  if (text.length > 64 || !DURATION.test(text))
    throw new CallerError('BAD_REQUEST', 'timeout: expected a duration such as 8s or 500ms.');
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g))
    total += Number(amount) * (UNITS[unit] ?? 0);
  if (total <= 0) throw new CallerError('BAD_REQUEST', 'timeout: expected more than nothing.');
  return total;
}

/** How long to work, given the service's deadline and the caller's timeout, both in milliseconds. */
export function workingTime(deadline: number, timeout: string | undefined): number {
  if (timeout === undefined) return deadline;
  const milliseconds = parseDuration(timeout);
  const margin = Math.min(MARGIN.most, Math.max(MARGIN.least, milliseconds * MARGIN.share));
  return Math.max(1, Math.min(deadline, Math.floor(milliseconds - margin)));
}
