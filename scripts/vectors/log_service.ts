// The two fake logs over HTTP, as cosign talks to them when it signs: Rekor v1 (sigstore/rekor openapi.yaml, createLogEntry) and
// Rekor v2 (sigstore/rekor-tiles api/proto, WriteService). They canonicalise proposals as Rekor does, and sign honestly.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashedBodyV2, pae } from '../../test/support/bundles.ts';
import { type FakeLog, makeLog } from '../../test/support/fake_log.ts';
import { type FakeLogV2, makeLogV2 } from '../../test/support/fake_log_v2.ts';

export interface LogService {
  v1: FakeLog;
  v2: FakeLogV2;
  /** Origins. */
  v1Url: string;
  v2Url: string;
  stop(): Promise<void>;
}

export async function startLogs(): Promise<LogService> {
  const [first, second] = [createServer(), createServer()];
  const [v1Url, v2Url] = [await listen(first), await listen(second)];
  const v1 = await makeLog({ name: new URL(v1Url).host });
  const v2 = await makeLogV2({ name: new URL(v2Url).hostname });
  answerWith(first, (path, body) => appendV1(v1, path, body));
  answerWith(second, (path, body) => appendV2(v2, path, body));
  return {
    v1,
    v2,
    v1Url,
    v2Url,
    async stop() {
      for (const server of [first, second]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Answer = { status: number; json: unknown; etag?: string };

function answerWith(server: Server, append: (path: string, body: string) => Promise<Answer>): void {
  server.on('request', async (request, response) => {
    const { status, json, etag } = await append(request.url ?? '', await readAll(request)).catch((error) => ({
      status: 500,
      json: { code: 500, message: String(error) },
      etag: undefined,
    }));
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(etag !== undefined && { etag, location: `${request.url}/${etag}` }),
    });
    response.end(JSON.stringify(json));
  });
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function appendV1(log: FakeLog, path: string, body: string): Promise<Answer> {
  if (path !== '/api/v1/log/entries') return { status: 404, json: { code: 404, message: `no ${path}` } };
  const { uuid, entry } = await log.append(canonicalV1(JSON.parse(body)), Math.floor(Date.now() / 1000));
  return { status: 201, json: { [uuid]: entry }, etag: uuid };
}

// biome-ignore lint/suspicious/noExplicitAny: cosign's proposals, of three kinds
type Json = any;

function canonicalV1({ kind, apiVersion, spec }: Json): string {
  if (kind === 'hashedrekord') {
    const { data, signature } = spec;
    return JSON.stringify({
      apiVersion,
      kind,
      spec: {
        data: { hash: { algorithm: data.hash.algorithm, value: data.hash.value } },
        signature: { content: signature.content, publicKey: { content: signature.publicKey.content } },
      },
    });
  }
  if (kind === 'dsse') {
    const { envelope, verifiers } = spec.proposedContent;
    const { payload, signatures } = JSON.parse(envelope);
    return JSON.stringify({
      apiVersion,
      kind,
      spec: {
        envelopeHash: stated(envelope),
        payloadHash: stated(Buffer.from(payload, 'base64')),
        signatures: signatures.map(({ sig }: Json, at: number) => ({
          signature: sig,
          verifier: verifiers[at] ?? verifiers[0],
        })),
      },
    });
  }
  if (kind === 'intoto' && apiVersion === '0.0.1') {
    const { envelope } = spec.content;
    const { payload } = JSON.parse(envelope);
    const content = { hash: stated(envelope), payloadHash: stated(Buffer.from(payload, 'base64')) };
    return JSON.stringify({ apiVersion, kind, spec: { content, publicKey: spec.publicKey } });
  }
  throw new Error(`unsupported proposal: ${kind} ${apiVersion}`);
}

function stated(data: string | Buffer) {
  return { algorithm: 'sha256', value: createHash('sha256').update(data).digest('hex') };
}

async function appendV2(log: FakeLogV2, path: string, body: string): Promise<Answer> {
  if (path !== '/api/v2/log/entries') return { status: 404, json: { code: 5, message: `no ${path}` } };
  return { status: 201, json: await log.append(await canonicalV2(JSON.parse(body))) };
}

/** An envelope is logged by the hash of its encoding; for a hashed message, only the digest is known. */
async function canonicalV2({
  hashedRekordRequestV002: hashed,
  dsseRequestV002: dsse,
}: Json): Promise<string> {
  if (dsse !== undefined) {
    const { payload, payloadType, signatures } = dsse.envelope;
    const [verifier] = dsse.verifiers;
    const message = pae(payloadType, Uint8Array.from(Buffer.from(payload, 'base64')));
    return hashedBodyV2(message, signatures[0].sig, keyOf(verifier), {
      keyDetails: verifier.keyDetails,
      hash: hashOf(verifier.keyDetails),
    });
  }
  const { digest, signature } = hashed;
  const { verifier } = signature;
  const algorithm = hashOf(verifier.keyDetails).replace('SHA-', 'SHA2_');
  const { content } = signature;
  const { keyDetails, publicKey } = verifier;
  return JSON.stringify({
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: {
      hashedRekordV002: {
        data: { algorithm, digest },
        signature: { content, verifier: { keyDetails, publicKey: { rawBytes: publicKey.rawBytes } } },
      },
    },
  });
}

function hashOf(keyDetails: string): 'SHA-256' | 'SHA-384' | 'SHA-512' {
  if (keyDetails.endsWith('384')) return 'SHA-384';
  return keyDetails.endsWith('512') || keyDetails.endsWith('ED25519_PH') ? 'SHA-512' : 'SHA-256';
}

function keyOf({ publicKey }: Json) {
  return { spki: Uint8Array.from(Buffer.from(publicKey.rawBytes, 'base64')), algorithm: 'P-256' as const };
}
