// The arguments of a command on the command line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Like `parseArgs`, but if the arguments do not fit, it prints the usage and ends the process with status 2. */
export function parseArguments<T extends ParseArgsConfig>(usage: string, config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nusage: ${usage}`);
    process.exit(2);
  }
}
