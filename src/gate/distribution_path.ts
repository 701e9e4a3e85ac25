// What a path of the distribution API names (OCI distribution-spec "Endpoints"): an image of any registry, by its name below ours.
import { CodedError } from '../core/coded_error.ts';
import { type Digest, isDigest } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { type ImageReference, parseRepositoryName } from '../core/reference.ts';

/** The codes of distribution-spec that a path or its query can be refused with. */
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
/** A colon cannot stand in a repository's name, so a port is written this way. */
const PORT = /__([0-9]{1,5})$/;

/**
 * @param ns the registry as containerd's mirrors send it: then the name is the repository's, whole
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

/** A name without a registry's host is Docker Hub's. */
function parseName(name: string, ns: string | undefined): ImageReference {
  const [first = '', ...rest] = name.split('/');
  const isHost = first.includes('.') || first === 'localhost' || PORT.test(first);
  const below = isHost ? [first.replace(PORT, ':$1'), ...rest].join('/') : `docker.io/${name}`;
  const parsed = attempt(() => parseRepositoryName(ns === undefined ? below : `${ns}/${name}`));
  const isHostAlone = ns === undefined && isHost && rest.length === 0;
  if (/[:@]/.test(name) || isHostAlone || parsed instanceof Malformed)
    throw new BadPathRequest('NAME_INVALID', 'The name is not that of a repository, as in ghcr.io/acme/app.');
  return parsed;
}

function parseDigestPart(text: string): Digest {
  if (isDigest(text)) return text;
  throw new BadPathRequest('DIGEST_INVALID', 'A digest is sha256: and 64 lower-case hexadecimal digits.');
}

function parseTag(text: string): string {
  if (TAG.test(text)) return text;
  throw new BadPathRequest('TAG_INVALID', 'A tag has letters, digits, "_", "." and "-", 128 at most.');
}
