// Sigstore's trusted root (sigstore/protobuf-specs sigstore_trustroot.proto, as JSON): its transparency logs and timestamp authorities.
// Certificate authorities and certificate transparency logs are for keyless signatures and are ignored.

import { algorithmName, type PublicKey, parsePublicKey } from '../crypto/public_key.ts';
import { apiAddress } from '../encoding/api_address.ts';
import { type Bytes, equalBytes, fromBase64, toHex } from '../encoding/bytes.ts';
import { parseInstant } from '../encoding/instant.ts';
import type { Json, JsonObject } from '../encoding/json.ts';
import { asArray, asObject, asString } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { asMessage, asRepeated } from '../encoding/protobuf_json.ts';
import { checkAuthorityChain, PurposeNotCritical } from '../timestamp/authority_chain.ts';
import type { TrustedAuthority } from './trusted_authority.ts';
import { type LogVersion, logIdOf, namesAt, type TrustedLog } from './trusted_log.ts';

const WHAT = 'trusted root';
const MEDIA_TYPES: readonly string[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];
/** Per kind. A root also keeps retired instances. Deno KV allows 100 checks per change, and each old and each new log needs one. */
const MAX_INSTANCES = 40;
/** The supported PublicKeyDetails of sigstore_common.proto, with the kind of key that each one means. */
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
  /** Its URL, without a trailing slash. */
  url?: string;
}

export interface TrustedRoot {
  logs: TrustedLog[];
  authorities: RootAuthority[];
  leftOut: LeftOut[];
}

/** A log or authority of an unsupported kind. Its entries count as those of an unknown log, and its timestamps prove no time. */
export interface LeftOut {
  what: 'log' | 'authority';
  url?: string;
  reason: string;
}

/** Well-formed, but not usable for verification. */
class Unsupported extends Error {}

/** @param value should be the name of an enum value. Any other text is malformed, rather than a kind that is not supported yet */
function unsupported(place: string, field: string, value: string): Error {
  const problem = `${field} ${JSON.stringify(value)} is not supported`;
  return /^[A-Z0-9_]+$/.test(value) ? new Unsupported(`${place}: ${problem}`) : new Malformed(place, problem);
}

/** @throws Malformed for anything that cannot be interpreted */
export async function parseTrustedRoot(value: Json | undefined): Promise<TrustedRoot> {
  const root = fieldsOf(
    value,
    WHAT,
    ['mediaType'],
    ['tlogs', 'certificateAuthorities', 'ctlogs', 'timestampAuthorities'],
  );
  if (!MEDIA_TYPES.includes(asString(root.mediaType, `${WHAT}.mediaType`))) {
    throw new Malformed(WHAT, `mediaType must be one of ${MEDIA_TYPES.join(', ')}`);
  }
  for (const name of ['certificateAuthorities', 'ctlogs']) instances(root, name);
  const listed = await Promise.all([
    ...instances(root, 'tlogs').map(readListedLog),
    ...instances(root, 'timestampAuthorities').map(readListedAuthority),
  ]);
  const logs = listed.filter((one) => 'key' in one);
  const twice = logs.find(({ logId }, i) => logs.findIndex((log) => log.logId === logId) !== i);
  if (twice !== undefined) throw new Malformed(WHAT, `the log ${twice.logId} is listed twice`);
  return {
    logs,
    authorities: listed.filter((one) => 'chain' in one),
    leftOut: listed.filter((one) => 'reason' in one),
  };
}

/** @throws Malformed for a root that has neither a usable log nor a usable authority */
export function assertTrustsSomebody({ logs, authorities, leftOut }: TrustedRoot): void {
  if (logs.length + authorities.length > 0) return;
  const reasons = leftOut.map(({ reason }) => `; ${reason}`).join('');
  throw new Malformed(WHAT, `contains neither a transparency log nor a timestamp authority${reasons}`);
}

interface Instance {
  value: Json;
  place: string;
}

function instances(root: JsonObject, name: string): Instance[] {
  const list = asRepeated(root[name], `${WHAT}.${name}`, MAX_INSTANCES);
  return list.map((item, i) => ({
    value: asObject(item, `${WHAT}.${name}.${i}`),
    place: `${WHAT}.${name}.${i}`,
  }));
}

/** A message with all the required fields, and no others than these and the optional ones. */
function fieldsOf(
  value: Json | undefined,
  place: string,
  required: string[],
  optional: string[] = [],
): JsonObject {
  const message = asMessage(value, place, [...required, ...optional]);
  const missing = required.find((name) => !Object.hasOwn(message, name));
  if (missing !== undefined) throw new Malformed(place, `${missing} is missing`);
  return message;
}

async function readListedLog({ value, place }: Instance): Promise<TrustedLog | LeftOut> {
  const log = fieldsOf(
    value,
    place,
    ['hashAlgorithm', 'publicKey', 'logId'],
    ['baseUrl', 'checkpointKeyId', 'operator'],
  );
  // A log's name determines which checkpoints are its own.
  if (log.baseUrl === undefined)
    throw new Malformed(
      place,
      "baseUrl is missing: add the log's URL, whose host is the name in its checkpoints",
    );
  const url = readAddress(log.baseUrl, `${place}.baseUrl`);
  try {
    return await readLog(log, url, place);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { what: 'log', url, reason: error.message };
  }
}

async function readLog(log: JsonObject, url: string, place: string): Promise<TrustedLog> {
  const hashAlgorithm = asString(log.hashAlgorithm, `${place}.hashAlgorithm`);
  if (hashAlgorithm !== 'SHA2_256') throw unsupported(place, 'hashAlgorithm', hashAlgorithm);
  const publicKey = fieldsOf(log.publicKey, `${place}.publicKey`, ['rawBytes', 'keyDetails', 'validFor']);
  const key = await readKey(publicKey, `${place}.publicKey`);
  const logId = toHex(readKeyId(log.logId, `${place}.logId`));
  // The checkpoint key id follows from the key. A stated one is parsed but not used.
  if (log.checkpointKeyId !== undefined) readKeyId(log.checkpointKeyId, `${place}.checkpointKeyId`);
  if (log.operator !== undefined) asString(log.operator, `${place}.operator`);
  const names = namesAt(url);
  const version = await versionOf(logId, names.name, key, place);
  return {
    ...names,
    url,
    ...(version !== undefined && { version }),
    key,
    logId,
    ...readWindow(publicKey.validFor, `${place}.publicKey.validFor`),
  };
}

/** The log id may reveal the version: in v1 it is a hash of the key, in v2 of name and key, except that for ECDSA both are the same. */
async function versionOf(
  logId: string,
  name: string,
  key: PublicKey,
  place: string,
): Promise<LogVersion | undefined> {
  const versions: LogVersion[] = [];
  for (const version of [1, 2] as const)
    if ((await logIdOf(version, name, key)) === logId) versions.push(version);
  if (versions.length === 0) throw new Malformed(place, 'logId matches neither the key nor the name and key');
  return versions.length === 1 ? versions[0] : undefined;
}

async function readKey(publicKey: JsonObject, place: string): Promise<PublicKey> {
  const details = asString(publicKey.keyDetails, `${place}.keyDetails`);
  const named = Object.hasOwn(KEY_DETAILS, details) ? KEY_DETAILS[details] : undefined;
  if (named === undefined) throw unsupported(place, 'keyDetails', details);
  const key = await parsePublicKey(readBytes(publicKey.rawBytes, `${place}.rawBytes`));
  if (algorithmName(key) !== named) {
    throw new Malformed(place, `keyDetails says ${named}, but the key is ${algorithmName(key)}`);
  }
  return key;
}

async function readListedAuthority({ value, place }: Instance): Promise<RootAuthority | LeftOut> {
  const authority = fieldsOf(value, place, ['certChain', 'validFor'], ['subject', 'uri', 'operator']);
  if (authority.subject !== undefined) readSubject(authority.subject, `${place}.subject`);
  if (authority.operator !== undefined) asString(authority.operator, `${place}.operator`);
  const certChain = fieldsOf(authority.certChain, `${place}.certChain`, ['certificates']);
  const listed = asArray(certChain.certificates, `${place}.certChain.certificates`).map((item, i) => {
    const certificatePlace = `${place}.certChain.certificates.${i}`;
    const { rawBytes } = fieldsOf(item, certificatePlace, ['rawBytes']);
    return readBytes(rawBytes, `${certificatePlace}.rawBytes`);
  });
  const chain = withoutRepetition(listed);
  const url = authority.uri === undefined ? undefined : readAddress(authority.uri, `${place}.uri`);
  const named = url === undefined ? {} : { url };
  const window = readWindow(authority.validFor, `${place}.validFor`);
  try {
    await checkAuthorityChain(chain);
  } catch (error) {
    if (!(error instanceof PurposeNotCritical)) throw error;
    return { what: 'authority', ...named, reason: error.message };
  }
  return { name: url === undefined ? place : new URL(url).host, chain, ...window, ...named };
}

/** `cosign trusted-root create` lists a certificate that it was given alone twice: as the signer's, and as the root. It is pinned. */
function withoutRepetition(chain: Bytes[]): Bytes[] {
  const [first, second] = chain;
  const isRepeated =
    chain.length === 2 && first !== undefined && second !== undefined && equalBytes(first, second);
  return isRepeated ? [first] : chain;
}

/** For display only: the certificates identify the authority. */
function readSubject(value: Json, place: string): void {
  const subject = fieldsOf(value, place, [], ['organization', 'commonName']);
  for (const name of Object.keys(subject)) asString(subject[name], `${place}.${name}`);
}

/** A window without a start is malformed; it never means "since forever". Throws `Malformed`. */
export function readWindow(
  value: Json | undefined,
  place: string,
): { validFrom: number; validUntil?: number } {
  const window = fieldsOf(value, place, ['start'], ['end']);
  const validFrom = parseInstant(asString(window.start, `${place}.start`), `${place}.start`);
  if (window.end === undefined) return { validFrom };
  const validUntil = parseInstant(asString(window.end, `${place}.end`), `${place}.end`);
  if (validUntil < validFrom) throw new Malformed(place, 'end is before start');
  return { validFrom, validUntil };
}

/** Some roots state only the host of a service. Throws `Malformed`. */
export function readAddress(value: Json | undefined, place: string): string {
  const text = asString(value, place);
  const address = apiAddress(text.includes('://') ? text : `https://${text}`);
  if (address === undefined) {
    throw new Malformed(place, 'expected an http or https URL without credentials, query or fragment');
  }
  return address;
}

function readKeyId(value: Json | undefined, place: string): Bytes {
  const { keyId } = fieldsOf(value, place, ['keyId']);
  return readBytes(keyId, `${place}.keyId`);
}

function readBytes(value: Json | undefined, place: string): Bytes {
  return fromBase64(asString(value, place), place);
}
