// The arguments of a command on the command line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Like `parseArgs`, but the error that it throws if the arguments do not fit ends with the usage. */
export function readArguments<T extends ParseArgsConfig>(usage: string, config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Error(withUsage(usage, error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
}

/** Like `readArguments`, but if the arguments do not fit, it prints that and ends the process with status 2. */
export function parseArguments<T extends ParseArgsConfig>(usage: string, config: T) {
  try {
    return readArguments(usage, config);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

export function withUsage(usage: string, problem: string): string {
  return `${problem}\nusage: ${usage}`;
}

/** Ends the process with status 2, because of what is wrong with the arguments. */
export function endWithUsage(usage: string, problem: string): never {
  console.error(withUsage(usage, problem));
  process.exit(2);
}
