// An OCI registry that holds the seed image's signature, in the repository `busybox`. Read-only, on loopback.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SEED_CONFIG, SEED_DIGEST, SEED_PAYLOAD } from './image.ts';
import { OCI_MANIFEST, SEED_SIGNATURE_MANIFEST, sha256, signatureTag } from './manifest.ts';

export const SEED_REPOSITORY = 'busybox';

export interface Content {
  type: string;
  body: string | Uint8Array;
}

export interface SeedRegistry {
  /** `127.0.0.1:<port>`, the registry part of a reference. */
  host: string;
  /** `METHOD path` of every request so far. */
  requests: string[];
  stop(): Promise<void>;
}

/** @param more further contents, by path */
export async function startSeedRegistry(
  more: [path: string, content: Content][] = [],
): Promise<SeedRegistry> {
  const contents = new Map([...seedContents(), ...more]);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    requests.push(`${request.method} ${pathname}`);
    const bodyWanted = request.method === 'GET';
    if (!bodyWanted && request.method !== 'HEAD') {
      return answerError(response, 405, 'UNSUPPORTED', 'this registry is read-only');
    }
    // The version check, with which clients find out whether they must log in.
    if (pathname === '/v2/') return answer(response, { type: 'application/json', body: '{}' }, bodyWanted);
    const content = contents.get(pathname);
    if (content === undefined)
      return answerError(response, 404, notFoundCode(pathname), `nothing at ${pathname}`);
    return answer(response, content, bodyWanted);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** By path. */
function seedContents(): Map<string, Content> {
  const base = `/v2/${SEED_REPOSITORY}`;
  const manifest = { type: OCI_MANIFEST, body: SEED_SIGNATURE_MANIFEST };
  const contents = new Map<string, Content>([
    [`${base}/manifests/${signatureTag(SEED_DIGEST)}`, manifest],
    [`${base}/manifests/${sha256(SEED_SIGNATURE_MANIFEST)}`, manifest],
  ]);
  for (const body of [SEED_PAYLOAD, SEED_CONFIG]) {
    contents.set(`${base}/blobs/${sha256(body)}`, { type: 'application/octet-stream', body });
  }
  return contents;
}

function answer(response: ServerResponse, { type, body }: Content, bodyWanted: boolean): void {
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Docker-Content-Digest': sha256(body),
    'Docker-Distribution-Api-Version': 'registry/2.0',
  });
  response.end(bodyWanted ? body : undefined);
}

/** The distribution specification's error code for what is missing. */
function notFoundCode(path: string): string {
  if (path.includes('/manifests/')) return 'MANIFEST_UNKNOWN';
  return path.includes('/blobs/') ? 'BLOB_UNKNOWN' : 'NAME_UNKNOWN';
}

function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
