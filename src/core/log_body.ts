// The body of a Rekor v1 entry: `rekord` and `hashedrekord`, version 0.0.1 (sigstore/rekor pkg/types). It says which
// signature, by which key, over which hash was logged; each is compared with what was verified.
import { type Bytes, fromBase64, fromHex, fromUtf8 } from './bytes.ts';
import { type Json, type JsonObject, parseJsonBytes } from './json.ts';
import { asObject, asString, exactFields } from './json_fields.ts';
import { Malformed } from './malformed.ts';
import { type HashName, spkiOfPemText } from './public_key.ts';

export type LogBodyKind = 'rekord' | 'hashedrekord';

export interface LogBody {
  kind: LogBodyKind;
  signature: Bytes;
  /** DER SPKI of the key, or of the key inside the certificate, that was logged. */
  keySpki: Bytes;
  /** Whether it was logged as a certificate. */
  isCertificate: boolean;
  hashAlgorithm: HashName;
  /** The hash of what was signed. */
  hash: Bytes;
}

/** A well-formed body of a kind or version that is not verified here. */
export class UnsupportedLogBody extends Error {}

const HASH_BYTES: Record<HashName, number> = { sha256: 32, sha384: 48, sha512: 64 };

/**
 * @throws Malformed when the body is not the JSON its kind prescribes, field for field
 * @throws UnsupportedLogBody when kind and version are others than the two
 */
export function parseLogBody(bytes: Bytes): LogBody {
  const body = asObject(parseJsonBytes(bytes, 'log entry body'), 'log entry body');
  exactFields(body, 'log entry body', ['apiVersion', 'kind', 'spec']);
  const kind = asString(body.kind, 'kind');
  const version = asString(body.apiVersion, 'apiVersion');
  if ((kind !== 'rekord' && kind !== 'hashedrekord') || version !== '0.0.1')
    throw new UnsupportedLogBody(`${kind} ${version}`);
  const spec = asObject(body.spec, 'spec');
  exactFields(spec, 'spec', ['data', 'signature']);
  return { kind, ...readSignature(spec.signature, kind), ...readHash(spec.data) };
}

/** The body, or the reason why it cannot be read: it is looked into for hints before it is judged. */
export function tryLogBody(bytes: Bytes): LogBody | UnsupportedLogBody | Malformed {
  try {
    return parseLogBody(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof UnsupportedLogBody) return error;
    throw error;
  }
}

function readSignature(
  value: Json | undefined,
  kind: LogBodyKind,
): Pick<LogBody, 'signature' | 'keySpki' | 'isCertificate'> {
  const signature = asObject(value, 'spec.signature');
  exactFields(signature, 'spec.signature', [
    'content',
    'publicKey',
    ...(kind === 'rekord' ? ['format'] : []),
  ]);
  if (kind === 'rekord' && signature.format !== 'x509') {
    throw new UnsupportedLogBody(`rekord with format ${JSON.stringify(signature.format)}`);
  }
  const publicKey = asObject(signature.publicKey, 'spec.signature.publicKey');
  exactFields(publicKey, 'spec.signature.publicKey', ['content']);
  const key = base64Field(publicKey, 'content', 'spec.signature.publicKey.content');
  const { spki, isCertificate } = spkiOfPemText(fromUtf8(key, 'logged key'));
  return {
    signature: base64Field(signature, 'content', 'spec.signature.content'),
    keySpki: spki,
    isCertificate,
  };
}

function readHash(value: Json | undefined): Pick<LogBody, 'hashAlgorithm' | 'hash'> {
  const data = asObject(value, 'spec.data');
  exactFields(data, 'spec.data', ['hash']);
  const hash = asObject(data.hash, 'spec.data.hash');
  exactFields(hash, 'spec.data.hash', ['algorithm', 'value']);
  const algorithm = asString(hash.algorithm, 'spec.data.hash.algorithm');
  if (algorithm !== 'sha256' && algorithm !== 'sha384' && algorithm !== 'sha512') {
    throw new Malformed('spec.data.hash.algorithm', 'expected sha256, sha384 or sha512');
  }
  const bytes = fromHex(asString(hash.value, 'spec.data.hash.value'), 'spec.data.hash.value');
  if (bytes.length !== HASH_BYTES[algorithm])
    throw new Malformed('spec.data.hash.value', `is not a ${algorithm}`);
  return { hashAlgorithm: algorithm, hash: bytes };
}

function base64Field(object: JsonObject, name: string, what: string): Bytes {
  const bytes = fromBase64(asString(object[name], what), what);
  if (bytes.length === 0) throw new Malformed(what, 'is empty');
  return bytes;
}
