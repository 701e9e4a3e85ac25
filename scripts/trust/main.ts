// The command, given everything from outside as arguments so that tests can drive it.
import { applyFolder } from './apply.ts';
import { createClient, type Fetch } from './client.ts';
import { type Command, readCommand, USAGE } from './command.ts';
import { exportFolder } from './export.ts';
import { createOutput } from './output.ts';
import { Trouble, UsageError } from './trouble.ts';

export interface Outside {
  fetch: Fetch;
  environment: Record<string, string | undefined>;
  /** The base of relative paths. */
  directory: string;
  out(line: string): void;
  err(line: string): void;
  sleep(milliseconds: number): Promise<void>;
}

/** @returns the exit code */
export async function main(args: string[], outside: Outside): Promise<number> {
  const { environment, directory, out, err } = outside;
  let command: Command;
  try {
    command = readCommand(args, environment, directory);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (command.name === 'help') {
    out(USAGE);
    return 0;
  }
  const output = createOutput(out, err, command.token);
  const client = createClient({ ...outside, ...command, onWait: output.complain });
  try {
    if (command.name === 'apply') return await applyFolder(command, client, output);
    return await exportFolder(command, client, output);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    error.lines.forEach(output.complain);
    return 1;
  }
}
