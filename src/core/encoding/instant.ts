// Instants as RFC 3339 text.
import { Malformed } from './malformed.ts';

const RFC_3339 =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** Parses RFC 3339 with any offset to milliseconds since the epoch. Nonexistent days are rejected, not rolled over. Throws `Malformed`. */
export function parseInstant(text: string, what: string): number {
  const clock = RFC_3339.exec(text)?.[1];
  const time = Date.parse(text);
  const isThere = clock !== undefined && formatInstant(Date.parse(`${clock}Z`)) === `${clock}Z`;
  // The year must have four digits in UTC too.
  if (!isThere || !RFC_3339.test(formatInstant(time)))
    throw new Malformed(what, 'expected an RFC 3339 date and time');
  return time;
}

/** Recently formatted instants: every verification formats the same few, and formatting is slow. */
const WRITTEN = new Map<number, string>();
const MAX_WRITTEN = 64;

/** RFC 3339 in UTC, with a fraction only if it is not zero; outside the range of a Date, the number of milliseconds. */
export function formatInstant(milliseconds: number): string {
  const known = WRITTEN.get(milliseconds);
  if (known !== undefined) return known;
  const date = new Date(milliseconds);
  const text = Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString().replace('.000Z', 'Z');
  if (WRITTEN.size >= MAX_WRITTEN) WRITTEN.clear();
  WRITTEN.set(milliseconds, text);
  return text;
}
