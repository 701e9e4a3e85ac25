// SHA-256 over a stream, natively where the runtime can: Workers has `crypto.DigestStream`, Deno and Node have `node:crypto`, to be had
// without an import. What has neither hashes in JavaScript.
import { sha256 } from '@noble/hashes/sha2.js';

export interface Hasher {
  update(chunk: Uint8Array): void | Promise<void>;
  /** Ends it. */
  digest(): Promise<Uint8Array>;
}

interface NativeHash {
  update(chunk: Uint8Array): unknown;
  digest(): Uint8Array;
}

interface Runtime {
  crypto: { DigestStream?: new (algorithm: 'SHA-256') => WritableStream & { digest: Promise<ArrayBuffer> } };
  process?: {
    getBuiltinModule?(name: 'node:crypto'): { createHash(algorithm: 'sha256'): NativeHash } | undefined;
  };
}

export function createHasher(): Hasher {
  const runtime = globalThis as unknown as Runtime;
  if (runtime.crypto.DigestStream !== undefined)
    return streamHasher(new runtime.crypto.DigestStream('SHA-256'));
  const native = process.getBuiltinModule?.('node:crypto');
  const hash: NativeHash = native?.createHash('sha256') ?? sha256.create();
  return {
    update: (chunk) => void hash.update(chunk),
    digest: async () => hash.digest(),
  };
}

declare const process: { getBuiltinModule?: NonNullable<Runtime['process']>['getBuiltinModule'] };

function streamHasher(stream: WritableStream & { digest: Promise<ArrayBuffer> }): Hasher {
  const writer = stream.getWriter();
  stream.digest.catch(() => undefined);
  return {
    update: (chunk) => writer.write(chunk),
    async digest() {
      await writer.close();
      return new Uint8Array(await stream.digest);
    },
  };
}
