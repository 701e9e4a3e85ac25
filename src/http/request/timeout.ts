// `timeout=`: how long the caller waits, as a duration.
import { parseDuration } from '../../core/encoding/duration.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';

/** Share of the timeout kept back, so that the answer is sent before the caller's own clock runs out; bounds in milliseconds. */
const MARGIN = { share: 0.1, least: 20, most: 500 };

export function isTimeout(text: string): boolean {
  return !(attempt(() => parseDuration(text)) instanceof Malformed);
}

/**
 * How long to work, in milliseconds. The service's deadline applies if the timeout is invalid: the route that takes it refuses it, but
 * only once the caller is authenticated.
 * @param deadline the service's own, in milliseconds
 */
export function workingTime(deadline: number, timeout: string | undefined): number {
  const milliseconds = timeout === undefined ? undefined : attempt(() => parseDuration(timeout));
  if (milliseconds === undefined || milliseconds instanceof Malformed) return deadline;
  const margin = Math.min(MARGIN.most, Math.max(MARGIN.least, milliseconds * MARGIN.share));
  return Math.max(1, Math.min(deadline, Math.floor(milliseconds - margin)));
}
