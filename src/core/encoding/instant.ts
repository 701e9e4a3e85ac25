// Instants as text.
import { Malformed } from './malformed.ts';

const RFC_3339 =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** RFC 3339 with any offset, to milliseconds since the epoch. Days that do not exist are refused, not carried over. */
export function parseInstant(text: string, what: string): number {
  const clock = RFC_3339.exec(text)?.[1];
  const time = Date.parse(text);
  const isThere = clock !== undefined && formatInstant(Date.parse(`${clock}Z`)) === `${clock}Z`;
  // Years have four digits, in UTC too.
  if (!isThere || !RFC_3339.test(formatInstant(time)))
    throw new Malformed(what, 'expected an RFC 3339 date and time');
  return time;
}

/** The last instants that were written: each verification names the same few, and they are slow to write. */
const WRITTEN = new Map<number, string>();
const MAX_WRITTEN = 64;

/** RFC 3339 in UTC, without a fraction where there is none; beyond a date's range, the number of milliseconds. */
export function formatInstant(milliseconds: number): string {
  const known = WRITTEN.get(milliseconds);
  if (known !== undefined) return known;
  const date = new Date(milliseconds);
  const text = Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString().replace('.000Z', 'Z');
  if (WRITTEN.size >= MAX_WRITTEN) WRITTEN.clear();
  WRITTEN.set(milliseconds, text);
  return text;
}
