// Parses manifests (OCI image-spec manifest.md and image-index.md, Docker schema 2). A document has one form: bytes that could be read
// both as an image and as an index are refused (CVE-2021-41190), and so are names in another letter case: most clients take `Layers` for
// `layers`.

import { type Digest, parseDigest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJsonBytes } from '../core/encoding/json.ts';
import { asArray, asCaseExactObject, asObject, asString, asUnsigned } from '../core/encoding/json_fields.ts';
import { countValues } from '../core/encoding/json_size.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';

export const MANIFEST_MEDIA_TYPES = {
  image: [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ],
  index: [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ],
};
/** From the release candidates of image-spec 1.1. */
const ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json';
export const INDEX_ACCEPT = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST_ACCEPT = [...MANIFEST_MEDIA_TYPES.image, ...MANIFEST_MEDIA_TYPES.index].join(', ');
/** In bytes; distribution-spec: clients and registries should support manifests of at least 4 MiB. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** Values in the manifest of an image. Several are in memory at once, while their layers are fetched; one of 10,000 layers has some 100,000. */
const MAX_IMAGE_VALUES = 100_000;

const MANIFEST_FIELDS = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject'];
export const DESCRIPTOR_FIELDS = ['mediaType', 'digest', 'size', 'annotations', 'artifactType', 'platform'];

export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  annotations: JsonObject;
  /** As an index of referrers states it: a claim by whoever wrote the index, not by the artifact. */
  artifactType?: string;
  platform?: Platform;
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

export interface ImageManifest {
  kind: 'image';
  mediaType: string;
  /** Unparsed: `parseDescriptor` parses it where it is needed. */
  config: JsonObject;
  layers: Json[];
  /** The digest of the manifest that this one states as its subject (OCI 1.1). */
  subject?: Digest;
}

export interface IndexManifest {
  kind: 'index';
  mediaType: string;
  manifests: Json[];
}

export type Manifest = ImageManifest | IndexManifest;

/** A well-formed document that this service does not judge: its form is obsolete, or it can be read in two ways. */
export class UnsupportedManifest extends Error {}

/**
 * @param contentType the response's Content-Type; used only if the document does not state its own type
 * @throws Malformed if it is not a manifest, or states a different type from the header
 * @throws UnsupportedManifest
 */
export function parseManifest(bytes: Bytes, contentType: string | null): Manifest {
  const document = asObject(parseJsonBytes(bytes, 'manifest'), 'manifest');
  const exact = attempt(() => asCaseExactObject(document, 'manifest', MANIFEST_FIELDS));
  if (exact instanceof Malformed) throw new UnsupportedManifest(`in the manifest, ${exact.problem}`);
  const header = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (document.schemaVersion === 1)
    throw new UnsupportedManifest('Docker schema 1 manifests are not supported');
  if (document.mediaType === ARTIFACT_MANIFEST)
    throw new UnsupportedManifest(
      'OCI artifact manifests, which the image-spec has dropped, are not supported',
    );
  const isImage = document.layers !== undefined || document.config !== undefined;
  const isIndex = document.manifests !== undefined;
  if (isImage && isIndex)
    throw new UnsupportedManifest('the manifest has the fields of both an image and an index');
  if (!isImage && !isIndex) throw new Malformed('manifest', 'has neither layers nor manifests');
  const allowed = isImage ? MANIFEST_MEDIA_TYPES.image : MANIFEST_MEDIA_TYPES.index;
  const known = [...MANIFEST_MEDIA_TYPES.image, ...MANIFEST_MEDIA_TYPES.index];
  const stated = document.mediaType === undefined ? undefined : asString(document.mediaType, 'mediaType');
  if (stated !== undefined && known.includes(header) && header !== stated) {
    throw new Malformed('manifest', `states the type ${stated}, but the registry states ${header}`);
  }
  const mediaType = stated ?? (known.includes(header) ? header : (allowed[0] ?? ''));
  if (!allowed.includes(mediaType))
    throw new Malformed('manifest', `does not have the form of its stated type ${mediaType}`);
  if (isIndex) return { kind: 'index', mediaType, manifests: listIn(document, 'manifests') };
  if (countValues(document) > MAX_IMAGE_VALUES)
    throw new Malformed('manifest', `has more than ${MAX_IMAGE_VALUES} values`);
  return {
    kind: 'image',
    mediaType,
    config: asObject(document.config, 'config'),
    layers: listIn(document, 'layers'),
    ...(document.subject !== undefined &&
      document.subject !== null && {
        subject: parseDigest(
          asCaseExactObject(document.subject, 'subject', DESCRIPTOR_FIELDS).digest,
          'subject.digest',
        ),
      }),
  };
}

/** Go writes a nil slice as null. */
function listIn(document: JsonObject, name: string): Json[] {
  return document[name] === null ? [] : asArray(document[name], name);
}

export function parseDescriptor(value: Json | undefined, what: string): Descriptor {
  const descriptor = asCaseExactObject(value, what, DESCRIPTOR_FIELDS);
  const { annotations, artifactType, platform } = descriptor;
  return {
    mediaType: asString(descriptor.mediaType, `${what}.mediaType`),
    digest: parseDigest(descriptor.digest, `${what}.digest`),
    size: asUnsigned(descriptor.size, `${what}.size`),
    annotations:
      annotations === undefined || annotations === null ? {} : asObject(annotations, `${what}.annotations`),
    ...(typeof artifactType === 'string' && { artifactType }),
    ...(platform !== undefined &&
      platform !== null && { platform: parsePlatformObject(platform, `${what}.platform`) }),
  };
}

function parsePlatformObject(value: Json, what: string): Platform {
  const { os, architecture, variant } = asObject(value, what);
  return {
    os: asString(os, `${what}.os`),
    architecture: asString(architecture, `${what}.architecture`),
    ...(isVariant(variant) && { variant: asString(variant, `${what}.variant`) }),
  };
}

/** Go, which most of them are written with, treats null and an empty string as absent. */
function isVariant(variant: Json | undefined): boolean {
  return variant !== undefined && variant !== null && variant !== '';
}
