// The rows of the benchmark, and how they are printed.

import { FORMS } from './forms.ts';
import type { GateFigures } from './gate.ts';
import { GROWTH } from './growth.ts';
import { growthName } from './growth_name.ts';
import type { Spread } from './measure.ts';
import { KEYS, RULES } from './stored.ts';

export interface Row extends Spread {
  runtime: 'workerd' | 'deno' | 'node';
  name: string;
  /** The median divided by that of the row `against` of the same runtime. */
  ratio?: number;
  against?: string;
  /** For more of the same work: how the cost grows with its amount. */
  growth?: string;
}

/** How many requests a verification sent to the registry. */
export interface Requests {
  runtime: 'workerd' | 'deno';
  name: string;
  requests: number;
}

/**
 * What cosign's wall time and CPU time are also compared with (`peer/cosign` is its wall time beside the service when it is cold): the
 * service when it only resolves the tag, and for a digest; with one call at a time, and `busy` with several.
 */
export const COSIGN_AGAINST = [
  'http/tagged-cached',
  'cpu/tagged-cold',
  'cpu/tagged-cached',
  'cpu/registry-cached',
  'busy/tagged-cold',
  'busy/tagged-cached',
  'busy/registry-cached',
];

/** The row that each row is compared with. */
const AGAINST: Record<string, string> = {
  'reading/seed': 'floor',
  'core/seed': 'floor',
  ...Object.fromEntries(FORMS.map((form) => [`core/${form}`, `floor/${form}`])),
  'http/store': 'http/empty',
  'http/offline': 'http/empty',
  'http/registry-cold': 'http/empty',
  'http/registry-cached': 'http/store',
  'http/tagged-cold': 'http/empty',
  'http/tagged-cached': 'http/empty',
  ...againstFirst('core/signatures', GROWTH.signatures),
  ...againstFirst('core/proof', GROWTH.proof),
  ...againstFirst('http/keys', KEYS),
  ...againstFirst('http/rules', RULES),
  'start/bundle': 'start/empty',
  'cpu/tagged-cold': 'cpu/fetches',
  'cpu/tagged-cached': 'cpu/fetches',
  'cpu/registry-cached': 'cpu/store',
  ...Object.fromEntries(COSIGN_AGAINST.map((ours) => [`cosign/${ours}`, ours])),
  'gate/blob': 'gate/bare-blob',
  'gate/cpu': 'gate/hash-cpu',
  'gate/manifest': 'gate/empty',
  'peer/sigstore-verify': 'core/hashedrekord',
  'peer/cosign': 'http/tagged-cold',
};

function againstFirst(name: string, [first, ...more]: number[]): Record<string, string> {
  return Object.fromEntries(more.map((count) => [`${name}-${count}`, `${name}-${first}`]));
}

export function toRows(runtime: Row['runtime'], spreads: Map<string, Spread>): Row[] {
  return [...spreads].map(([name, spread]) => {
    const against = AGAINST[name];
    const other = against === undefined ? undefined : spreads.get(against);
    const { microseconds, low, high } = spread;
    const row: Row = { runtime, name, microseconds: tenth(microseconds), low: tenth(low), high: tenth(high) };
    if (against === undefined || other === undefined) return row;
    const ratio = Math.round((microseconds / other.microseconds) * 1000) / 1000;
    const times = amountIn(name) / amountIn(against);
    return { ...row, ratio, against, ...(times > 1 && { growth: growthName(times, ratio) }) };
  });
}

/** The amount of work at the end of a row's name, as in `http/keys-1000`; NaN if there is none. */
function amountIn(name: string): number {
  return Number(/-([0-9]+)$/.exec(name)?.[1]);
}

/** What the gate uses apart from time. */
export interface GateReport extends Omit<GateFigures, 'spreads'> {
  runtime: 'workerd' | 'deno';
}

export function printTable(rows: Row[], requests: Requests[], gates: GateReport[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const number = (value: number) => value.toFixed(1).padStart(10);
  console.log(`${'runtime'.padEnd(9)}${'row'.padEnd(width)}    median       low      high   in µs`);
  for (const { runtime, name, microseconds, low, high, ratio, against, growth } of rows) {
    const named = growth === undefined ? '' : `, growth: ${growth}`;
    const compared = ratio === undefined ? '' : `   ${ratio.toFixed(2)} × ${against}${named}`;
    console.log(
      `${runtime.padEnd(9)}${name.padEnd(width)}${[microseconds, low, high].map(number).join('')}${compared}`,
    );
  }
  console.log('\nRequests to the registry for one verification');
  for (const { runtime, name, requests: count } of requests) {
    console.log(`${runtime.padEnd(9)}${name.padEnd(width)}${String(count).padStart(10)}`);
  }
  console.log(
    '\nThe gate: peak memory in MiB while a layer of 16 MiB and one of 1024 MiB pass through; MiB/s at full speed; failures among 64 concurrent pulls',
  );
  for (const { runtime, memory, throughput, failed } of gates) {
    for (const { name, small, large } of memory)
      console.log(`${runtime.padEnd(9)}${name.padEnd(width)}${[small, large].map(number).join('')}`);
    const { registry, proxy, gate } = throughput;
    console.log(
      `${runtime.padEnd(9)}${'registry, proxy, gate'.padEnd(width)}${[registry, proxy, gate].map(number).join('')}`,
    );
    console.log(`${runtime.padEnd(9)}${'failed'.padEnd(width)}${String(failed).padStart(10)}`);
  }
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
