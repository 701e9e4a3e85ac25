// The compatibility settings of deployments (wrangler.toml), for every workerd that runs here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';

/** In the form that miniflare takes. */
export interface Compatibility {
  compatibilityDate: string;
  compatibilityFlags: string[];
}

export async function readCompatibility(): Promise<Compatibility> {
  const settings = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  const date = /^compatibility_date = "(.+)"$/m.exec(settings)?.[1];
  const flags = /^compatibility_flags = (\[.*\])$/m.exec(settings)?.[1];
  if (date === undefined || flags === undefined)
    throw new Error('wrangler.toml has no compatibility_date or no compatibility_flags');
  return { compatibilityDate: date, compatibilityFlags: JSON.parse(flags) };
}
