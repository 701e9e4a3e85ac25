// Sigstore's trusted root and signing config as JSON, with fake logs and authorities. Tests edit the object to break one thing.
import { type Bytes, base64, hex, join, sha256, utf8 } from './bytes.ts';
import { type FakeTsa, makeTsa } from './fake_tsa.ts';
import { makeKey, type Signer } from './keys.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are edited into forms that no type allows
export type Document = any;

export const START = '2021-01-01T00:00:00Z';

export interface FakeRoot {
  document: Document;
  config: Document;
  /** Of the v1 log and the v2 log. */
  signers: [Signer, Signer];
  logIds: [string, string];
  urls: [string, string];
  tsa: FakeTsa;
}

/** One Rekor v1, one Rekor v2, one timestamp authority, and certificate authorities that are ignored. */
export async function makeRoot(name: string): Promise<FakeRoot> {
  const [one, two, tsa] = [await makeKey(), await makeKey('ed25519'), await makeTsa()];
  const hosts = [`v1-${name}.example`, `v2-${name}.example`] as const;
  const ids = [
    await sha256(one.spki),
    await sha256(join(utf8(hosts[1]), [0x0a, 0x01], two.spki.slice(-32))),
  ] as const;
  const urls: [string, string] = [`https://${hosts[0]}`, `https://${hosts[1]}`];
  const service = (url: string, majorApiVersion: number) => ({
    url,
    majorApiVersion,
    validFor: { start: START },
    operator: 'example',
  });
  return {
    document: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        logInstance(urls[0], one, 'PKIX_ECDSA_P256_SHA_256', ids[0]),
        logInstance(urls[1], two, 'PKIX_ED25519', ids[1]),
      ],
      certificateAuthorities: [{ uri: 'https://fulcio.example', certChain: { certificates: [] } }],
      ctlogs: [{ baseUrl: 'https://ct.example' }],
      timestampAuthorities: [
        {
          subject: { organization: 'example', commonName: 'tsa' },
          uri: `https://tsa-${name}.example/api/v1/timestamp`,
          certChain: { certificates: tsa.chain.map((bytes) => ({ rawBytes: base64(bytes) })) },
          validFor: { start: START },
        },
      ],
    },
    config: {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service('https://fulcio.example', 1)],
      rekorTlogUrls: [service(urls[1], 2)],
      tsaUrls: [service(`https://tsa-${name}.example/api/v1/timestamp`, 1)],
      rekorTlogConfig: { selector: 'ANY' },
      tsaConfig: { selector: 'EXACT', count: 1 },
    },
    signers: [one, two],
    logIds: [hex(ids[0]), hex(ids[1])],
    urls,
    tsa,
  };
}

function logInstance(baseUrl: string, { spki }: Signer, keyDetails: string, id: Bytes) {
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spki), keyDetails, validFor: { start: START } },
    logId: { keyId: base64(id) },
  };
}
