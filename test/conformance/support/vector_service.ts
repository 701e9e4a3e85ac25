// Asks the service about a vector, and lists where its answer may differ from cosign's, with the reason.
import type { Answer } from '../../support/service.ts';

export interface VectorQuestion {
  ask: 'image' | 'attestation' | 'blob' | 'blob-attestation';
  key: string;
  log: 'v1' | 'v2' | 'none';
  annotations?: string[];
  type?: string;
}

/** Calls the service, in this process or over HTTP. */
export type Call = (
  method: 'GET' | 'POST',
  path: string,
  json?: unknown,
) => Promise<Pick<Answer, 'status' | 'text' | 'json'>>;

export interface Asked extends VectorQuestion {
  /** `host/repository`. */
  name: string;
  digest: string;
  blob?: { artifact: string; bundle: string };
}

/** The key under two ids: one for signatures that must be logged, one for those that need not. */
function keyId({ key, log }: VectorQuestion): string {
  return log === 'none' ? `${key}-unlogged` : key;
}

export async function askService(call: Call, asked: Asked, format?: 'cosign') {
  const { ask, annotations = [], type, name, digest, blob } = asked;
  const query = new URLSearchParams({ key: keyId(asked) });
  for (const pair of annotations) query.append('annotation', pair);
  if (type !== undefined && (ask === 'attestation' || ask === 'blob-attestation'))
    query.set('attestation', type);
  if (format !== undefined) query.set('format', format);
  if (blob === undefined) return call('GET', `/v1/verify/${name}@${digest}?${query}`);
  return call('POST', `/v1/verify/${await blobDigest(asked)}?${query}`, parseOrText(blob.bundle));
}

/** A key that signs with another hash than SHA-256 needs the digest by that hash, except for a statement. */
async function blobDigest({ ask, key, digest, blob }: Asked): Promise<string> {
  const hash = key === 'p384' ? 'SHA-384' : key === 'p521' ? 'SHA-512' : undefined;
  if (ask !== 'blob' || hash === undefined || blob === undefined) return digest;
  const bytes = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(blob.artifact)));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hash.toLowerCase().replace('-', '')}:${hex}`;
}

/** A body that is no longer JSON is sent unchanged. */
function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Where the service answers differently from this cosign, and why that is right. */
export const DIFFERENT: Record<string, { code: string; why: string }> = {
  ...verified(
    'cosign compares a hashedrekord with SHA-256 only, so it cannot verify what it logs for these keys',
    [
      'classic-p384',
      'classic-p521',
      'classic-ed25519',
      'classic-several',
      'blob-classic-p384',
      'blob-classic-p521',
    ],
  ),
  ...verified('cosign signs Ed25519ph and verifies plain Ed25519', ['classic-unlogged-ed25519']),
  ...verified('cosign looks only at bundles once it finds one; here every form counts', [
    'mixed-ours-classic',
  ]),
  'bundle-attested-not-signed': {
    code: 'NO_TRUSTED_SIGNATURE',
    why: 'cosign takes any statement by the key for a signature; here only one that says so',
  },
};

function verified(why: string, names: string[]) {
  return Object.fromEntries(names.map((name) => [name, { code: 'VERIFIED', why }]));
}
