// Turns the layers of a manifest into evidence: the media type says what a layer is; its annotations hold what cosign stores with it.

import type { Digest } from '../core/crypto/digest.ts';
import { messageOfDigest } from '../core/crypto/message.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { Undecided } from '../core/errors/undecided.ts';
import {
  type Attached,
  attachedOf,
  type Evidence,
  type Format,
  type Source,
} from '../core/evidence/evidence.ts';
import { ENVELOPE_MEDIA_TYPE, MAX_ENVELOPE_BYTES } from '../core/formats/dsse.ts';
import { BUNDLE_MEDIA_TYPE_PREFIX, MAX_BUNDLE_BYTES } from '../core/formats/sigstore_bundle.ts';
import { MAX_PAYLOAD_BYTES, SIMPLE_SIGNING_MEDIA_TYPE } from '../core/formats/simple_signing.ts';
import { once } from '../core/memory/once.ts';
import type { RepositoryClient } from './client.ts';
import { type Descriptor, type ImageManifest, parseDescriptor } from './manifest.ts';
import { mapLimited } from './map_limited.ts';

/**
 * Distinct signatures or attestations examined in one listing. Junk ahead of a good signature must neither hide it nor cause unbounded
 * work.
 */
export const MAX_LISTED = 64;
/**
 * Layers of one manifest. Signing an image again every night repeats one payload, which takes a single outbound call; each layer costs
 * two verifications (its signature and its log promise) out of 256.
 */
const MAX_LAYERS = 128;
/** Workers opens at most six connections for a request. */
const MAX_CONNECTIONS = 6;
const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  bundle: 'dev.sigstore.cosign/bundle',
  certificate: 'dev.sigstore.cosign/certificate',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
};

/** A search for evidence about one digest. */
export interface Search {
  repository: RepositoryClient;
  subject: Digest;
  /** Is called with each signature or attestation once it is fetched: another place may be slow, or never answer. */
  onFound?: ((evidence: Evidence) => void) | undefined;
  /** Whether what was found so far is enough, so that no further artifact need be opened. */
  isEnough?: (() => Promise<boolean>) | undefined;
}

/** The manifest that lists layers, and its role, for messages. */
export interface Listing extends Pick<Source, 'manifest' | 'via'> {
  step: string;
}

export type LayerKind = 'signature' | 'envelope' | 'bundle';

const KINDS: Record<
  LayerKind,
  { format: Format; maxBytes: number; step: string; is(type: string): boolean }
> = {
  signature: {
    format: 'simple-signing',
    maxBytes: MAX_PAYLOAD_BYTES,
    step: 'signature payload',
    is: (type) => type === SIMPLE_SIGNING_MEDIA_TYPE,
  },
  envelope: {
    format: 'dsse',
    maxBytes: MAX_ENVELOPE_BYTES,
    step: 'attestation',
    is: (type) => type === ENVELOPE_MEDIA_TYPE,
  },
  bundle: {
    format: 'sigstore-bundle',
    maxBytes: MAX_BUNDLE_BYTES,
    step: 'bundle',
    is: (type) => type.startsWith(BUNDLE_MEDIA_TYPE_PREFIX),
  },
};

/** What is JSON, whatever its version: skopeo and podman decrypt what is `+encrypted`. */
const JSON_TYPE = /^[^+]+\+json(?:;[^+]*)?$/;

/** Whether a layer of this type is a signature, an envelope or a bundle, and as such JSON. */
export function isEvidenceLayer(mediaType: string): boolean {
  return JSON_TYPE.test(mediaType) && Object.values(KINDS).some(({ is }) => is(mediaType));
}

/** Fetches the layers of these kinds as evidence, in the manifest's order; other layers are skipped. */
export async function layersToEvidence(
  { repository, subject, onFound }: Search,
  { layers }: ImageManifest,
  { step, ...place }: Listing,
  kinds: LayerKind[],
): Promise<Evidence[]> {
  const listed = layers.flatMap((layer, index) => {
    const kind = kinds.find((candidate) => KINDS[candidate].is(mediaTypeOf(layer)));
    return kind === undefined ? [] : [{ layer, index, kind }];
  });
  const different = new Set(listed.map(({ layer }) => (layer as JsonObject).digest)).size;
  if (different > MAX_LISTED || listed.length > MAX_LAYERS) {
    const most = `${MAX_LISTED} distinct ones and ${MAX_LAYERS} in total`;
    throw repository.tooMuch(step, `lists ${listed.length} signatures; at most ${most} are judged`);
  }
  // Several signatures over one payload share it.
  const fetchOnce = once((digest: Digest, kind: LayerKind) =>
    repository.blob(digest, KINDS[kind].maxBytes, KINDS[kind].step),
  );
  return mapLimited(listed, MAX_CONNECTIONS, async ({ layer, index, kind }) => {
    let source: Source = { ...place, index };
    try {
      const descriptor = parseDescriptor(layer, `layers[${index}]`);
      source = { ...source, layer: descriptor.digest };
      assertFits(repository, descriptor, kind);
      const bytes = await fetchOnce(descriptor.digest, kind);
      const evidence = toEvidence(kind, descriptor, source, subject, bytes);
      onFound?.(evidence);
      return evidence;
    } catch (error) {
      return { format: KINDS[kind].format, source, missing: asUndecided(repository, error, step) };
    }
  });
}

function assertFits(repository: RepositoryClient, { size }: Descriptor, kind: LayerKind): void {
  const { maxBytes, step } = KINDS[kind];
  if (size > maxBytes) throw repository.tooMuch(step, `is larger than ${maxBytes} bytes (${size})`);
}

/** An unreadable layer is one undecided signature and does not hide the others. */
function asUndecided(repository: RepositoryClient, error: unknown, step: string): Undecided {
  if (error instanceof Undecided) return error;
  if (!(error instanceof Malformed)) throw error;
  return repository.malformed(step, `cannot be read (${error.message})`);
}

function mediaTypeOf(layer: Json): string {
  return isObject(layer) && typeof layer.mediaType === 'string' ? layer.mediaType : '';
}

function toEvidence(
  kind: LayerKind,
  { digest, size, annotations }: Descriptor,
  source: Source,
  subject: Digest,
  bytes: Bytes,
): Evidence {
  const common = { source, subject: messageOfDigest(subject), layer: { digest, size }, facts: new Map() };
  if (kind === 'bundle') return { ...common, format: 'sigstore-bundle', bundle: bytes };
  const signature = text(annotations, ANNOTATION.signature);
  const beside = { ...common, ...attached(annotations), ...(signature !== undefined && { signature }) };
  if (kind === 'envelope') return { ...beside, format: 'dsse', envelope: bytes };
  return { ...beside, format: 'simple-signing', payload: bytes };
}

function attached(annotations: JsonObject): Attached {
  return attachedOf({
    logBundle: text(annotations, ANNOTATION.bundle),
    certificate: text(annotations, ANNOTATION.certificate),
    timestamp: text(annotations, ANNOTATION.timestamp),
  });
}

/**
 * An annotation is a string (OCI image-spec annotations.md); Go reads null as an empty one. Anything else becomes a string that does not
 * parse.
 */
function text(annotations: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  if (value === null) return '';
  return value === undefined || typeof value === 'string' ? value : '(not a string)';
}
