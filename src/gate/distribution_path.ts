// Parses paths of the distribution API (OCI distribution-spec "Endpoints"): the image of any registry, named below this service's host.

import { type Digest, isDigest } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { CodedError } from '../core/errors/coded_error.ts';
import {
  type ImageReference,
  isRegistryName,
  normalizeRegistry,
  parseRepositoryName,
} from '../core/reference.ts';

/** The distribution-spec codes for refusing a path or its query. */
export type PathRequestCode = 'NAME_INVALID' | 'DIGEST_INVALID' | 'TAG_INVALID' | 'PAGINATION_NUMBER_INVALID';

export class BadPathRequest extends CodedError<PathRequestCode> {
  override readonly name = 'BadPathRequest';
}

export type PathRequest =
  | { what: 'manifest'; image: ImageReference; reference: string; digest?: Digest }
  | { what: 'blob'; image: ImageReference; digest: Digest }
  | { what: 'referrers'; image: ImageReference; digest: Digest }
  | { what: 'tags'; image: ImageReference };

const PATH = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/([^/]+)$/;
const TAG = /^\w[\w.-]{0,127}$/;
/** A repository name cannot contain a colon, so a port is written as `host__port`. */
const PORT = /__([0-9]{1,5})$/;

/**
 * @param ns the registry, as containerd's mirrors send it; the path then holds only the repository's name
 * @returns undefined for a path that is none of these. @throws BadPathRequest
 */
export function parseDistributionPath(path: string, ns: string | undefined): PathRequest | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, name = '', kind = '', last = ''] = match;
  const image = parseName(name, ns);
  switch (kind) {
    case 'manifests':
      return last.includes(':')
        ? { what: 'manifest', image, reference: last, digest: parseDigestPart(last) }
        : { what: 'manifest', image, reference: parseTag(last) };
    case 'blobs':
      return { what: 'blob', image, digest: parseDigestPart(last) };
    case 'referrers':
      return { what: 'referrers', image, digest: parseDigestPart(last) };
    default:
      return last === 'list' ? { what: 'tags', image } : undefined;
  }
}

/** A name without a registry host belongs to Docker Hub. */
function parseName(name: string, ns: string | undefined): ImageReference {
  const [first = '', ...rest] = name.split('/');
  const isHost = first.includes('.') || first === 'localhost' || PORT.test(first);
  const below = isHost ? [first.replace(PORT, ':$1'), ...rest].join('/') : `docker.io/${name}`;
  const parsed = attempt(() => parseRepositoryName(ns === undefined ? below : `${ns}/${name}`));
  const isHostAlone = ns === undefined && isHost && rest.length === 0;
  if (ns !== undefined && !isRegistry(ns))
    throw new BadPathRequest('NAME_INVALID', 'ns must be the host of a registry, such as ghcr.io.');
  if (/[:@]/.test(name) || isHostAlone || parsed instanceof Malformed)
    throw new BadPathRequest(
      'NAME_INVALID',
      'The name is not a repository, such as ghcr.io/acme/app, or reg.example__5000/app with a port.',
    );
  return parsed;
}

/** Whether a reference that begins with this text is one of that registry. */
function isRegistry(text: string): boolean {
  return isRegistryName(normalizeRegistry(text)) && (/[.:]/.test(text) || text === 'localhost');
}

function parseDigestPart(text: string): Digest {
  if (isDigest(text)) return text;
  throw new BadPathRequest(
    'DIGEST_INVALID',
    'A digest must be sha256: and 64 lower-case hexadecimal digits.',
  );
}

function parseTag(text: string): string {
  if (TAG.test(text)) return text;
  throw new BadPathRequest(
    'TAG_INVALID',
    'A tag consists of letters, digits, "_", "." and "-", and has at most 128 characters.',
  );
}
