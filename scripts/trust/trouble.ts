// Failures that are not defects: each message is for the person who runs the command.

/** Exit code 1. */
export class Trouble extends Error {
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** @returns for example `EACCES`; undefined if this is not an error of the operating system */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Invalid usage: exit code 2. */
export class UsageError extends Error {}
