// Where cosign keeps signatures of an image (sigstore/cosign specs/SIGNATURE_SPEC.md): an image tagged `sha256-<hex>.sig`, one
// layer a signature, with the signature and its log entry as the layer's annotations.
import type { Bytes } from '../core/bytes.ts';
import { type Digest, digestHex, digestOf } from '../core/digest.ts';
import type { Evidence, Source } from '../core/evidence.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { Malformed } from '../core/malformed.ts';
import { MAX_PAYLOAD_BYTES, SIMPLE_SIGNING_MEDIA_TYPE } from '../core/simple_signing.ts';
import { Undecided } from '../core/undecided.ts';
import type { RawManifest, RepositoryClient } from './client.ts';
import { type Descriptor, parseDescriptor, parseManifest, UnsupportedManifest } from './manifest.ts';

/** Signatures of one image that are looked at; junk before a good one must not hide it, nor make us work for ever. */
const MAX_SIGNATURES = 64;
/** Workers keeps at most six connections open for a request. */
const MAX_CONNECTIONS = 6;
const MANIFEST_STEP = 'signature manifest';
const PAYLOAD_STEP = 'signature payload';
const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  bundle: 'dev.sigstore.cosign/bundle',
  certificate: 'dev.sigstore.cosign/certificate',
};

export function signatureTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}.sig`;
}

/** All signatures under the subject's `.sig` tag, in the manifest's order. None when the registry has no such tag. */
export async function findTaggedSignatures(
  repository: RepositoryClient,
  subject: Digest,
): Promise<Evidence[]> {
  const raw = await repository.manifest(signatureTag(subject), MANIFEST_STEP);
  if (raw === undefined) return [];
  const manifest = await digestOf(raw.bytes);
  const layers = signatureLayers(repository, raw);
  const fetchPayload = payloadFetcher(repository);
  return mapLimited(layers, MAX_CONNECTIONS, async ({ layer, index }) => {
    let source: Source = { manifest, index, via: 'tag' };
    try {
      const descriptor = parseDescriptor(layer, `layers[${index}]`);
      source = { manifest, layer: descriptor.digest, index, via: 'tag' };
      return toEvidence(descriptor, source, subject, await fetchPayload(descriptor));
    } catch (error) {
      return { format: 'simple-signing', source, subject, missing: asUndecided(repository, error) };
    }
  });
}

/** One unreadable layer is one undecided signature: it does not hide its siblings. */
function asUndecided(repository: RepositoryClient, error: unknown): Undecided {
  if (error instanceof Undecided) return error;
  if (!(error instanceof Malformed)) throw error;
  return repository.malformed(MANIFEST_STEP, `cannot be read (${error.message})`);
}

function signatureLayers(repository: RepositoryClient, raw: RawManifest): { layer: Json; index: number }[] {
  try {
    const manifest = parseManifest(raw.bytes, raw.contentType);
    if (manifest.kind === 'index')
      throw new UnsupportedManifest('it is an index where cosign keeps an image manifest');
    const layers = manifest.layers.flatMap((layer, index) => (isSignature(layer) ? [{ layer, index }] : []));
    if (layers.length > MAX_SIGNATURES) {
      throw repository.tooMuch(
        MANIFEST_STEP,
        `lists ${layers.length} signatures; at most ${MAX_SIGNATURES} are judged`,
      );
    }
    return layers;
  } catch (error) {
    if (!(error instanceof Malformed) && !(error instanceof UnsupportedManifest)) throw error;
    throw repository.malformed(MANIFEST_STEP, `cannot be read (${error.message})`);
  }
}

function isSignature(layer: Json): boolean {
  return (
    typeof layer === 'object' &&
    layer !== null &&
    !Array.isArray(layer) &&
    layer.mediaType === SIMPLE_SIGNING_MEDIA_TYPE
  );
}

function toEvidence(
  { digest, size, annotations }: Descriptor,
  source: Source,
  subject: Digest,
  payload: Bytes,
): Evidence {
  const signature = text(annotations, ANNOTATION.signature);
  const logBundle = text(annotations, ANNOTATION.bundle);
  const certificate = text(annotations, ANNOTATION.certificate);
  return {
    format: 'simple-signing',
    source,
    subject,
    layer: { digest, size },
    payload,
    ...(signature !== undefined && { signature }),
    ...(logBundle !== undefined && { logBundle }),
    ...(certificate !== undefined && { certificate }),
    facts: new Map(),
  };
}

/** An annotation is a string (OCI image-spec annotations.md); anything else that stands there is read as an empty one. */
function text(annotations: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  return value === undefined || typeof value === 'string' ? value : '';
}

/** Several signatures over one payload share its blob: it is fetched once. */
function payloadFetcher(repository: RepositoryClient): (descriptor: Descriptor) => Promise<Bytes> {
  const flights = new Map<Digest, Promise<Bytes>>();
  return ({ digest, size }) => {
    if (size > MAX_PAYLOAD_BYTES) {
      throw repository.tooMuch(PAYLOAD_STEP, `is larger than ${MAX_PAYLOAD_BYTES} bytes (${size})`);
    }
    const flight = flights.get(digest) ?? repository.blob(digest, MAX_PAYLOAD_BYTES, PAYLOAD_STEP);
    flights.set(digest, flight);
    return flight;
  };
}

/** `Promise.all` over a function, with a bound on how many run at once. */
async function mapLimited<T, R>(items: T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
