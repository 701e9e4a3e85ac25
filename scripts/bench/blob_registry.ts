// A registry with one signed image of large layers, which are generated on request: at full speed, or at network speed.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeKey, type Signer } from '../../test/support/keys.ts';
import {
  type Content,
  content,
  MANIFEST_TYPE,
  payloadFor,
  signatureImage,
  signatureTag,
  signPayload,
} from '../../test/support/sign_image.ts';

export const MIB = 1024 * 1024;
/** Network speed, in MiB/s: at the edge, a registry is never on loopback. */
const PACE = 100;

export interface Layer {
  digest: string;
  /** In MiB. */
  size: number;
}

export interface BlobRegistry {
  host: string;
  signer: Signer;
  manifest: Content;
  layers: Layer[];
  /** Whether blobs are sent at network speed. */
  isPaced: boolean;
  stop(): Promise<void>;
}

/** @param sizes of the layers, in MiB */
export async function startBlobRegistry(sizes: number[]): Promise<BlobRegistry> {
  const chunk = crypto.getRandomValues(new Uint8Array(65_536));
  const piece = Buffer.concat(Array.from({ length: MIB / chunk.length }, () => chunk));
  const layers = sizes.map((size) => ({ size, digest: digestOf(piece, size) }));
  const config = await content(
    { architecture: 'amd64', os: 'linux' },
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: config.mediaType, digest: config.digest, size: config.bytes.length },
      layers: layers.map(({ digest, size }) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest,
        size: size * MIB,
      })),
    },
    MANIFEST_TYPE,
  );
  const signer = await makeKey();
  const signature = await signatureImage([await signPayload(signer, payloadFor(manifest.digest))]);
  const small = new Map<string, Content>([
    ['/v2/large/manifests/1', manifest],
    [`/v2/large/manifests/${manifest.digest}`, manifest],
    [`/v2/large/manifests/${signatureTag(manifest.digest)}`, signature.manifest],
    ...[config, ...signature.blobs].map((blob) => [`/v2/large/blobs/${blob.digest}`, blob] as const),
  ]);
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const item = small.get(path);
    const layer = layers.find(({ digest }) => path === `/v2/large/blobs/${digest}`);
    if (item !== undefined) {
      response
        .writeHead(200, { 'content-type': item.mediaType, 'content-length': item.bytes.length })
        .end(item.bytes);
    } else if (layer === undefined) response.writeHead(404).end();
    else await sendLayer(response, piece, layer.size, registry.isPaced);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registry: BlobRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    signer,
    manifest,
    layers,
    isPaced: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return registry;
}

function digestOf(piece: Buffer, count: number): string {
  const hash = createHash('sha256');
  for (let i = 0; i < count; i++) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

async function sendLayer(
  response: ServerResponse,
  piece: Buffer,
  count: number,
  isPaced: boolean,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': count * MIB });
  const started = performance.now();
  for (let sent = 0; sent < count && !response.destroyed; sent++) {
    const ahead = (sent * 1000) / PACE - (performance.now() - started);
    if (isPaced && ahead > 1) await sleep(ahead);
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** Waits until the buffer has drained or the connection is closed. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
