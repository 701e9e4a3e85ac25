// Parses RFC 3161 timestamps: a TimeStampResp, as in Sigstore bundles, or the TimeStampToken in it, which is CMS SignedData (RFC 5652)
// with one signer. Everything must be DER. RFC 5652 requires DER only for the signed parts and allows BER elsewhere, but all timestamps
// of Sigstore's authorities are DER. Nothing here is trusted yet.

import type { HashName } from '../crypto/digest.ts';
import { type Bytes, concat } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';
import { onlyDirectoryName } from './distinguished_name.ts';
import { type NamingHash, readHashAlgorithm } from './hash_algorithm.ts';
import { readCmsSignatureAlgorithm, type SignatureAlgorithm } from './signature_algorithm.ts';

/** In bytes. A timestamp with its certificates has a few thousand. */
export const MAX_TIMESTAMP_BYTES = 64 * 1024;
const WHAT = 'timestamp';
const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
};
/** Context-specific tags of SignedData and SignerInfo. */
const CONTEXT = {
  explicitContent: 0xa0,
  certificates: 0xa0,
  revocationLists: 0xa1,
  subjectKeyId: 0x80,
  signedAttributes: 0xa0,
  unsignedAttributes: 0xa1,
};

/** Identifies the signer's certificate by issuer and serial number, or by subject key identifier. */
export type SignerId = IssuerAndSerial | { subjectKeyId: Bytes };
export interface IssuerAndSerial {
  issuer: Bytes;
  serial: Bytes;
}

export interface TimestampToken {
  /** DER TSTInfo. */
  content: Bytes;
  signer: SignerId;
  /** The hash algorithm of `messageDigest` and of the signature. */
  digest: HashName;
  messageDigest: Bytes;
  /** The certificates that the signer states it used: the first one in each version of the ESS signingCertificate attribute. */
  named: NamedCertificate[];
  /** The signed bytes: the attributes as a SET OF (RFC 5652 §5.4). */
  signedBytes: Bytes;
  signatureAlgorithm: SignatureAlgorithm;
  signature: Bytes;
}

export interface NamedCertificate {
  hash: NamingHash;
  value: Bytes;
  issuerSerial?: IssuerAndSerial;
}

export function parseTimestampToken(der: Bytes): TimestampToken {
  return readToken(der, readSignedData);
}

/** The stated signer only. It is read before the rest, because tokens by other authorities may use unsupported algorithms. */
export function readTimestampSigner(der: Bytes): SignerId {
  return readToken(der, readSignerOnly);
}

function readToken<T>(der: Bytes, read: (data: DerReader) => T): T {
  if (der.length > MAX_TIMESTAMP_BYTES) throw new Malformed(WHAT, `larger than ${MAX_TIMESTAMP_BYTES} bytes`);
  const outer = new DerReader(der, WHAT);
  const first = outer.sequence();
  outer.end();
  if (first.nextTag === TAG.oid) return readContentInfo(first, read);
  readStatus(first.sequence());
  if (first.atEnd) throw new Malformed(WHAT, 'the response contains no token');
  const token = readContentInfo(first.sequence(), read);
  first.end();
  return token;
}

/** PKIStatusInfo: must be granted or granted with modifications, without a failure reason. */
function readStatus(info: DerReader): void {
  const status = info.smallInteger();
  if (status > 1) throw new Malformed(WHAT, `the authority refused the request (status ${status})`);
  if (info.nextTag === TAG.sequence) info.any();
  info.end();
}

function readContentInfo<T>(info: DerReader, read: (data: DerReader) => T): T {
  if (info.oid() !== OID.signedData) throw new Malformed(WHAT, 'is not CMS signed data');
  const explicit = info.inside(CONTEXT.explicitContent, 'the signed data');
  info.end();
  const token = read(explicit.sequence());
  explicit.end();
  return token;
}

function readSignerOnly(data: DerReader): SignerId {
  data.smallInteger();
  // Skip the digest algorithms and the content.
  data.any();
  data.any();
  for (const tag of [CONTEXT.certificates, CONTEXT.revocationLists]) if (data.nextTag === tag) data.any();
  const info = data.set().sequence();
  return readSignerId(info, info.smallInteger());
}

function readSignedData(data: DerReader): TimestampToken {
  // RFC 5652 requires 3 for a TSTInfo. Sigstore's authority wrote 1 before its release 1.2.1 of January 2024, and its timestamps are
  // kept beside signatures. Nothing depends on the version: the fields are the same, and it is not signed.
  const version = data.smallInteger();
  if (version !== 3 && version !== 1)
    throw new Malformed(WHAT, 'the signed data has neither version 3 nor 1');
  const digests = readAll(data.set(), (list) => readHashAlgorithm(list, WHAT));
  const encapsulated = data.sequence();
  if (encapsulated.oid() !== OID.tstInfo) throw new Malformed(WHAT, 'the content is not a TSTInfo');
  const explicit = encapsulated.inside(CONTEXT.explicitContent, 'the content');
  encapsulated.end();
  const content = explicit.octetString();
  explicit.end();
  // The trusted chain determines the signer. Certificates in the token are ignored.
  for (const tag of [CONTEXT.certificates, CONTEXT.revocationLists]) {
    if (data.nextTag === tag) readAll(data.inside(tag, 'a set'), (list) => list.any());
  }
  const signers = data.set();
  data.end();
  const token = readSignerInfo(signers.sequence(), content);
  if (!signers.atEnd) throw new Malformed(WHAT, 'more than one signer');
  if (!digests.includes(token.digest))
    throw new Malformed(WHAT, "the signer's digest algorithm is missing from digestAlgorithms");
  return token;
}

function readSignerInfo(info: DerReader, content: Bytes): TimestampToken {
  const version = info.smallInteger();
  const signer = readSignerId(info, version);
  const digest = readHashAlgorithm(info, WHAT);
  if (info.nextTag !== CONTEXT.signedAttributes) throw new Malformed(WHAT, 'there are no signed attributes');
  const attributes = info.any();
  const signatureAlgorithm = readCmsSignatureAlgorithm(info, digest, WHAT);
  const signature = info.octetString();
  if (info.nextTag === CONTEXT.unsignedAttributes) info.any();
  info.end();
  return {
    content,
    signer,
    digest,
    ...readAttributes(new DerReader(attributes.content, WHAT)),
    // Kept as encoded: re-sorting the attributes would verify something other than what was sent.
    signedBytes: concat(Uint8Array.of(TAG.set), attributes.whole.subarray(1)),
    signatureAlgorithm,
    signature,
  };
}

function readSignerId(info: DerReader, version: number): SignerId {
  if (version === 1) return readIssuerAndSerial(info.sequence());
  if (version !== 3) throw new Malformed(WHAT, `signer version ${version} is not supported`);
  return { subjectKeyId: info.value(CONTEXT.subjectKeyId, 'a subject key identifier').content };
}

function readIssuerAndSerial(id: DerReader): IssuerAndSerial {
  const issuer = id.value(TAG.sequence, 'the issuer').whole;
  const serial = id.integer();
  id.end();
  return { issuer, serial };
}

function readAttributes(list: DerReader): Pick<TimestampToken, 'messageDigest' | 'named'> {
  const values = new Map<string, DerReader>();
  while (!list.atEnd) {
    const attribute = list.sequence();
    const oid = attribute.oid();
    if (values.has(oid)) throw new Malformed(WHAT, `the attribute ${oid} appears twice`);
    values.set(oid, attribute.set());
    attribute.end();
  }
  const contentType = only(values, OID.contentType, 'content type', (value) => value.oid());
  if (contentType !== OID.tstInfo) throw new Malformed(WHAT, 'the signed content type is not TSTInfo');
  const messageDigest = only(values, OID.messageDigest, 'message digest', (value) => value.octetString());
  const named = [
    ...(values.has(OID.signingCertificate)
      ? [only(values, OID.signingCertificate, 'signing certificate', readSigningCertificate)]
      : []),
    ...(values.has(OID.signingCertificateV2)
      ? [only(values, OID.signingCertificateV2, 'signing certificate', readSigningCertificateV2)]
      : []),
  ];
  if (named.length === 0) throw new Malformed(WHAT, 'no attribute names the signing certificate (RFC 5816)');
  return { messageDigest, named };
}

/** The value of an attribute that must have exactly one. */
function only<T>(
  attributes: Map<string, DerReader>,
  oid: string,
  name: string,
  read: (value: DerReader) => T,
): T {
  const values = attributes.get(oid);
  if (values === undefined) throw new Malformed(WHAT, `the signed ${name} attribute is missing`);
  const value = read(values);
  if (!values.atEnd) throw new Malformed(WHAT, `the ${name} attribute has more than one value`);
  return value;
}

/** RFC 2634 §5.4: the first ESSCertID is the signer's. Further ones, and policies, restrict chain building, which is not done here. */
function readSigningCertificate(attribute: DerReader): NamedCertificate {
  return readFirst(attribute.sequence(), () => 'sha1');
}

/** RFC 5035 §3: SHA-256 is the default, but some encoders encode it explicitly. */
function readSigningCertificateV2(attribute: DerReader): NamedCertificate {
  return readFirst(attribute.sequence(), (id) =>
    id.nextTag === TAG.sequence ? readHashAlgorithm(id, WHAT) : 'sha256',
  );
}

function readFirst(certificate: DerReader, readHash: (id: DerReader) => NamingHash): NamedCertificate {
  const ids = certificate.sequence();
  if (certificate.nextTag === TAG.sequence) certificate.any();
  certificate.end();
  const id = ids.sequence();
  readAll(ids, (list) => list.sequence());
  const named: NamedCertificate = { hash: readHash(id), value: id.octetString() };
  if (!id.atEnd) named.issuerSerial = readIssuerSerial(id.sequence());
  id.end();
  return named;
}

/** The issuer in IssuerSerial is GeneralNames; only a single directory name can be an issuer. */
function readIssuerSerial(issuerSerial: DerReader): IssuerAndSerial {
  const issuer = onlyDirectoryName(issuerSerial.sequence());
  if (issuer === undefined)
    throw new Malformed(WHAT, 'the issuer of the signing certificate is not a directory name');
  const serial = issuerSerial.integer();
  issuerSerial.end();
  return { issuer, serial };
}

function readAll<T>(list: DerReader, read: (list: DerReader) => T): T[] {
  const values: T[] = [];
  while (!list.atEnd) values.push(read(list));
  return values;
}
