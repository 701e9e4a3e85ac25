// Maps a registry's name to the origin of its API.
import { CallerError } from '../core/errors/caller_error.ts';
import { type EgressPolicy, isRegistryAllowed } from '../egress/egress_policy.ts';

/** Docker Hub's API has a different host from the one in its image names. */
const API_HOSTS: Record<string, string> = { 'docker.io': 'registry-1.docker.io' };

/** The API's origin, such as `https://ghcr.io`. Error: `REGISTRY_NOT_ALLOWED`. */
export function registryOrigin(registry: string, policy: EgressPolicy): string {
  if (!isRegistryAllowed(policy, registry)) {
    throw new CallerError(
      'REGISTRY_NOT_ALLOWED',
      `The registry ${registry} is not on this service's allowlist; an administrator can add it to REGISTRIES.`,
    );
  }
  const scheme = policy.insecure.has(registry) ? 'http' : 'https';
  // It can be parsed: otherwise it would not be allowed.
  return new URL(`${scheme}://${API_HOSTS[registry] ?? registry}`).origin;
}
