// Hashes a stream natively where the runtime can: Workers has `crypto.DigestStream`; Deno and Node have `node:crypto`, available
// without an import. Other runtimes hash in JavaScript.
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { type HashName, WEB_HASH } from '../../core/crypto/digest.ts';

export interface Hasher {
  update(chunk: Uint8Array): void | Promise<void>;
  /** Ends the hash. */
  digest(): Promise<Uint8Array>;
}

interface NativeHash {
  update(chunk: Uint8Array): unknown;
  digest(): Uint8Array;
}

interface Runtime {
  crypto: { DigestStream?: new (algorithm: string) => WritableStream & { digest: Promise<ArrayBuffer> } };
  process?: {
    getBuiltinModule?(name: 'node:crypto'): { createHash(algorithm: HashName): NativeHash } | undefined;
  };
}

const IN_JAVASCRIPT = { sha256, sha384, sha512 };

export function createHasher(algorithm: HashName): Hasher {
  const runtime = globalThis as unknown as Runtime;
  if (runtime.crypto.DigestStream !== undefined)
    return streamHasher(new runtime.crypto.DigestStream(WEB_HASH[algorithm]));
  const native = runtime.process?.getBuiltinModule?.('node:crypto');
  const hash: NativeHash = native?.createHash(algorithm) ?? IN_JAVASCRIPT[algorithm].create();
  return {
    update: (chunk) => void hash.update(chunk),
    digest: async () => hash.digest(),
  };
}

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
