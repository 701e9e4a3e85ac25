// Vectors on disk: one OCI image layout (OCI image-spec image-layout.md) for all vectors, whose index names each manifest `vector:tag` or
// `vector`, and vectors.json with everything else.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX_TYPE } from '../../test/support/sign_image.ts';
import { digestOf, type Layout } from './layout.ts';
import type { Vectors } from './make.ts';

export async function writeVectors(folder: string, { vectors, ...rest }: Vectors): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const blobs = join(folder, 'layout', 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const write = (text: string) => writeFile(join(blobs, digestOf(text).slice('sha256:'.length)), text);
  const manifests: object[] = [];
  for (const { name, layout } of vectors) {
    if (layout === undefined) continue;
    for (const text of Object.values(layout.blobs)) await write(text);
    for (const manifest of layout.manifests) {
      await write(manifest.text);
      manifests.push(describe(name, manifest));
    }
  }
  await writeFile(join(folder, 'layout', 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
  await writeFile(join(folder, 'layout', 'index.json'), `${JSON.stringify(index, undefined, 1)}\n`);
  const listed = vectors.map(({ layout: _, ...vector }) => vector);
  await writeFile(
    join(folder, 'vectors.json'),
    `${JSON.stringify({ ...rest, vectors: listed }, undefined, 1)}\n`,
  );
}

function describe(name: string, { tag, mediaType, text }: Layout['manifests'][number]): object {
  const reference = tag === undefined ? name : `${name}:${tag}`;
  return {
    mediaType,
    digest: digestOf(text),
    size: Buffer.byteLength(text),
    annotations: { 'org.opencontainers.image.ref.name': reference },
  };
}
