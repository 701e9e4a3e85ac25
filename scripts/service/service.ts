// The built bundle as a running service, on either runtime: what start, the end-to-end tests and the benchmark share.

import { startDeno } from './deno.ts';
import { startWorkerd } from './workerd.ts';

export const RUNTIMES = ['workerd', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export interface ServiceOptions {
  /** The bundle's file. */
  bundle: string;
  /** Settings by name; nothing else of this process's settings reaches the service. */
  settings: Record<string, string>;
  host?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Where the key-value store is kept; absent: in memory, gone at the end. */
  stateDir?: string | undefined;
  /** Whether the service's own log goes to this process's standard error; otherwise it is dropped. */
  isLogged?: boolean;
  /** Whether its heap can be looked at; workerd only. */
  isInspected?: boolean;
}

export interface Service {
  /** Origin, without a slash at its end. */
  url: string;
  stop(): Promise<void>;
  /** What its JavaScript holds once all garbage is collected, in bytes; where it is inspected. */
  heap?(): Promise<number>;
  /** Settles with what happened when the service ends without having been told to. */
  ended: Promise<string>;
}

export function startService(runtime: Runtime, options: ServiceOptions): Promise<Service> {
  return runtime === 'deno' ? startDeno(options) : startWorkerd(options);
}
