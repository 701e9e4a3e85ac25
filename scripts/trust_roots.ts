// Writes src/trust_roots/public_logs.ts and public_authorities.ts from a published trusted root (sigstore/root-signing targets/trusted_root.json):
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
interface TimestampAuthority {
  uri: string;
  certChain: { certificates: { rawBytes: string }[] };
  validFor?: { start?: string; end?: string };
}

if (path === undefined) {
  console.error('usage: node scripts/trust_roots.ts path/to/trusted_root.json');
  process.exit(2);
}

const { tlogs, timestampAuthorities } = JSON.parse(readFileSync(path, 'utf8')) as {
  tlogs: TransparencyLog[];
  timestampAuthorities: TimestampAuthority[];
};

/** The window's two fields; one without a start is malformed. */
function windowOf(name: string, { start, end }: { start?: string; end?: string } = {}): string[] {
  if (start === undefined || Number.isNaN(Date.parse(start)))
    throw new Error(`${name}: a window without a start is malformed`);
  return [`validFrom: '${start}'`, ...(end === undefined ? [] : [`validUntil: '${end}'`])];
}

const asObject = (fields: string[]) => `  {\n${fields.map((field) => `    ${field},`).join('\n')}\n  },`;

const logs = tlogs.map(({ baseUrl, publicKey, logId }) =>
  asObject([
    `url: '${baseUrl}'`,
    // A v2 log's id is of its name and key, a v1 log's of its key alone.
    `version: ${sha256(publicKey.rawBytes) === logId.keyId ? 1 : 2}`,
    `logId: '${Buffer.from(logId.keyId, 'base64').toString('hex')}'`,
    `spki: '${publicKey.rawBytes}'`,
    ...windowOf(baseUrl, publicKey.validFor),
  ]),
);
const authorities = timestampAuthorities.map(({ uri, certChain, validFor }) => {
  const chain = certChain.certificates.map(({ rawBytes }) => `      '${rawBytes}',`);
  return asObject([`url: '${uri}'`, `chain: [\n${chain.join('\n')}\n    ]`, ...windowOf(uri, validFor)]);
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
${logs.join('\n')}
];
`,
);
writeFileSync(
  new URL('../src/trust_roots/public_authorities.ts', import.meta.url),
  `// The public timestamp authorities, made by scripts/trust_roots.ts from a published trusted root. Do not edit by hand.

export interface PublicAuthority {
  url: string;
  /** Base64 of DER certificates: the signer's own first, up to the root. */
  chain: string[];
  /** RFC 3339, inclusive. */
  validFrom: string;
  validUntil?: string;
}

export const PUBLIC_AUTHORITIES: PublicAuthority[] = [
${authorities.join('\n')}
];
`,
);
console.log(`${logs.length} logs and ${authorities.length} authorities written`);
