// Verifies a timestamp by a trusted authority, which proves when a signature existed (RFC 3161, RFC 5816). No clock is consulted, and
// certificates in the timestamp are not used.

import { hashOf } from '../crypto/digest.ts';
import { type PublicKey, parsePublicKey } from '../crypto/public_key.ts';
import { verifySignature } from '../crypto/signature.ts';
import { type Bytes, equalBytes, toHex } from '../encoding/bytes.ts';
import { formatInstant } from '../encoding/instant.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { TrustedAuthority } from '../trust/trusted_authority.ts';
import { nameText } from './distinguished_name.ts';
import { namingHashOf } from './hash_algorithm.ts';
import { assertFits } from './signature_algorithm.ts';
import {
  parseTimestampToken,
  readTimestampSigner,
  type SignerId,
  type TimestampToken,
} from './timestamp_token.ts';
import { parseTstInfo } from './tst_info.ts';
import { type Certificate, isValidAt, parseCertificate } from './x509.ts';

export type TimestampResult =
  /** @property time milliseconds since the epoch */
  | { kind: 'proven'; time: number; authority: TrustedAuthority }
  /** @property signer the stated signer, for display */
  | { kind: 'unknown-authority'; signer: string }
  | { kind: 'invalid'; problem: string };

interface Signer {
  certificates: Certificate[];
  leaf: Certificate;
  key: PublicKey;
}

/** Parsed chains. Only completed values: on Workers, a request that awaits another request's promise hangs. */
const signers = new WeakMap<TrustedAuthority, Signer>();

/**
 * @param token DER of a TimeStampResp, as in Sigstore bundles, or of a bare TimeStampToken
 * @param messages the timestamp must be over one of these
 */
export async function verifyTimestamp(
  token: Bytes,
  messages: Bytes[],
  authorities: TrustedAuthority[],
): Promise<TimestampResult> {
  try {
    const id = readTimestampSigner(token);
    const named: TrustedAuthority[] = [];
    for (const authority of authorities) {
      const { leaf } = await signerOf(authority);
      if (isNamedBy(id, leaf)) named.push(authority);
    }
    if (named.length === 0) return { kind: 'unknown-authority', signer: signerText(id) };
    return await prove(parseTimestampToken(token), messages, named);
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'invalid', problem: error.message };
    throw error;
  }
}

/** @param authorities the ones that the token names; at least one */
async function prove(
  token: TimestampToken,
  messages: Bytes[],
  authorities: TrustedAuthority[],
): Promise<TimestampResult> {
  const { imprint, time } = parseTstInfo(token.content);
  const hashes = await Promise.all(messages.map((message) => hashOf(imprint.hash, message)));
  if (!hashes.some((hash) => equalBytes(imprint.value, hash))) {
    return invalid('it is over something other than this signature');
  }
  if (!equalBytes(token.messageDigest, await hashOf(token.digest, token.content))) {
    return invalid('the signed message digest does not match the content');
  }
  // Authorities may share a signer and differ in their validity window. The first one whose rules are met counts.
  let last = '';
  for (const authority of authorities) {
    const signer = await signerOf(authority);
    const problem = (await signatureProblem(token, signer)) ?? timeProblem(time, authority, signer);
    if (problem === undefined) return { kind: 'proven', time, authority };
    last = problem;
  }
  return invalid(last);
}

async function signerOf(authority: TrustedAuthority): Promise<Signer> {
  const ready = signers.get(authority);
  if (ready !== undefined) return ready;
  const signer = await parseChain(authority);
  signers.set(authority, signer);
  return signer;
}

/** A chain that cannot be parsed was not checked when it was stored: that is a bug, not a fault of the timestamp. */
async function parseChain({ name, chain }: TrustedAuthority): Promise<Signer> {
  try {
    const certificates = chain.map(parseCertificate);
    const [leaf] = certificates;
    if (leaf === undefined) throw new TypeError('an authority without a certificate');
    return { certificates, leaf, key: await parsePublicKey(leaf.spki) };
  } catch (error) {
    throw new TypeError(`the authority ${name} cannot be read`, { cause: error });
  }
}

function isNamedBy(id: SignerId, { issuer, serial, extensions }: Certificate): boolean {
  if ('issuer' in id) return equalBytes(id.issuer, issuer) && equalBytes(id.serial, serial);
  return extensions.subjectKeyId !== undefined && equalBytes(id.subjectKeyId, extensions.subjectKeyId);
}

async function signatureProblem(token: TimestampToken, { leaf, key }: Signer): Promise<string | undefined> {
  for (const { hash, value, issuerSerial } of token.named) {
    if (!equalBytes(value, await namingHashOf(hash, leaf.der))) {
      return "it names a signing certificate that is not the authority's";
    }
    if (issuerSerial !== undefined && !isNamedBy(issuerSerial, leaf)) {
      return 'it names a signing certificate with a different issuer or serial number';
    }
  }
  assertFits(token.signatureAlgorithm, key, 'timestamp');
  const { hash } = token.signatureAlgorithm;
  const isSigned = await verifySignature(key, hash, token.signedBytes, token.signature);
  return isSigned ? undefined : 'its signature does not verify';
}

/** Checks the authority's window and every certificate up to the root: an expired issuer no longer vouches for anything. */
function timeProblem(
  time: number,
  { validFrom, validUntil }: TrustedAuthority,
  { certificates }: Signer,
): string | undefined {
  if (time < validFrom || time > (validUntil ?? Number.POSITIVE_INFINITY)) {
    return `its time ${formatInstant(time)} is outside the authority's window`;
  }
  const isOutside = certificates.some((certificate) => !isValidAt(certificate, time));
  return isOutside ? `its time ${formatInstant(time)} is outside the validity of a certificate` : undefined;
}

function signerText(id: SignerId): string {
  if ('issuer' in id) return `${nameText(id.issuer)}, serial ${toHex(id.serial.subarray(0, 32))}`;
  return `key ${toHex(id.subjectKeyId.subarray(0, 32))}`;
}

function invalid(problem: string): TimestampResult {
  return { kind: 'invalid', problem };
}
