/** The one error that the parsers of untrusted input throw: what was read, and what is wrong with it. */
export class Malformed extends Error {
  readonly what: string;
  readonly problem: string;

  /** @param what the thing being read, as in "PEM" or "log entry"; @param problem what a reader should mend */
  constructor(what: string, problem: string) {
    super(`${what}: ${problem}`);
    this.name = 'Malformed';
    this.what = what;
    this.problem = problem;
  }
}

/** Runs a parser and gives its value, or the `Malformed` it threw. Any other error is a defect and passes. */
export function attempt<T>(parse: () => T): T | Malformed {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}
