// Images and what `cosign sign --key` stores beside them: payload, signature, log entry body, `.sig` manifest.
import { type Bytes, base64, digest, hex, sha256, utf8 } from './bytes.ts';
import type { Hash, Signer } from './keys.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';
const BUNDLE_ANNOTATION = 'dev.sigstore.cosign/bundle';
const CERTIFICATE_ANNOTATION = 'dev.sigstore.cosign/certificate';
const TIMESTAMP_ANNOTATION = 'dev.sigstore.cosign/rfc3161timestamp';

export interface Content {
  bytes: Bytes;
  digest: string;
  mediaType: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  [more: string]: unknown;
}

export async function content(value: unknown, mediaType: string): Promise<Content> {
  const bytes = value instanceof Uint8Array ? (value as Bytes) : utf8(JSON.stringify(value));
  return { bytes, digest: await digest(bytes), mediaType };
}

export function descriptor({ bytes, digest, mediaType }: Content): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

/** A configuration for linux/amd64, different for every label. */
export function imageConfig(label: string): Promise<Content> {
  const config = { architecture: 'amd64', os: 'linux', config: { Labels: { label } } };
  return content(config, 'application/vnd.oci.image.config.v1+json');
}

/** A small image for linux/amd64, different for every label. */
export async function makeImage(label: string, more: object = {}): Promise<Content> {
  const config = descriptor(await imageConfig(label));
  return content({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [], ...more }, MANIFEST_TYPE);
}

export async function makeIndex(
  children: { image: Content; platform: object }[],
  more: object = {},
): Promise<Content> {
  const manifests = children.map(({ image, platform }) => ({ ...descriptor(image), platform }));
  return content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests, ...more }, INDEX_TYPE);
}

export interface PayloadOptions {
  reference?: string;
  type?: unknown;
  optional?: unknown;
}

/** The simple-signing payload as cosign writes it: compact, these names, this order. */
export function payloadFor(imageDigest: unknown, options: PayloadOptions = {}): Bytes {
  const {
    reference = 'registry.example/app',
    type = 'cosign container image signature',
    optional = null,
  } = options;
  return utf8(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': imageDigest },
        type,
      },
      optional,
    }),
  );
}

/** One signature as cosign stores it in a layer. */
export interface SignedLayer {
  payload: Bytes;
  /** Base64. */
  signature: string;
  bundle?: string;
  certificate?: string;
  timestamp?: string;
}

export async function signPayload(
  signer: Signer,
  payload: Bytes,
  hash: Hash = 'SHA-256',
): Promise<SignedLayer> {
  return { payload, signature: base64(await signer.sign(payload, hash)) };
}

export interface BodyOptions {
  hash?: Hash;
  /** PEM to log instead of the signer's own. */
  pem?: string;
  kind?: string;
  apiVersion?: string;
}

/** A Rekor v1 body for this layer, as the JSON text that the log hashes. */
export async function logBody(
  kind: 'hashedrekord' | 'rekord',
  layer: SignedLayer,
  signer: Pick<Signer, 'pem'>,
  options: BodyOptions = {},
): Promise<string> {
  const { hash = 'SHA-256' } = options;
  const value = hex(new Uint8Array(await crypto.subtle.digest(hash, layer.payload)));
  const publicKey = { content: base64(options.pem ?? signer.pem) };
  return JSON.stringify({
    apiVersion: options.apiVersion ?? '0.0.1',
    kind: options.kind ?? kind,
    spec: {
      data: { hash: { algorithm: hash.toLowerCase().replace('-', ''), value } },
      signature:
        kind === 'rekord'
          ? { content: layer.signature, format: 'x509', publicKey }
          : { content: layer.signature, publicKey },
    },
  });
}

export function layerDescriptor(layer: SignedLayer, blob: Content): Descriptor {
  return {
    ...descriptor(blob),
    annotations: {
      [SIGNATURE_ANNOTATION]: layer.signature,
      ...(layer.bundle !== undefined && { [BUNDLE_ANNOTATION]: layer.bundle }),
      ...(layer.certificate !== undefined && { [CERTIFICATE_ANNOTATION]: layer.certificate }),
      ...(layer.timestamp !== undefined && { [TIMESTAMP_ANNOTATION]: layer.timestamp }),
    },
  };
}

/** The `.sig` manifest and the blobs it names. */
export async function signatureImage(
  layers: SignedLayer[],
): Promise<{ manifest: Content; blobs: Content[] }> {
  const blobs = await Promise.all(layers.map(({ payload }) => content(payload, SIMPLE_SIGNING)));
  const config = await content(
    {
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: {
        type: 'layers',
        diff_ids: await Promise.all(
          layers.map(async ({ payload }) => `sha256:${hex(await sha256(payload))}`),
        ),
      },
      config: {},
    },
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(config),
      layers: layers.map((layer, i) => layerDescriptor(layer, blobs[i] as Content)),
    },
    MANIFEST_TYPE,
  );
  return { manifest, blobs: [config, ...blobs] };
}

export function signatureTag(imageDigest: string): string {
  return `${imageDigest.replace(':', '-')}.sig`;
}
