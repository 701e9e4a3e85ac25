// Finds a file that is stored in a registry as an artifact (oras, Helm, wasm): a layer of a manifest, chosen by its title, or by its
// digest if it has no title (Helm's layers have none) or shares it with another.

import { type Digest, digestOf } from '../core/crypto/digest.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import type { RepositoryClient } from '../registry/client.ts';
import { type Descriptor, parseDescriptor } from '../registry/manifest.ts';
import { Refused } from '../verify/refused.ts';
import { readSubjectManifest } from '../verify/subject.ts';

/** OCI image-spec annotations.md. */
export const TITLE = 'org.opencontainers.image.title';
const STEP = 'manifest';

export interface ArtifactFile {
  digest: Digest;
  size: number;
  title?: string;
}

/**
 * @param digest the digest of the verified manifest
 * Errors: `FILE_NOT_FOUND`, `IMAGE_NOT_FOUND`, `BAD_REQUEST` if several files match, `Refused`, `Undecided`
 */
export async function findArtifactFile(
  repository: RepositoryClient,
  digest: Digest,
  title: string | undefined,
): Promise<ArtifactFile> {
  const raw = await repository.manifest(digest, STEP);
  if (raw === undefined)
    throw new CallerError('IMAGE_NOT_FOUND', `The registry no longer has the manifest ${digest}.`);
  if ((await digestOf(raw.bytes)) !== digest)
    throw new Refused('MANIFEST_DIGEST_MISMATCH', `The registry returned different content for ${digest}.`);
  const manifest = readSubjectManifest(repository, raw, STEP);
  if (manifest.kind === 'index')
    throw new CallerError('BAD_REQUEST', 'This is an index of several images; choose one with platform=.');
  const files = attempt(() => manifest.layers.map((layer, at) => parseDescriptor(layer, `layers[${at}]`)));
  if (files instanceof Malformed) throw repository.malformed(STEP, `cannot be read (${files.message})`);
  return choose(files, title);
}

function choose(layers: Descriptor[], title: string | undefined): ArtifactFile {
  const files = layers.map(({ digest, size, annotations }): ArtifactFile => {
    const named = annotations[TITLE];
    return { digest, size, ...(typeof named === 'string' && { title: named }) };
  });
  const titles = new Set<string | undefined>();
  const shared = new Set<string | undefined>([undefined]);
  for (const file of files) (titles.has(file.title) ? shared : titles).add(file.title);
  const named = files.map((file) => ({ file, name: shared.has(file.title) ? file.digest : file.title }));
  const fitting =
    title === undefined ? named : named.filter(({ file, name }) => name === title || file.title === title);
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0) return only.file;
  const all = (only === undefined ? named : fitting).map(({ name }) => name).join(', ');
  if (only === undefined)
    throw new CallerError('FILE_NOT_FOUND', `The artifact has no such file. Its files: ${all || 'none'}.`);
  throw new CallerError('BAD_REQUEST', `The artifact has several files; choose one with title=: ${all}.`);
}
