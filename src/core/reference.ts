// Image references: the grammar of distribution/reference (reference.go, regexp.go) and Docker's normalisation of familiar names
// (normalize.go). The resulting registry, repository, tag and digest are safe to use in a URL as they are.
import { type Digest, isDigest } from './crypto/digest.ts';
import { Malformed } from './encoding/malformed.ts';

/** In ASCII characters, as written, before normalisation. */
export const MAX_REFERENCE_LENGTH = 512;
/** distribution/reference: RepositoryNameTotalLengthMax, without the registry. */
const MAX_REPOSITORY_LENGTH = 255;

const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^(?:(${DOMAIN})/)?(${PATH_COMPONENT}(?:/${PATH_COMPONENT})*)$`);
const SEGMENT = new RegExp(`^${PATH_COMPONENT}$`);
const TAG = /^[\w][\w.-]{0,127}$/;
/** As skopeo, Helm and browsers write it in front of a name. */
const SCHEME = /^[a-z-]{1,20}:\/\//i;
/** Text that a container runtime takes for the id of a local image rather than a name, in full or abbreviated. */
const IDENTIFIER = /^(?:[a-f0-9]{64}$|(?:sha(?:256|384|512)|blake3):[^/]*$)/;

/** The parts that the grammar finds, before defaults are filled in. */
export interface ParsedReference {
  domain?: string;
  path: string;
  tag?: string;
  digest?: Digest;
}

/** A complete, normalised reference. `registry` is in lower case, `docker.io` for Docker Hub, and may have a port. */
export interface ImageReference {
  registry: string;
  repository: string;
  tag?: string;
  digest?: Digest;
}

function fail(problem: string): never {
  throw new Malformed('reference', problem);
}

/** Splits `name[:tag][@digest]` according to the grammar. Errors name the part that does not match. */
export function parseReference(text: string): ParsedReference {
  if (text === '') fail('is empty');
  if (/\s/.test(text)) fail('contains white space');
  const [scheme] = SCHEME.exec(text) ?? [];
  if (scheme !== undefined) fail(`begins with a scheme: leave out "${scheme}"`);
  if (text.length > MAX_REFERENCE_LENGTH) fail(`is longer than ${MAX_REFERENCE_LENGTH} characters`);
  const [rest = '', digest, extra] = text.split('@');
  if (extra !== undefined) fail('contains more than one @');
  if (digest !== undefined && !isDigest(digest))
    fail('has a digest that is not sha256: and 64 lower-case hexadecimal digits');
  const slash = rest.lastIndexOf('/');
  const colon = rest.indexOf(':', slash + 1);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const name = tag === undefined ? rest : rest.slice(0, colon);
  if (!TAG.test(tag ?? 'latest'))
    fail('has an invalid tag: use at most 128 letters, digits, "_", "." and "-"');
  const match = NAME.exec(name);
  if (match?.[2] === undefined) {
    if (NAME.test(name.toLowerCase())) fail('has upper case in the repository; it is allowed only in tags');
    fail('is not of the form registry/repository:tag@digest');
  }
  return {
    path: shortEnough(match[2]),
    ...(match[1] !== undefined && { domain: match[1] }),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

function shortEnough(repository: string): string {
  if (repository.length > MAX_REPOSITORY_LENGTH)
    fail(`has a repository longer than ${MAX_REPOSITORY_LENGTH} characters`);
  return repository;
}

/**
 * Parses a reference as a person types it: `busybox` is `docker.io/library/busybox:latest`. Host names become lower case, the default
 * port 443 is dropped, and all of Docker Hub's host names become one. Unlike in distribution, a first segment in upper case without a dot
 * is an error rather than a host.
 */
export function parseImageReference(text: string): ImageReference {
  if (IDENTIFIER.test(text)) fail('is an image id, not a name; write name@sha256:…');
  const first = text.slice(0, Math.max(text.indexOf('/'), 0));
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const parsed = parseReference(isHost || text === '' ? text : `docker.io/${text}`);
  if (parsed.domain === undefined)
    fail(`begins with what looks like a registry but is not a valid host: ${first}`);
  const registry = normalizeRegistry(parsed.domain);
  const repository =
    registry === 'docker.io' && !parsed.path.includes('/') ? `library/${parsed.path}` : parsed.path;
  const tag = parsed.tag ?? (parsed.digest === undefined ? 'latest' : undefined);
  return {
    registry,
    repository: shortEnough(repository),
    ...(tag !== undefined && { tag }),
    ...(parsed.digest !== undefined && { digest: parsed.digest }),
  };
}

/** Parses a repository name without tag or digest, as in `signatures=`. */
export function parseRepositoryName(text: string): ImageReference {
  const { registry, repository, tag, digest } = parseImageReference(text);
  if (digest !== undefined || text.endsWith(`:${tag}`))
    fail('must be a repository: leave out the tag and digest');
  return { registry, repository };
}

/** Contains nothing that a URL parser would take for more than a host. */
const HOST = /^[^\s/?#\\@%]+$/;

/** A host's only spelling: lower case, without port 443, and IP addresses in the form that is contacted (`1.2.3` is `1.2.0.3`). */
export function normalizeHost(text: string): string {
  const host = HOST.test(text) ? URL.parse(`https://${text}`)?.host : undefined;
  return host ?? text.toLowerCase();
}

/** Like `normalizeHost`, for a registry: Docker Hub is `docker.io`. */
export function normalizeRegistry(registry: string): string {
  const host = normalizeHost(registry);
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** A registry's normalised name: a host, optionally with a port. */
const REGISTRY_NAME =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

export function isRegistryName(text: string): boolean {
  return REGISTRY_NAME.test(text) && URL.canParse(`https://${text}`);
}

/** Whether the text can be one segment of a repository name, between slashes. */
export function isPathComponent(text: string): boolean {
  return SEGMENT.test(text);
}

/** The full name, as used in policies, scopes and output: `docker.io/library/busybox`. */
export function fullName(reference: { registry: string; repository: string }): string {
  return `${reference.registry}/${reference.repository}`;
}

export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${fullName(reference)}${tag}${digest}`;
}
