// Writes src/trust_roots/public_logs.ts from a published trusted root (sigstore/root-signing targets/trusted_root.json):
//   node scripts/trust_roots.ts path/to/trusted_root.json
// The root's own signatures are checked by whoever fetched it (TUF); this only turns it into code that can be reviewed.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const sha256 = (base64: string) =>
  createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');

interface TransparencyLog {
  baseUrl: string;
  publicKey: { rawBytes: string; keyDetails: string; validFor?: { start?: string; end?: string } };
  logId: { keyId: string };
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node scripts/trust_roots.ts path/to/trusted_root.json');
  process.exit(2);
}

const { tlogs } = JSON.parse(readFileSync(path, 'utf8')) as { tlogs: TransparencyLog[] };
const entries = tlogs.map(({ baseUrl, publicKey, logId }) => {
  const { start, end } = publicKey.validFor ?? {};
  if (start === undefined || Number.isNaN(Date.parse(start)))
    throw new Error(`${baseUrl}: a window without a start is malformed`);
  const fields = [
    `url: '${baseUrl}'`,
    // A v2 log's id is of its name and key, a v1 log's of its key alone.
    `version: ${sha256(publicKey.rawBytes) === logId.keyId ? 1 : 2}`,
    `logId: '${Buffer.from(logId.keyId, 'base64').toString('hex')}'`,
    `spki: '${publicKey.rawBytes}'`,
    `validFrom: '${start}'`,
    ...(end === undefined ? [] : [`validUntil: '${end}'`]),
  ];
  return `  {\n${fields.map((field) => `    ${field},`).join('\n')}\n  },`;
});

writeFileSync(
  new URL('../src/trust_roots/public_logs.ts', import.meta.url),
  `// The public transparency logs, made by scripts/trust_roots.ts from a published trusted root. Do not edit by hand.

export interface PublicLog {
  url: string;
  version: 1 | 2;
  /** Lower-case hexadecimal. */
  logId: string;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  spki: string;
  /** RFC 3339, inclusive. */
  validFrom: string;
  validUntil?: string;
}

export const PUBLIC_LOGS: PublicLog[] = [
${entries.join('\n')}
];
`,
);
console.log(`${entries.length} logs written`);
