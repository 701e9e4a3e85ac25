// Durations as Kubernetes and Go write them (time.ParseDuration): `8s`, `500ms`, `1m30s`.
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h))+$/;
/** Share of the timeout kept back, so that the answer is sent before the caller's own clock runs out; bounds in milliseconds. */
const MARGIN = { share: 0.1, least: 20, most: 500 };

/** Parses a duration into milliseconds; undefined if the text is not a duration or is zero. */
function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g))
    total += Number(amount) * (UNITS[unit] ?? 0);
  return total > 0 ? total : undefined;
}

export function isDuration(text: string): boolean {
  return parseDuration(text) !== undefined;
}

/**
 * How long to work, in milliseconds. The service's deadline applies if the timeout is invalid: the route that takes it refuses it, but
 * only once the caller is authenticated.
 * @param deadline the service's own, in milliseconds
 */
export function workingTime(deadline: number, timeout: string | undefined): number {
  const milliseconds = timeout === undefined ? undefined : parseDuration(timeout);
  if (milliseconds === undefined) return deadline;
  const margin = Math.min(MARGIN.most, Math.max(MARGIN.least, milliseconds * MARGIN.share));
  return Math.max(1, Math.min(deadline, Math.floor(milliseconds - margin)));
}
