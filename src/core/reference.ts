// Image references: the grammar of distribution/reference (reference.go, regexp.go) and Docker's normalisation of familiar
// names (normalize.go). After this, registry, repository, tag and digest can go into a URL as they are.
import { type Digest, isDigest } from './crypto/digest.ts';
import { Malformed } from './encoding/malformed.ts';

/** A reference as written, in bytes of ASCII, before normalisation. */
export const MAX_REFERENCE_LENGTH = 512;
/** distribution/reference: RepositoryNameTotalLengthMax, without the registry. */
const MAX_REPOSITORY_LENGTH = 255;

const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^(?:(${DOMAIN})/)?(${PATH_COMPONENT}(?:/${PATH_COMPONENT})*)$`);
const SEGMENT = new RegExp(`^${PATH_COMPONENT}$`);
const TAG = /^[\w][\w.-]{0,127}$/;
/** What a machine that runs containers takes for the id of an image it has, whatever its name: one whole, or one's beginning. */
const IDENTIFIER = /^(?:[a-f0-9]{64}$|(?:sha(?:256|384|512)|blake3):[^/]*$)/;

/** What the grammar finds, before any default is filled in. */
export interface ParsedReference {
  domain?: string;
  path: string;
  tag?: string;
  digest?: Digest;
}

/** A reference with nothing left to guess. `registry` is lower case, `docker.io` for Docker Hub, and may carry a port. */
export interface ImageReference {
  registry: string;
  repository: string;
  tag?: string;
  digest?: Digest;
}

function fail(problem: string): never {
  throw new Malformed('reference', problem);
}

/** Splits `name[:tag][@digest]` by the grammar. Errors name the part that does not fit. */
export function parseReference(text: string): ParsedReference {
  if (text === '') fail('is empty');
  if (text.length > MAX_REFERENCE_LENGTH) fail(`is longer than ${MAX_REFERENCE_LENGTH} characters`);
  const [rest = '', digest, extra] = text.split('@');
  if (extra !== undefined) fail('has more than one @');
  if (digest !== undefined && !isDigest(digest))
    fail('has a digest that is not sha256: and 64 lower-case hexadecimal digits');
  const slash = rest.lastIndexOf('/');
  const colon = rest.indexOf(':', slash + 1);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const name = tag === undefined ? rest : rest.slice(0, colon);
  if (!TAG.test(tag ?? 'latest'))
    fail('has a tag that is not letters, digits, "_", "." and "-", 128 at most');
  const match = NAME.exec(name);
  if (match?.[2] === undefined) {
    if (NAME.test(name.toLowerCase())) fail('has upper case in the repository; only tags may');
    fail('is not registry/repository:tag@digest');
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
 * Reads a reference as a person types it: `busybox` is `docker.io/library/busybox:latest`. Host names are compared in lower
 * case, port 443 is the default, and Docker Hub's several names are one. A first segment in upper case without a dot is a
 * mistake here, where distribution takes it for a host.
 */
export function parseImageReference(text: string): ImageReference {
  if (IDENTIFIER.test(text)) fail('is the id of an image and names none; write name@sha256:…');
  const first = text.slice(0, Math.max(text.indexOf('/'), 0));
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const parsed = parseReference(isHost ? text : `docker.io/${text}`);
  if (parsed.domain === undefined)
    fail(`has a first segment that stands for a registry and is no host: ${first}`);
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

/** Reads a repository name without tag or digest, as `signatures=` takes it. */
export function parseRepositoryName(text: string): ImageReference {
  const { registry, repository, tag, digest } = parseImageReference(text);
  if (digest !== undefined || text.endsWith(`:${tag}`))
    fail('is a repository here: leave out tag and digest');
  return { registry, repository };
}

/** Nothing that a URL would take for more than its host. */
const HOST = /^[^\s/?#\\@%]+$/;

/** One spelling for one host: lower case, without port 443, an address as it is asked (`1.2.3` is `1.2.0.3`). */
export function normalizeHost(text: string): string {
  const host = HOST.test(text) ? URL.parse(`https://${text}`)?.host : undefined;
  return host ?? text.toLowerCase();
}

/** The same for a registry: Docker Hub is `docker.io`. */
export function normalizeRegistry(registry: string): string {
  const host = normalizeHost(registry);
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** A registry's normalised name: a host, or host and port. */
const REGISTRY_NAME =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

export function isRegistryName(text: string): boolean {
  return REGISTRY_NAME.test(text) && URL.canParse(`https://${text}`);
}

/** A repository's segment between slashes. */
export function isPathComponent(text: string): boolean {
  return SEGMENT.test(text);
}

/** The full name that policies, scopes and people see: `docker.io/library/busybox`. */
export function fullName(reference: { registry: string; repository: string }): string {
  return `${reference.registry}/${reference.repository}`;
}

export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${fullName(reference)}${tag}${digest}`;
}
