// A fake timestamp authority, with its own root, intermediates and signing certificate, which issues RFC 3161 tokens. Written independently
// of src/core. Every structure is a list of named parts, which a hook may change, remove or add to before the structure is signed or
// enclosed, so that a case breaks one thing and everything else stays genuine.
import { type Bytes, hex, sha256, utf8 } from './bytes.ts';
import { type Algorithm, der, derInteger, type Hash, makeKey, pem, type Signer } from './keys.ts';

/** DER values by name, in the order they are written. */
export type Parts = Record<string, Uint8Array>;
export type Hook = (parts: Parts) => void;

export interface CertificateHooks {
  /** The fields of the certificate to be signed. */
  tbs?: Hook;
  extensions?: Hook;
  /** The certificate, its algorithm and its signature. */
  whole?: Hook;
}

export interface TsaOptions {
  algorithm?: Algorithm;
  issuerAlgorithm?: Algorithm;
  intermediates?: number;
  /** The hash under every signature. */
  hash?: Hash;
  notBefore?: string;
  notAfter?: string;
  leaf?: CertificateHooks;
  /** Hooks of the issuers, the leaf's own issuer first. */
  issuers?: CertificateHooks[];
}

export interface StampOptions {
  /** GeneralizedTime. */
  time?: string;
  imprintHash?: Hash;
  /** The digest of content and attributes. */
  hash?: Hash;
  /** TSTInfo's fields. */
  info?: Hook;
  /** The signed attributes, each whole. */
  attributes?: Hook;
  signerInfo?: Hook;
  signedData?: Hook;
  response?: Hook;
  /** Another key that signs. */
  by?: Signer;
}

export interface FakeTsa {
  /** DER, leaf first. */
  chain: Bytes[];
  pem: string;
  signer: Signer;
  /** A TimeStampResp over a message. */
  stamp(message: Uint8Array, options?: StampOptions): Promise<Bytes>;
  /** The name of the leaf's issuer. */
  issuer: Bytes;
  /** The leaf's subject key identifier, as a SignerInfo's sid has it. */
  subjectKeyId: Bytes;
  /** Of the leaf. */
  fingerprints: { sha1: Bytes; sha256: Bytes; sha512: Bytes };
}

const STAMPED_AT = '20250601120000Z';

const HASH_OID: Record<Hash, string> = {
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
};
export const OID = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  rsaEncryption: '1.2.840.113549.1.1.1',
};
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);
const NULL = Uint8Array.of(0x05, 0x00);

export async function makeTsa(options: TsaOptions = {}): Promise<FakeTsa> {
  const { algorithm = 'P-256', issuerAlgorithm = algorithm, intermediates = 1, hash = 'SHA-256' } = options;
  const { notBefore = '250101000000Z', notAfter = '300101000000Z' } = options;
  const id = hex(crypto.getRandomValues(new Uint8Array(4)));
  const names = ['leaf', ...Array.from({ length: intermediates }, (_, i) => `ca-${i}`), 'root'];
  const keys: Signer[] = [];
  for (const name of names) keys.push(await makeKey(name === 'leaf' ? algorithm : issuerAlgorithm, hash));
  const chain: Bytes[] = [];
  for (const [i, name] of names.entries()) {
    const above = Math.min(i + 1, names.length - 1);
    chain.push(
      await certificate({
        subject: directoryName(`${name} ${id}`),
        issuer: directoryName(`${names[above]} ${id}`),
        key: keys[i] as Signer,
        by: keys[above] as Signer,
        hash,
        validity: der(0x30, der(0x17, utf8(notBefore)), der(0x17, utf8(notAfter))),
        extensions: name === 'leaf' ? leafExtensions() : issuerExtensions(),
        hooks: (i === 0 ? options.leaf : options.issuers?.[i - 1]) ?? {},
      }),
    );
  }
  const [leaf = new Uint8Array()] = chain;
  const [signer] = keys as [Signer];
  const issuer = directoryName(`${names[1]} ${id}`);
  return {
    issuer,
    chain,
    pem: chain.map((one) => pem('CERTIFICATE', one)).join(''),
    signer,
    subjectKeyId: der(0x80, SUBJECT_KEY_ID),
    fingerprints: {
      sha1: await hashed('SHA-1', leaf),
      sha256: await hashed('SHA-256', leaf),
      sha512: await hashed('SHA-512', leaf),
    },
    stamp: (message, stamp = {}) => makeToken(message, leaf, issuer, signer, stamp),
  };
}

const SUBJECT_KEY_ID = Uint8Array.from({ length: 20 }, (_, i) => i + 1);
const SERIAL = derInteger(Uint8Array.of(0x77, 0x01));

function leafExtensions(): Parts {
  return {
    keyUsage: extension(OID.keyUsage, [0x03, 0x02, 0x07, 0x80], TRUE),
    extKeyUsage: extension(OID.extKeyUsage, der(0x30, oid(OID.timeStamping)), TRUE),
    subjectKeyId: extension(OID.subjectKeyIdentifier, der(0x04, SUBJECT_KEY_ID)),
  };
}

function issuerExtensions(): Parts {
  return {
    basicConstraints: extension(OID.basicConstraints, der(0x30, TRUE), TRUE),
    keyUsage: extension(OID.keyUsage, [0x03, 0x02, 0x01, 0x06], TRUE),
  };
}

interface Making {
  subject: Bytes;
  issuer: Bytes;
  key: Signer;
  by: Signer;
  hash: Hash;
  validity: Bytes;
  extensions: Parts;
  hooks: CertificateHooks;
}

async function certificate({ subject, issuer, key, by, hash, validity, extensions, hooks }: Making) {
  hooks.extensions?.(extensions);
  const fields: Parts = {
    version: der(0xa0, derInteger(Uint8Array.of(2))),
    serial: SERIAL,
    algorithm: signatureAlgorithm(by, hash),
    issuer,
    validity,
    subject,
    key: key.spki,
    extensions: der(0xa3, der(0x30, ...Object.values(extensions))),
  };
  hooks.tbs?.(fields);
  const tbs = der(0x30, ...Object.values(fields));
  const whole: Parts = {
    tbs,
    algorithm: signatureAlgorithm(by, hash),
    signature: der(0x03, [0], await by.sign(tbs, hash)),
  };
  hooks.whole?.(whole);
  return der(0x30, ...Object.values(whole));
}

async function makeToken(
  message: Uint8Array,
  leaf: Bytes,
  issuer: Bytes,
  signer: Signer,
  options: StampOptions,
): Promise<Bytes> {
  const { imprintHash = 'SHA-256', hash = 'SHA-256', time = STAMPED_AT, by = signer } = options;
  const info: Parts = {
    version: derInteger(Uint8Array.of(1)),
    policy: oid('1.3.6.1.4.1.57264.2'),
    imprint: der(0x30, hashAlgorithm(imprintHash), der(0x04, await hashed(imprintHash, message))),
    serial: derInteger(crypto.getRandomValues(new Uint8Array(8))),
    time: der(0x18, utf8(time)),
  };
  options.info?.(info);
  const content = der(0x30, ...Object.values(info));
  const attributes: Parts = {
    contentType: attribute(OID.contentType, oid(OID.tstInfo)),
    signingTime: attribute(OID.signingTime, der(0x17, utf8(time.slice(2)))),
    messageDigest: attribute(OID.messageDigest, der(0x04, await hashed(hash, content))),
    signingCertificate: attribute(
      OID.signingCertificateV2,
      der(0x30, der(0x30, der(0x30, der(0x04, await sha256(leaf)), issuerSerial(issuer)))),
    ),
  };
  options.attributes?.(attributes);
  const signed = Object.values(attributes);
  const signerInfo: Parts = {
    version: derInteger(Uint8Array.of(1)),
    signer: der(0x30, issuer, SERIAL),
    digest: hashAlgorithm(hash),
    attributes: der(0xa0, ...signed),
    algorithm: signatureAlgorithm(by, hash),
    signature: der(0x04, await by.sign(der(0x31, ...signed), hash)),
  };
  options.signerInfo?.(signerInfo);
  const signedData: Parts = {
    version: derInteger(Uint8Array.of(3)),
    digests: der(0x31, hashAlgorithm(hash)),
    content: der(0x30, oid(OID.tstInfo), der(0xa0, der(0x04, content))),
    signers: der(0x31, der(0x30, ...Object.values(signerInfo))),
  };
  options.signedData?.(signedData);
  const response: Parts = {
    status: der(0x30, derInteger(Uint8Array.of(0))),
    token: der(0x30, oid(OID.signedData), der(0xa0, der(0x30, ...Object.values(signedData)))),
  };
  options.response?.(response);
  return der(0x30, ...Object.values(response));
}

/** A hook that adds a part, or replaces it. */
export function set(name: string, value: Uint8Array): Hook {
  return (parts) => {
    parts[name] = value;
  };
}

export function change(name: string, edit: (value: Uint8Array) => Uint8Array): Hook {
  return (parts) => {
    parts[name] = edit(parts[name] as Uint8Array);
  };
}

export function remove(name: string): Hook {
  return (parts) => {
    delete parts[name];
  };
}

/** In SignedData, certificates come before signers. */
export function withCertificates(...certificates: Uint8Array[]): Hook {
  return (parts) => {
    const { signers = new Uint8Array() } = parts;
    delete parts.signers;
    Object.assign(parts, { certificates: der(0xa0, ...certificates), signers });
  };
}

export function bySubjectKeyId(id: Uint8Array): Hook {
  return (parts) => {
    parts.version = derInteger(Uint8Array.of(3));
    parts.signer = id;
  };
}

/** SigningCertificate or SigningCertificateV2, with one certificate. */
export function signingCertificate(...id: Uint8Array[]): Bytes {
  return der(0x30, der(0x30, der(0x30, ...id)));
}

/** RFC 5035 IssuerSerial. */
export function issuerSerial(issuer: Uint8Array, serial: Uint8Array = SERIAL): Bytes {
  return der(0x30, der(0x30, der(0xa4, issuer)), serial);
}

export function extension(
  id: string,
  value: Uint8Array | number[],
  critical: Uint8Array | number[] = [],
): Bytes {
  return der(0x30, oid(id), critical, der(0x04, value));
}

export function attribute(id: string, ...values: Uint8Array[]): Bytes {
  return der(0x30, oid(id), der(0x31, ...values));
}

export function directoryName(commonName: string): Bytes {
  return der(0x30, der(0x31, der(0x30, oid(OID.commonName), der(0x0c, utf8(commonName)))));
}

export function hashAlgorithm(hash: Hash): Bytes {
  return der(0x30, oid(HASH_OID[hash]));
}

function signatureAlgorithm({ algorithm }: Pick<Signer, 'algorithm'>, hash: Hash): Bytes {
  const bits = { 'SHA-256': 0, 'SHA-384': 1, 'SHA-512': 2 }[hash];
  if (algorithm === 'ed25519') return der(0x30, oid('1.3.101.112'));
  if (algorithm.startsWith('rsa-')) return der(0x30, oid(`1.2.840.113549.1.1.${11 + bits}`), NULL);
  return der(0x30, oid(`1.2.840.10045.4.3.${2 + bits}`));
}

async function hashed(hash: Hash | 'SHA-1', bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes as Bytes));
}

export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, ...[40 * first + second, ...rest].map(base128));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift((left & 0x7f) | 0x80);
  }
  return digits;
}

/** Adds a value at the end of a constructed value, or of the one inside it at the given path of positions. */
export function withTrailing(value: Uint8Array, ...path: number[]): Bytes {
  const [position, ...rest] = path;
  const content = value.subarray(headerLength(value));
  if (position === undefined) return der(value[0] ?? 0, content, NULL);
  const inside = childrenOf(content);
  const changed = inside.map((child, i) => (i === position ? withTrailing(child, ...rest) : child));
  return der(value[0] ?? 0, ...changed);
}

function childrenOf(content: Uint8Array): Uint8Array[] {
  const children: Uint8Array[] = [];
  for (let at = 0; at < content.length; ) {
    const rest = content.subarray(at);
    const [, first = 0, second = 0, third = 0] = rest;
    const length = first === 0x82 ? second * 256 + third : first === 0x81 ? second : first;
    children.push(rest.subarray(0, headerLength(rest) + length));
    at += headerLength(rest) + length;
  }
  return children;
}

function headerLength(value: Uint8Array): number {
  return value[1] === 0x82 ? 4 : value[1] === 0x81 ? 3 : 2;
}
