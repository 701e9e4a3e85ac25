// The arguments of a command on the command line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Like `parseArgs`, but if the arguments do not fit, it prints the usage and ends the process with status 2. */
export function parseArguments<T extends ParseArgsConfig>(usage: string, config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    return endWithUsage(usage, error instanceof Error ? error.message : String(error));
  }
}

/** Ends the process with status 2, because of what is wrong with the arguments. */
export function endWithUsage(usage: string, problem: string): never {
  console.error(`${problem}\nusage: ${usage}`);
  process.exit(2);
}
