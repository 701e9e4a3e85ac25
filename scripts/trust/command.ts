// Parses the command line and the environment into one command.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { apiAddress } from '../../src/core/encoding/api_address.ts';
import { UsageError } from './trouble.ts';

export const USAGE = `usage: npm run trust -- apply FOLDER --url URL [--dry-run] [--prune]
       npm run trust -- export FOLDER --url URL [--force]

apply    makes the service match the folder, after printing what will change
  --dry-run  only prints the changes
  --prune    deletes the logs and policies that are not in the folder
export   writes the service's keys, logs and policies to such a folder
  --force    replaces the keys, logs and policies that are already in it

An administrator's token is read from COUNTERSIGN_TOKEN.
Exit codes: 0: done, or nothing to do. 1: refused or failed. 2: usage error. 3: --dry-run found differences.`;

export type Command =
  | { name: 'help' }
  | ({ name: 'apply'; isDryRun: boolean; prunes: boolean } & Target)
  | ({ name: 'export'; replaces: boolean } & Target);

interface Target {
  /** Absolute. */
  folder: string;
  /** Without a trailing slash. */
  url: string;
  token: string;
}

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * @param directory the base of relative paths
 * @throws UsageError for invalid usage
 */
export function readCommand(
  args: string[],
  environment: Record<string, string | undefined>,
  directory: string,
): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return { name: 'help' };
  const [name, folder, ...more] = positionals;
  if (name !== 'apply' && name !== 'export') throw new UsageError('Expected apply or export.');
  if (folder === undefined || more.length > 0) throw new UsageError('Expected one folder.');
  const others = name === 'apply' ? (['force'] as const) : (['dry-run', 'prune'] as const);
  for (const other of others) if (values[other] === true) throw new UsageError(`${name} has no --${other}.`);
  const target = {
    folder: resolve(directory, folder),
    url: readUrl(values.url),
    token: readToken(environment.COUNTERSIGN_TOKEN),
  };
  if (name === 'export') return { name, ...target, replaces: values.force === true };
  return { name, ...target, isDryRun: values['dry-run'] === true, prunes: values.prune === true };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        'dry-run': { type: 'boolean' },
        prune: { type: 'boolean' },
        force: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Errors do not repeat the URL, since it may contain a password. */
function readUrl(text: string | undefined): string {
  if (text === undefined) throw new UsageError("Give the service's URL with --url.");
  const url = apiAddress(text);
  if (url === undefined)
    throw new UsageError('--url: expected an https URL without credentials, query or fragment.');
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !LOCAL.has(hostname))
    throw new UsageError('--url: expected https; the token must not be sent unencrypted over a network.');
  return url;
}

/** RFC 6750 §2.1, as the service accepts it. */
function readToken(text: string | undefined): string {
  const token = text?.trim() ?? '';
  if (token === '') throw new UsageError("Set COUNTERSIGN_TOKEN to an administrator's token.");
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError('COUNTERSIGN_TOKEN contains characters that are not allowed in a token.');
  return token;
}
