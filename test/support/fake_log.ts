// A fake Rekor v1 that signs: promises (SET), a Merkle tree with inclusion proofs, checkpoints, and the three ways to look up
// an entry. A hook lets it lie.
import { base64, hex, join, sha256, unbase64, utf8 } from './bytes.ts';
import { makeKey, type Signer } from './keys.ts';
import { leafHash, MerkleTree } from './merkle_tree.ts';

export interface ApiProof {
  checkpoint: string;
  hashes: string[];
  logIndex: number;
  rootHash: string;
  treeSize: number;
}

export interface ApiEntry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: { signedEntryTimestamp?: string; inclusionProof?: ApiProof };
}

export interface LogOptions {
  name?: string;
  signer?: Signer;
  treeId?: string;
  /** Entries in earlier shards: the log-wide index of this tree's first leaf. */
  offset?: number;
}

export interface LoggedEntry {
  uuid: string;
  entry: ApiEntry;
}

export interface FakeLog {
  name: string;
  url: string;
  id: string;
  signer: Signer;
  /** Adds an entry, and returns it with a proof against the tree as it is now. */
  append(body: string, time?: number): Promise<LoggedEntry>;
  /** The entry with a proof against the tree as it is now. */
  get(index: number): Promise<LoggedEntry>;
  /** The cosign annotation of an entry. */
  annotation(entry: ApiEntry): string;
  checkpoint(
    size: number,
    root: Uint8Array,
    options?: { origin?: string; name?: string; by?: Signer },
  ): Promise<string>;
  /** A SET over any four fields. */
  promise(entry: Pick<ApiEntry, 'body' | 'integratedTime' | 'logID' | 'logIndex'>): Promise<string>;
  handle(request: Request): Promise<Response>;
  /** What the log responds instead of the truth; undefined lets the truth through. */
  lie?: (
    found: LoggedEntry[],
    request: Request,
  ) => LoggedEntry[] | Response | Promise<LoggedEntry[] | Response>;
}

export async function makeLog(options: LogOptions = {}): Promise<FakeLog> {
  const signer = options.signer ?? (await makeKey());
  const name = options.name ?? 'rekor.example';
  const treeId = options.treeId ?? '1193050959916656506';
  const offset = options.offset ?? 0;
  const id = signer.fingerprint.slice('sha256:'.length);
  const bodies: { body: string; time: number }[] = [];
  const tree = new MerkleTree();

  const log: FakeLog = {
    name,
    url: `https://${name}`,
    id,
    signer,
    async append(body, time = 1_700_000_000) {
      bodies.push({ body, time });
      tree.add(utf8(body));
      return log.get(bodies.length - 1);
    },
    async get(index) {
      const { body, time } = bodies[index] as { body: string; time: number };
      const { size } = tree;
      const [root, path] = [await tree.root(size), await tree.path(index, size)];
      const fields = { body: base64(body), integratedTime: time, logID: id, logIndex: offset + index };
      const leaf = hex(await leafHash(utf8(body)));
      return {
        uuid: BigInt(treeId).toString(16).padStart(16, '0') + leaf,
        entry: {
          ...fields,
          verification: {
            signedEntryTimestamp: await log.promise(fields),
            inclusionProof: {
              checkpoint: await log.checkpoint(size, root),
              hashes: path.map(hex),
              logIndex: index,
              rootHash: hex(root),
              treeSize: size,
            },
          },
        },
      };
    },
    annotation({ body, integratedTime, logID, logIndex, verification }) {
      return JSON.stringify({
        SignedEntryTimestamp: verification.signedEntryTimestamp,
        Payload: { body, integratedTime, logIndex, logID },
      });
    },
    async promise({ body, integratedTime, logID, logIndex }) {
      return base64(await signer.sign(utf8(JSON.stringify({ body, integratedTime, logID, logIndex }))));
    },
    async checkpoint(size, root, { origin = `${name} - ${treeId}`, name: line = name, by = signer } = {}) {
      const text = `${origin}\n${size}\n${base64(root)}\n`;
      return `${text}\n${await noteLine(line, by, text)}`;
    },
    async handle(request) {
      const found = await search(request);
      if (found instanceof Response) return found;
      const shown = (await log.lie?.(found, request)) ?? found;
      if (shown instanceof Response) return shown;
      const { pathname } = new URL(request.url);
      const answer = shown.map(({ uuid, entry }) => ({ [uuid]: entry }));
      if (pathname.endsWith('/retrieve')) return Response.json(answer);
      if (answer.length === 0)
        return Response.json({ code: 404, message: 'entry not found' }, { status: 404 });
      return Response.json(Object.assign({}, ...answer));
    },
  };

  async function search(request: Request): Promise<LoggedEntry[] | Response> {
    const url = new URL(request.url);
    const all = await Promise.all(bodies.map((_, index) => log.get(index)));
    const byUuid = (uuid: string) => all.filter((item) => item.uuid.endsWith(uuid.slice(-64)));
    const byIndex = (index: number) => all.filter((item) => item.entry.logIndex === index);
    const single = /^\/api\/v1\/log\/entries\/([0-9a-f]{64}|[0-9a-f]{80})$/.exec(url.pathname);
    if (request.method === 'GET' && single?.[1] !== undefined) return byUuid(single[1]);
    if (request.method === 'GET' && url.pathname === '/api/v1/log/entries') {
      return byIndex(Number(url.searchParams.get('logIndex')));
    }
    if (request.method === 'POST' && url.pathname === '/api/v1/log/entries/retrieve') {
      const query = (await request.json()) as {
        entries?: unknown[];
        entryUUIDs?: string[];
        logIndexes?: number[];
      };
      const proposed = await Promise.all(
        (query.entries ?? []).map(async (entry) => canonical(await hashed(entry))),
      );
      return [
        ...all.filter((_, index) => proposed.includes(canonical(JSON.parse(bodies[index]?.body ?? 'null')))),
        ...(query.entryUUIDs ?? []).flatMap(byUuid),
        ...(query.logIndexes ?? []).flatMap(byIndex),
      ];
    }
    return Response.json({ code: 404, message: 'path was not found' }, { status: 404 });
  }

  return log;
}

/** The signature line of a signed note, by any key (C2SP signed-note). */
export async function noteLine(name: string, by: Signer, text: string): Promise<string> {
  const key = by.algorithm === 'ed25519' ? join(utf8(name), [0x0a, 0x01], by.spki.slice(-32)) : by.spki;
  const hint = (await sha256(key)).slice(0, 4);
  return `\u2014 ${name} ${base64(join(hint, await by.sign(utf8(text))))}\n`;
}

/** A proposed `rekord` contains the content itself; the log stores its hash. */
async function hashed(entry: unknown): Promise<unknown> {
  const { spec, ...rest } = entry as { spec: { data?: { content?: string } } };
  if (spec.data?.content === undefined) return entry;
  const value = hex(await sha256(unbase64(spec.data.content)));
  return { ...rest, spec: { ...spec, data: { hash: { algorithm: 'sha256', value } } } };
}

/** JSON text with sorted names, to compare objects regardless of order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join()}}`;
}
