// Runs the built bundle as a service on either runtime, for `npm start`, the end-to-end tests and the benchmarks.

import { startDeno } from './deno.ts';
import { startWorkerd } from './workerd.ts';

export const RUNTIMES = ['workerd', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export interface ServiceOptions {
  /** The bundle's file. */
  bundle: string;
  /** Settings by name; settings in this process's own environment do not reach the service. */
  settings: Record<string, string>;
  host?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** The folder of the key-value store; absent: in memory, lost at the end. */
  stateDir?: string | undefined;
  /** Whether the service's own log goes to this process's standard error; otherwise it is dropped. */
  isLogged?: boolean;
  /** Whether its heap can be inspected; workerd only. */
  isInspected?: boolean;
}

export interface Service {
  /** Origin, without a trailing slash. */
  url: string;
  stop(): Promise<void>;
  /** The size of its JavaScript heap after garbage collection, in bytes; only if it is inspected. */
  heap?(): Promise<number>;
  /** Resolves with the reason if the service ends without being told to; never on workerd. */
  ended: Promise<string>;
}

export function startService(runtime: Runtime, options: ServiceOptions): Promise<Service> {
  return runtime === 'deno' ? startDeno(options) : startWorkerd(options);
}
