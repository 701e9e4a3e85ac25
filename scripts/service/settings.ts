// The service's settings, by their names in the environment.

export const SETTINGS: readonly string[] = [
  'ADMIN_TOKEN',
  'ACCESS',
  'REGISTRIES',
  'INSECURE_REGISTRIES',
  'REGISTRY_AUTH',
  'DOWNLOAD_HOSTS',
  'REKOR_URL',
  'PUBLIC_LOG',
  'DEADLINE_MS',
  'CACHE_SECONDS',
  'RATE_LIMIT',
  'SUBREQUESTS',
];

/** The settings that the user has set. An empty value counts as unset, which is what `NAME= command` in a shell means. */
export function settingsFromEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of SETTINGS) {
    const value = environment[name];
    if (value !== undefined && value !== '') set[name] = value;
  }
  return set;
}

/** A comma-separated list with one more item. */
export function withItem(list: string | undefined, item: string): string {
  return list === undefined ? item : `${list},${item}`;
}
