// A stored trusted root as the document that PUT /v1/logs/{id} accepts. The service keeps only the parts of Sigstore's trusted root that
// it uses, so only these are written, in Sigstore's form.
import { algorithmName, parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { fromHex, toBase64 } from '../../src/core/encoding/bytes.ts';
import { parsePem } from '../../src/core/encoding/pem.ts';
import { SIGNING_CONFIG_TYPE } from '../../src/core/trust/signing_config.ts';
import type { StoredAuthority, StoredRoot } from '../../src/store/log_records.ts';

type StoredLog = StoredRoot['logs'][number];

const ROOT_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
/** PublicKeyDetails of sigstore_common.proto by the key's name. */
const KEY_DETAILS: Record<string, string> = {
  'ecdsa-p256': 'PKIX_ECDSA_P256_SHA_256',
  'ecdsa-p384': 'PKIX_ECDSA_P384_SHA_384',
  'ecdsa-p521': 'PKIX_ECDSA_P521_SHA_512',
  ed25519: 'PKIX_ED25519',
  'rsa-2048': 'PKIX_RSA_PKCS1V15_2048_SHA256',
  'rsa-3072': 'PKIX_RSA_PKCS1V15_3072_SHA256',
  'rsa-4096': 'PKIX_RSA_PKCS1V15_4096_SHA256',
};

/** The trusted root alone, or with a signing config if only that can express what was stored. */
export async function rootDocument({ logs, authorities }: StoredRoot): Promise<object> {
  const instances = await Promise.all(logs.map(logInstance));
  const trustedRoot = {
    mediaType: ROOT_TYPE,
    ...(logs.length > 0 && { tlogs: instances.map(({ document }) => document) }),
    ...(authorities.length > 0 && { timestampAuthorities: authorities.map(authorityInstance) }),
  };
  // A config names the logs that are searched, and the version of a log whose id does not imply it.
  const needsConfig = instances.some(({ saysVersion }) => !saysVersion) || logs.some(isLeftOut);
  return needsConfig ? { trustedRoot, signingConfig: signingConfig(logs) } : trustedRoot;
}

async function logInstance(log: StoredLog): Promise<{ document: object; saysVersion: boolean }> {
  const { url, version, publicKey, logId } = log;
  const key = await parsePublicKeyPem(publicKey);
  const document = {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: toBase64(key.spki),
      keyDetails: KEY_DETAILS[algorithmName(key)],
      validFor: windowOf(log),
    },
    logId: { keyId: toBase64(fromHex(logId, 'log id')) },
  };
  return { document, saysVersion: version === undefined || key.algorithm.name !== 'ECDSA' };
}

function authorityInstance(authority: StoredAuthority): object {
  const { url, certificates } = authority;
  return {
    ...(url !== undefined && { uri: url }),
    certChain: { certificates: certificates.map((pem) => ({ rawBytes: toBase64(parsePem(pem).der) })) },
    validFor: windowOf(authority),
  };
}

/** Lists each URL once. */
function signingConfig(logs: StoredLog[]): object {
  const searched = logs.filter((log) => !isLeftOut(log));
  const first = searched.filter(({ url }, at) => searched.findIndex((log) => log.url === url) === at);
  return {
    mediaType: SIGNING_CONFIG_TYPE,
    rekorTlogUrls: first.map((log) => ({
      url: log.url,
      majorApiVersion: log.version,
      validFor: windowOf(log),
    })),
  };
}

function isLeftOut({ searched }: StoredLog): boolean {
  return searched === false;
}

function windowOf({ validFrom, validUntil }: Pick<StoredLog, 'validFrom' | 'validUntil'>): object {
  return { start: validFrom, ...(validUntil !== undefined && { end: validUntil }) };
}
