// Parses manifests in which evidence is looked for. Every error is `Undecided`: what cannot be read may hide a signature.
import { Malformed } from '../core/encoding/malformed.ts';
import type { RawManifest, RepositoryClient } from './client.ts';
import { type Manifest, parseManifest, UnsupportedManifest } from './manifest.ts';

/** Parses a manifest of the expected kind. */
export function readListing<K extends Manifest['kind']>(
  repository: RepositoryClient,
  raw: RawManifest,
  kind: K,
  step: string,
): Extract<Manifest, { kind: K }> {
  const manifest = readManifest(repository, raw, step);
  if (manifest.kind === kind) return manifest as Extract<Manifest, { kind: K }>;
  throw repository.malformed(step, `is an ${manifest.kind}, but an ${kind} was expected`);
}

/** Parses a manifest of either kind. */
export function readManifest(repository: RepositoryClient, raw: RawManifest, step: string): Manifest {
  try {
    return parseManifest(raw.bytes, raw.contentType);
  } catch (error) {
    if (!(error instanceof Malformed) && !(error instanceof UnsupportedManifest)) throw error;
    throw repository.malformed(step, `cannot be read (${error.message})`);
  }
}
