// Sigstore's trusted root (sigstore/protobuf-specs sigstore_trustroot.proto, as JSON): its transparency logs and timestamp
// authorities. Certificate authorities and certificate-transparency logs are for signatures by identity and are not taken.

import { algorithmName, type PublicKey, parsePublicKey } from '../crypto/public_key.ts';
import { type Bytes, fromBase64, toHex } from '../encoding/bytes.ts';
import { parseInstant } from '../encoding/instant.ts';
import type { Json, JsonObject } from '../encoding/json.ts';
import { asArray, asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { checkAuthorityChain } from '../timestamp/authority_chain.ts';
import { apiAddress } from '../web_address.ts';
import type { TrustedAuthority } from './trusted_authority.ts';
import { type LogVersion, logIdOf, originOf, type TrustedLog } from './trusted_log.ts';

const WHAT = 'trusted root';
const MEDIA_TYPES: readonly string[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];
/** Of each kind: a root keeps the retired ones too. Deno KV takes 100 checks in one change, and each log is one, old or new. */
const MAX_INSTANCES = 40;
/** PublicKeyDetails of sigstore_common.proto that can be verified with, and the key each speaks of. */
const KEY_DETAILS: Record<string, string> = {
  PKIX_ECDSA_P256_SHA_256: 'ecdsa-p256',
  PKIX_ECDSA_P384_SHA_384: 'ecdsa-p384',
  PKIX_ECDSA_P521_SHA_512: 'ecdsa-p521',
  PKIX_ED25519: 'ed25519',
  PKIX_RSA_PKCS1V15_2048_SHA256: 'rsa-2048',
  PKIX_RSA_PKCS1V15_3072_SHA256: 'rsa-3072',
  PKIX_RSA_PKCS1V15_4096_SHA256: 'rsa-4096',
};

export interface RootAuthority extends TrustedAuthority {
  /** Where it answers, without a trailing slash. */
  url?: string;
}

export interface TrustedRoot {
  logs: TrustedLog[];
  authorities: RootAuthority[];
}

/** @throws Malformed for anything that is not understood, and for a root with neither a log nor an authority */
export async function parseTrustedRoot(value: Json | undefined): Promise<TrustedRoot> {
  const root = asObject(value, WHAT);
  exactFields(
    root,
    WHAT,
    ['mediaType'],
    ['tlogs', 'certificateAuthorities', 'ctlogs', 'timestampAuthorities'],
  );
  if (!MEDIA_TYPES.includes(asString(root.mediaType, `${WHAT}.mediaType`))) {
    throw new Malformed(WHAT, `mediaType is none of ${MEDIA_TYPES.join(', ')}`);
  }
  for (const name of ['certificateAuthorities', 'ctlogs']) instances(root, name);
  const logs = await Promise.all(instances(root, 'tlogs').map(readLog));
  const authorities = await Promise.all(instances(root, 'timestampAuthorities').map(readAuthority));
  if (logs.length + authorities.length === 0) {
    throw new Malformed(WHAT, 'there is neither a transparency log nor a timestamp authority in it');
  }
  const twice = logs.find(({ logId }, i) => logs.findIndex((log) => log.logId === logId) !== i);
  if (twice !== undefined) throw new Malformed(WHAT, `the log ${twice.logId} stands twice`);
  return { logs, authorities };
}

function instances(root: JsonObject, name: string): { value: JsonObject; place: string }[] {
  const list = root[name] === undefined ? [] : asArray(root[name], `${WHAT}.${name}`);
  if (list.length > MAX_INSTANCES) throw new Malformed(`${WHAT}.${name}`, `more than ${MAX_INSTANCES}`);
  return list.map((item, i) => {
    const place = `${WHAT}.${name}.${i}`;
    return { value: asObject(item, place), place };
  });
}

async function readLog({ value, place }: { value: JsonObject; place: string }): Promise<TrustedLog> {
  exactFields(
    value,
    place,
    ['baseUrl', 'hashAlgorithm', 'publicKey', 'logId'],
    ['checkpointKeyId', 'operator'],
  );
  if (value.hashAlgorithm !== 'SHA2_256') throw new Malformed(place, 'hashAlgorithm is not SHA2_256');
  const url = readAddress(value.baseUrl, `${place}.baseUrl`);
  const publicKey = asObject(value.publicKey, `${place}.publicKey`);
  exactFields(publicKey, `${place}.publicKey`, ['rawBytes', 'keyDetails', 'validFor']);
  const key = await readKey(publicKey, `${place}.publicKey`);
  const logId = toHex(readKeyId(value.logId, `${place}.logId`));
  // The checkpoint's own key id follows from the key; a stated one is read and not used.
  if (value.checkpointKeyId !== undefined) readKeyId(value.checkpointKeyId, `${place}.checkpointKeyId`);
  if (value.operator !== undefined) asString(value.operator, `${place}.operator`);
  const version = await versionOf(logId, url, key, place);
  return {
    name: originOf(version, url),
    url,
    version,
    key,
    logId,
    ...readWindow(publicKey.validFor, `${place}.publicKey.validFor`),
  };
}

/** The id says which Rekor it is: v1 names its key alone, v2 its name with its key. */
async function versionOf(logId: string, url: string, key: PublicKey, place: string): Promise<LogVersion> {
  for (const version of [1, 2] as const)
    if ((await logIdOf(version, originOf(version, url), key)) === logId) return version;
  throw new Malformed(place, 'logId is not that of its key, nor of its name and key');
}

async function readKey(publicKey: JsonObject, place: string): Promise<PublicKey> {
  const details = asString(publicKey.keyDetails, `${place}.keyDetails`);
  const named = Object.hasOwn(KEY_DETAILS, details) ? KEY_DETAILS[details] : undefined;
  if (named === undefined)
    throw new Malformed(place, `keyDetails ${JSON.stringify(details)} is not supported`);
  const key = await parsePublicKey(readBytes(publicKey.rawBytes, `${place}.rawBytes`));
  if (algorithmName(key) !== named) {
    throw new Malformed(place, `keyDetails says ${named}, and the key is ${algorithmName(key)}`);
  }
  return key;
}

async function readAuthority({ value, place }: { value: JsonObject; place: string }): Promise<RootAuthority> {
  exactFields(value, place, ['certChain', 'validFor'], ['subject', 'uri', 'operator']);
  if (value.subject !== undefined) readSubject(value.subject, `${place}.subject`);
  if (value.operator !== undefined) asString(value.operator, `${place}.operator`);
  const certChain = asObject(value.certChain, `${place}.certChain`);
  exactFields(certChain, `${place}.certChain`, ['certificates']);
  const chain = asArray(certChain.certificates, `${place}.certChain.certificates`).map((item, i) => {
    const certificatePlace = `${place}.certChain.certificates.${i}`;
    const certificate = asObject(item, certificatePlace);
    exactFields(certificate, certificatePlace, ['rawBytes']);
    return readBytes(certificate.rawBytes, `${certificatePlace}.rawBytes`);
  });
  await checkAuthorityChain(chain);
  const url = value.uri === undefined ? undefined : readAddress(value.uri, `${place}.uri`);
  return {
    name: url === undefined ? place : new URL(url).host,
    chain,
    ...readWindow(value.validFor, `${place}.validFor`),
    ...(url !== undefined && { url }),
  };
}

/** For people; the certificates say who it is. */
function readSubject(value: Json, place: string): void {
  const subject = asObject(value, place);
  exactFields(subject, place, [], ['organization', 'commonName']);
  for (const name of Object.keys(subject)) asString(subject[name], `${place}.${name}`);
}

/** A window without a start is malformed, and never "since ever". */
export function readWindow(
  value: Json | undefined,
  place: string,
): { validFrom: number; validUntil?: number } {
  const window = asObject(value, place);
  exactFields(window, place, ['start'], ['end']);
  const validFrom = parseInstant(asString(window.start, `${place}.start`), `${place}.start`);
  if (window.end === undefined) return { validFrom };
  const validUntil = parseInstant(asString(window.end, `${place}.end`), `${place}.end`);
  if (validUntil < validFrom) throw new Malformed(place, 'end is before start');
  return { validFrom, validUntil };
}

export function readAddress(value: Json | undefined, place: string): string {
  const address = apiAddress(asString(value, place));
  if (address === undefined) {
    throw new Malformed(place, 'expected an http or https URL without credentials, query or fragment');
  }
  return address;
}

function readKeyId(value: Json | undefined, place: string): Bytes {
  const id = asObject(value, place);
  exactFields(id, place, ['keyId']);
  return readBytes(id.keyId, `${place}.keyId`);
}

function readBytes(value: Json | undefined, place: string): Bytes {
  return fromBase64(asString(value, place), place);
}
