// Where requests may go. The first hop of every call goes to a listed host; what a registry then points to (a blob's storage, a token
// service) may be any public https host, without credentials.
import { isInternalHost } from './addresses.ts';

export interface EgressPolicy {
  /** `host` or `host:port`, lower case, `docker.io` for Docker Hub. */
  registries: ReadonlySet<string>;
  /** Whether `*` was listed: any public host may be a registry. */
  anyPublicRegistry: boolean;
  /** Hosts reached over plain http (development). */
  insecure: ReadonlySet<string>;
}

export function isRegistryAllowed(policy: EgressPolicy, registry: string): boolean {
  if (policy.registries.has(registry)) return true;
  if (!policy.anyPublicRegistry) return false;
  const url = URL.parse(`https://${registry}`);
  return url !== null && !isInternalHost(url.hostname);
}

/** Why a hop must not be taken; undefined if it may. `named` holds the origins that configuration or the call itself names. */
export function hopProblem(policy: EgressPolicy, url: URL, named: ReadonlySet<string>): string | undefined {
  if (url.username !== '' || url.password !== '') return 'a URL with credentials in it';
  if (named.has(url.origin)) return undefined;
  if (url.protocol !== 'https:') return `the scheme ${url.protocol}`;
  if (policy.registries.has(url.host)) return undefined;
  return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;
}

/** Like `hopProblem`, for a call that may reach only listed hosts: over https, or over plain http if the host is in `policy.insecure`. */
export function listedHopProblem(
  policy: EgressPolicy,
  url: URL,
  hosts: ReadonlySet<string>,
): string | undefined {
  if (url.username !== '' || url.password !== '') return 'a URL with credentials in it';
  if (!hosts.has(url.host)) return 'a host that is not in DOWNLOAD_HOSTS';
  const isPlain = url.protocol === 'http:' && policy.insecure.has(url.host);
  return url.protocol === 'https:' || isPlain ? undefined : `the scheme ${url.protocol}`;
}
