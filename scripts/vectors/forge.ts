// Signatures that cosign would never make, by a trusted key and in trusted logs: everything about them is genuine except their content.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  BUNDLE_TYPE,
  bundle,
  bundleEntry,
  dsseBody,
  type Envelope,
  hashedBodyV2,
  hintOf,
  IN_TOTO,
  pae,
} from '../../test/support/bundles.ts';
import { type Bytes, base64, digest, utf8 } from '../../test/support/bytes.ts';
import type { LoggedEntry } from '../../test/support/fake_log.ts';
import type { Signer } from '../../test/support/keys.ts';
import {
  INDEX_TYPE,
  layerDescriptor,
  logBody,
  MANIFEST_TYPE,
  SIMPLE_SIGNING,
  type SignedLayer,
} from '../../test/support/sign_image.ts';
import { digestOf, type Layout } from './layout.ts';
import type { Workbench } from './workbench.ts';

export interface Forger {
  signer: Signer;
  bench: Workbench;
}

export interface Image {
  layout: Layout;
  digest: string;
}

/** Signs with the workbench's P-256 key, without cosign. */
export async function makeForger(bench: Workbench): Promise<Forger> {
  const pem = await readFile(bench.path('p256.openssl.pem'), 'utf8');
  const key = createPrivateKey(pem);
  const spki = Uint8Array.from(createPublicKey(pem).export({ type: 'spki', format: 'der' }));
  const signer: Signer = {
    algorithm: 'P-256',
    spki,
    pem: bench.publicKeys.p256 ?? '',
    fingerprint: await digest(spki),
    sign: async (message) => Uint8Array.from(sign('sha256', message, key)),
    privatePem: async () => pem,
  };
  return { signer, bench };
}

export function plainImage(label: string): Image {
  const layout: Layout = { manifests: [], blobs: {} };
  const settings = { architecture: 'amd64', os: 'linux', config: { Labels: { label } } };
  const config = describe(layout, 'application/vnd.oci.image.config.v1+json', JSON.stringify(settings));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [] });
  layout.manifests.push({ tag: '1', mediaType: MANIFEST_TYPE, text });
  return { layout, digest: digestOf(text) };
}

/** What differs from an honest signature of the old format. */
export interface ClassicTwist {
  payload?: string;
  signature?: (der: Bytes) => Uint8Array;
  /** The log entry's body. */
  body?: (honest: string) => string;
  time?: number;
  /** The attached entry; the log signs the promise for it as it is. */
  entry?: (entry: LoggedEntry['entry']) => LoggedEntry['entry'];
}

/** Attaches a logged signature to an image. */
export async function attach(
  { signer, bench }: Forger,
  image: Image,
  honest: string,
  twist: ClassicTwist,
): Promise<void> {
  const text = twist.payload ?? honest;
  const payload = utf8(text);
  const der = await signer.sign(payload);
  const signature = base64(twist.signature?.(der) ?? der);
  const body = await logBody('hashedrekord', { payload, signature }, signer);
  const { v1 } = bench.logs;
  const logged = await v1.append(twist.body?.(body) ?? body, twist.time);
  const entry = twist.entry?.(logged.entry) ?? logged.entry;
  const signedEntryTimestamp = await v1.promise(entry);
  const layer: SignedLayer = {
    payload,
    signature,
    bundle: v1.annotation({ ...entry, verification: { signedEntryTimestamp } }),
  };
  const { layout } = image;
  layout.blobs[digestOf(text)] = text;
  const blob = { bytes: payload, digest: digestOf(text), mediaType: SIMPLE_SIGNING };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe(layout, 'application/vnd.oci.image.config.v1+json', '{}'),
    layers: [layerDescriptor(layer, blob)],
  };
  const tag = `${image.digest.replace(':', '-')}.sig`;
  layout.manifests.push({ tag, mediaType: MANIFEST_TYPE, text: JSON.stringify(manifest) });
}

/** What differs from an honest envelope. */
export interface EnvelopeTwist {
  statement?: string;
  payloadType?: string;
  /** All of the envelope's signatures. */
  signatures?: (honest: Envelope['signatures'][number]) => Envelope['signatures'];
}

/** Stores a logged bundle where cosign does: in an artifact about the image, listed under the fallback tag. */
export async function refer(
  { signer, bench }: Forger,
  image: Image,
  honest: string,
  log: 'v1' | 'v2',
  { statement = honest, payloadType = IN_TOTO, signatures }: EnvelopeTwist,
): Promise<void> {
  const payload = utf8(statement);
  const message = pae(payloadType, payload);
  const one = { sig: base64(await signer.sign(message)) };
  const envelope = { payload: base64(payload), payloadType, signatures: signatures?.(one) ?? [one] };
  const { v1, v2 } = bench.logs;
  const entry =
    log === 'v1'
      ? bundleEntry((await v1.append(await dsseBody(envelope, signer, JSON.stringify(envelope)))).entry)
      : await v2.append(await hashedBodyV2(message, one.sig, signer));
  const content = { dsseEnvelope: envelope };
  const text = JSON.stringify(bundle({ hint: hintOf(signer), content, tlogEntries: [entry] }));
  carry(image, text);
}

function carry({ layout, digest: subject }: Image, text: string): void {
  const config = describe(layout, 'application/vnd.oci.empty.v1+json', '{}');
  const layer = describe(layout, BUNDLE_TYPE, text);
  const size = Buffer.byteLength(layout.manifests[0]?.text ?? '');
  const artifact = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: BUNDLE_TYPE,
    config,
    layers: [layer],
    subject: { mediaType: MANIFEST_TYPE, digest: subject, size },
  });
  layout.manifests.push({ mediaType: MANIFEST_TYPE, text: artifact });
  const listed = {
    mediaType: MANIFEST_TYPE,
    digest: digestOf(artifact),
    size: Buffer.byteLength(artifact),
    artifactType: BUNDLE_TYPE,
  };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [listed] });
  layout.manifests.push({ tag: subject.replace(':', '-'), mediaType: INDEX_TYPE, text: index });
}

function describe(layout: Layout, mediaType: string, text: string) {
  layout.blobs[digestOf(text)] = text;
  return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
}
