// The administrator's token of a service on this machine, generated once and kept with the state.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'admin-token';

/** Returns the token kept in `stateDir`, and generates it on first use. Only this user can read the file. */
export async function keptAdminToken(stateDir: string): Promise<string> {
  const path = join(stateDir, FILE);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
