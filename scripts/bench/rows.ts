// The rows of the benchmark, and how they are printed.

import { FORMS } from './forms.ts';
import type { Spread } from './measure.ts';

export interface Row extends Spread {
  runtime: 'workerd' | 'deno' | 'node';
  name: string;
  /** The median divided by that of the row `against`, of the same runtime. */
  ratio?: number;
  against?: string;
}

/** How many requests a verification made of the registry. */
export interface Requests {
  runtime: 'workerd' | 'deno';
  name: string;
  requests: number;
}

/** What each row is compared with. */
const AGAINST: Record<string, string> = {
  'core/seed': 'floor',
  ...Object.fromEntries(FORMS.map((form) => [`core/${form}`, `floor/${form}`])),
  'http/store': 'http/empty',
  'http/offline': 'http/empty',
  'http/registry-cold': 'http/empty',
  'http/registry-cached': 'http/store',
  'peer/sigstore-verify': 'core/hashedrekord',
};

export function toRows(runtime: Row['runtime'], spreads: Map<string, Spread>): Row[] {
  return [...spreads].map(([name, spread]) => {
    const against = AGAINST[name];
    const other = against === undefined ? undefined : spreads.get(against);
    const { microseconds, low, high } = spread;
    const row: Row = { runtime, name, microseconds: tenth(microseconds), low: tenth(low), high: tenth(high) };
    if (against === undefined || other === undefined) return row;
    return { ...row, ratio: Math.round((microseconds / other.microseconds) * 1000) / 1000, against };
  });
}

export function printTable(rows: Row[], requests: Requests[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const number = (value: number) => value.toFixed(1).padStart(10);
  console.log(`${'runtime'.padEnd(9)}${'what'.padEnd(width)}    median       low      high   in µs`);
  for (const { runtime, name, microseconds, low, high, ratio, against } of rows) {
    const compared = ratio === undefined ? '' : `   ${ratio.toFixed(2)} × ${against}`;
    console.log(
      `${runtime.padEnd(9)}${name.padEnd(width)}${[microseconds, low, high].map(number).join('')}${compared}`,
    );
  }
  console.log('\nRequests to the registry for one verification');
  for (const { runtime, name, requests: count } of requests) {
    console.log(`${runtime.padEnd(9)}${name.padEnd(width)}${String(count).padStart(10)}`);
  }
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
