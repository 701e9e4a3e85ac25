// A fake Rekor v2 (rekor-tiles) that proves entries: one tree, checkpoints by an Ed25519 note key, no promises and no times. It returns
// entries as a bundle contains them (sigstore/protobuf-specs TransparencyLogEntry).
import { type Bytes, base64, hex, join, sha256, utf8 } from './bytes.ts';
import { noteLine } from './fake_log.ts';
import { makeKey, type Signer } from './keys.ts';
import { MerkleTree } from './merkle_tree.ts';

export interface LogV2Options {
  name?: string;
  signer?: Signer;
}

export interface CheckpointOptions {
  origin?: string;
  /** Who signs it, in the order of the lines; by default only the log itself. */
  lines?: { name: string; by: Signer }[];
}

export interface FakeLogV2 {
  name: string;
  url: string;
  /** Derived from name and key, in lower-case hexadecimal. */
  id: string;
  signer: Signer;
  /** Adds an entry, and returns it with a proof against the tree as it is now. */
  append(body: string): Promise<BundleEntry>;
  get(index: number): Promise<BundleEntry>;
  checkpoint(size: number, root: Bytes, options?: CheckpointOptions): Promise<string>;
}

/** protobuf's JSON form: integers are strings, bytes base64. */
export interface BundleEntry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime?: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof?: {
    logIndex: string;
    rootHash: string;
    treeSize: string;
    hashes: string[];
    checkpoint: { envelope: string };
  };
  canonicalizedBody: string;
}

export async function makeLogV2(options: LogV2Options = {}): Promise<FakeLogV2> {
  const signer = options.signer ?? (await makeKey('ed25519'));
  const name = options.name ?? 'log2025.example';
  const named =
    signer.algorithm === 'ed25519' ? join(utf8(name), [0x0a, 0x01], signer.spki.slice(-32)) : signer.spki;
  const id = await sha256(named);
  const bodies: string[] = [];
  const tree = new MerkleTree();
  const log: FakeLogV2 = {
    name,
    url: `https://${name}`,
    id: hex(id),
    signer,
    async append(body) {
      bodies.push(body);
      tree.add(utf8(body));
      return log.get(bodies.length - 1);
    },
    async get(index) {
      const { size } = tree;
      const [root, path] = [await tree.root(size), await tree.path(index, size)];
      const body = bodies[index] ?? '';
      const { kind, apiVersion } = JSON.parse(body) as { kind: string; apiVersion: string };
      return {
        logIndex: String(index),
        logId: { keyId: base64(id) },
        kindVersion: { kind, version: apiVersion },
        inclusionProof: {
          logIndex: String(index),
          rootHash: base64(root),
          treeSize: String(size),
          hashes: path.map((hash) => base64(hash)),
          checkpoint: { envelope: await log.checkpoint(size, root) },
        },
        canonicalizedBody: base64(body),
      };
    },
    async checkpoint(size, root, { origin = name, lines = [{ name, by: signer }] } = {}) {
      const text = `${origin}\n${size}\n${base64(root)}\n`;
      const signed = await Promise.all(lines.map((line) => noteLine(line.name, line.by, text)));
      return `${text}\n${signed.join('')}`;
    },
  };
  return log;
}
