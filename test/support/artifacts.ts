// What cosign 3 and similar tools attach to an image by OCI 1.1: an artifact whose manifest names the image as its subject, listed by the
// referrers API or under its fallback tag; and attestations as cosign attaches them by tag.
import { BUNDLE_TYPE, ENVELOPE_TYPE } from './bundles.ts';
import type { Bytes } from './bytes.ts';
import type { FakeRegistry } from './fake_registry.ts';
import {
  type Content,
  content,
  descriptor,
  INDEX_TYPE,
  layerDescriptor,
  MANIFEST_TYPE,
  SIMPLE_SIGNING,
  type SignedLayer,
} from './sign_image.ts';

export interface ArtifactOptions {
  artifactType?: string | null;
  annotations?: Record<string, string>;
  /** Instead of the image. */
  subject?: string | null;
  layerType?: string;
}

/** Pushes an artifact with one layer, and returns its manifest. */
export async function attach(
  registry: FakeRegistry,
  repository: string,
  image: Content,
  layer: Bytes,
  options: ArtifactOptions = {},
): Promise<Content> {
  const { layerType = BUNDLE_TYPE, artifactType = layerType, annotations, subject = image.digest } = options;
  return push(
    registry,
    repository,
    image,
    descriptor(await pushBlob(registry, repository, layer, layerType)),
    {
      artifactType,
      subject,
      ...(annotations !== undefined && { annotations }),
    },
  );
}

/** cosign's older experimental form: a simple-signing layer in an artifact. */
export async function attachSignature(
  registry: FakeRegistry,
  repository: string,
  image: Content,
  layer: SignedLayer,
): Promise<Content> {
  const blob = await pushBlob(registry, repository, layer.payload, SIMPLE_SIGNING);
  const artifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
  return push(registry, repository, image, layerDescriptor(layer, blob), { artifactType });
}

async function push(
  registry: FakeRegistry,
  repository: string,
  image: Content,
  layer: object,
  { artifactType, subject = image.digest, annotations }: ArtifactOptions,
): Promise<Content> {
  const config = await pushBlob(
    registry,
    repository,
    new TextEncoder().encode('{}') as Bytes,
    'application/vnd.oci.empty.v1+json',
  );
  const manifest = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      ...(artifactType !== null && { artifactType }),
      config: descriptor(config),
      layers: [layer],
      ...(subject !== null && { subject: { ...descriptor(image), digest: subject } }),
      ...(annotations !== undefined && { annotations }),
    },
    MANIFEST_TYPE,
  );
  registry.push(repository, manifest);
  return manifest;
}

/** Writes the tag `sha256-<hex>` that lists these artifacts, as clients do if the registry has no referrers API. */
export async function tagReferrers(
  registry: FakeRegistry,
  repository: string,
  image: Content,
  artifacts: Content[],
  more: Record<string, unknown> = {},
): Promise<void> {
  const manifests = artifacts.map((artifact) => ({ ...descriptor(artifact), ...more }));
  const index = await content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }, INDEX_TYPE);
  registry.push(repository, index, image.digest.replace(':', '-'));
}

export interface AttachedLayer {
  envelope: Bytes;
  bundle?: string;
}

/** Pushes an `.att` image with these envelopes. */
export async function tagAttestations(
  registry: FakeRegistry,
  repository: string,
  image: Content,
  layers: AttachedLayer[],
): Promise<void> {
  const listed = await Promise.all(
    layers.map(async ({ envelope, bundle }) => ({
      ...descriptor(await pushBlob(registry, repository, envelope, ENVELOPE_TYPE)),
      annotations: {
        'dev.cosignproject.cosign/signature': '',
        ...(bundle !== undefined && { 'dev.sigstore.cosign/bundle': bundle }),
      },
    })),
  );
  const config = await pushBlob(
    registry,
    repository,
    new TextEncoder().encode('{}') as Bytes,
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = await content(
    { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config), layers: listed },
    MANIFEST_TYPE,
  );
  registry.push(repository, manifest, `${image.digest.replace(':', '-')}.att`);
}

async function pushBlob(
  registry: FakeRegistry,
  repository: string,
  bytes: Bytes,
  mediaType: string,
): Promise<Content> {
  const blob = await content(bytes, mediaType);
  registry.push(repository, blob);
  return blob;
}
