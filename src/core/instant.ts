// Instants as text.

/** RFC 3339 in UTC, without a fraction where there is none; beyond a date's range, the number of milliseconds. */
export function formatInstant(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString().replace('.000Z', 'Z');
}
