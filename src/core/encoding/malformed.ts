import { shortened } from './display.ts';

/** In characters. A problem may quote what was parsed. */
const MAX_LENGTH = 4096;

/** The only error that parsers of untrusted input throw: what was parsed, and what is wrong with it. */
export class Malformed extends Error {
  readonly what: string;
  readonly problem: string;

  /** @param what the thing being parsed, such as "PEM" or "log entry"; @param problem what needs fixing */
  constructor(what: string, problem: string) {
    super(shortened(`${what}: ${problem}`, MAX_LENGTH));
    this.name = 'Malformed';
    this.what = what;
    this.problem = shortened(problem, MAX_LENGTH);
  }
}

/** Runs a parser and returns its value or the `Malformed` it threw. Any other error is a bug and propagates. */
export function attempt<T>(parse: () => T): T | Malformed {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}
