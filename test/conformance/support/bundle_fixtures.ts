// Every Sigstore bundle among the fixtures, verified by the core with the trust in its folder: the results by name.

import { certificateSpki } from '../../../src/core/crypto/certificate.ts';
import { type Message, messageOfBytes } from '../../../src/core/crypto/message.ts';
import { type PublicKey, parsePublicKey, parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { fromBase64 } from '../../../src/core/encoding/bytes.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import type { BundleEvidence } from '../../../src/core/evidence/evidence.ts';
import { statedPredicateType } from '../../../src/core/evidence/read_evidence.ts';
import type { TrustedKey } from '../../../src/core/trust/trusted_key.ts';
import { parseTrustedRoot } from '../../../src/core/trust/trusted_root.ts';
import { type SignatureResult, verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import { hex, utf8 } from '../../support/bytes.ts';

/** A time after every fixture was made. */
const NOW = Date.parse('2026-11-01T00:00:00Z');
/** The fixtures' texts by path, as a case's context has them. */
export interface FixtureReader {
  files(folder: string): string[];
  text(path: string): string;
}

export interface BundleCase {
  name: string;
  key: 'its own' | "a stranger's";
  verify(limits?: Partial<TrustedKey>): Promise<SignatureResult>;
  /**
   * The result if the certificate's key is trusted as a plain key: everything but the certificate is then judged, by what real
   * logs and authorities have signed. Undefined if there is no certificate.
   */
  verifyAsKey(): Promise<SignatureResult | undefined>;
}

const FOLDERS = ['conformance', 'bundles', 'npm-attestations'];

/** All bundles, ordered by name. */
export async function bundleCases(reader: FixtureReader): Promise<BundleCase[]> {
  const paths = FOLDERS.flatMap((folder) => reader.files(folder)).filter((path) =>
    /bundle.*json$|\.sigstore$|\.sigstore\.json$|\.tgz\.json$/.test(path),
  );
  const cases: BundleCase[] = [];
  for (const path of paths.sort())
    for (const one of split(reader.text(path))) cases.push(await open(reader, path, one));
  return cases;
}

/** The bundles in a file; an answer of npm holds a list of them. */
function split(text: string): { text: string; suffix: string }[] {
  if (!text.includes('"attestations"')) return [{ text, suffix: '' }];
  const { attestations } = JSON.parse(text) as { attestations: { bundle: unknown }[] };
  return attestations.map(({ bundle }, at) => ({ text: JSON.stringify(bundle), suffix: `#${at}` }));
}

async function open(
  reader: FixtureReader,
  path: string,
  { text, suffix }: { text: string; suffix: string },
): Promise<BundleCase> {
  const own = await ownKeys(reader, path);
  const subject = subjectOf(reader, path, text);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const rootPath = reader.files(folder).find((file) => file === `${folder}/trusted_root.json`);
  const root = await parseTrustedRoot(
    parseJson(reader.text(rootPath ?? 'keys/trusted_root.prod.json'), 'trusted root'),
  );
  const stranger = await parsePublicKeyPem(reader.text('keys/rekor.prod.pub'));
  const verify = (json: string, keys: TrustedKey[]) => {
    const evidence: BundleEvidence = {
      format: 'sigstore-bundle',
      source: { index: 0, via: 'request' },
      subject,
      bundle: utf8(json),
      facts: new Map(),
    };
    const trust = {
      keys,
      findLog: async (logId: string) => root.logs.find((log) => log.logId === logId),
      findAuthorities: async () => root.authorities,
      recordCheckpoint: () => undefined,
      askLog: () => Promise.reject(new TypeError('nothing is asked online')),
    };
    // An attestation of whatever type it states.
    const attestation = statedPredicateType(evidence);
    const requirements = { annotations: [], ...(attestation !== undefined && { attestation }) };
    return verifySignatureEvidence(evidence, trust, requirements, NOW, { verifications: 0, proofs: 0 });
  };
  const plain = (key: PublicKey): TrustedKey => ({ key, transparency: 'required' });
  return {
    name: path + suffix,
    key: own.length === 0 ? "a stranger's" : 'its own',
    verify: (limits = {}) =>
      verify(
        text,
        (own.length === 0 ? [plain(stranger)] : own).map((key) => ({ ...key, ...limits })),
      ),
    async verifyAsKey() {
      const certified = withoutCertificate(text);
      if (certified === undefined) return undefined;
      return verify(certified.text, [plain(await parsePublicKey(certified.spki))]);
    },
  };
}

function withoutCertificate(text: string) {
  const bundle = parseJsonOrNothing(text);
  const { certificate, x509CertificateChain: chain, ...material } = bundle?.verificationMaterial ?? {};
  const { rawBytes } = certificate ?? chain?.certificates?.[0] ?? {};
  if (typeof rawBytes !== 'string') return undefined;
  const verificationMaterial = { ...material, publicKey: { hint: '' } };
  return {
    text: JSON.stringify({ ...bundle, verificationMaterial }),
    spki: certificateSpki(fromBase64(rawBytes, 'certificate')),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a fixture that is read where it can be
function parseJsonOrNothing(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function ownKeys(reader: FixtureReader, path: string): Promise<TrustedKey[]> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const pem = reader.files(folder).find((file) => file === `${folder}/key.pub`);
  if (pem !== undefined)
    return [{ key: await parsePublicKeyPem(reader.text(pem)), transparency: 'required' }];
  if (!path.startsWith('npm-attestations/') && !path.endsWith('/bundle-publish.json')) return [];
  const { keys } = JSON.parse(reader.text('npm-attestations/npm-attestation-keys.json')) as {
    keys: { keyUsage: string; publicKey: { rawBytes: string; validFor: { start: string; end?: string } } }[];
  };
  const attesting = keys.filter(({ keyUsage }) => keyUsage === 'npm:attestations');
  return Promise.all(
    attesting.map(async ({ publicKey: { rawBytes, validFor } }) => ({
      key: await parsePublicKey(fromBase64(rawBytes, 'key')),
      transparency: 'required' as const,
      validFrom: Date.parse(validFor.start),
      ...(validFor.end !== undefined && { validUntil: Date.parse(validFor.end) }),
    })),
  );
}

/** The artifact if the fixture has one, else the subject that the bundle states. */
function subjectOf(reader: FixtureReader, path: string, text: string): Message {
  if (path.startsWith('conformance/')) {
    const own = `${path.slice(0, path.lastIndexOf('/'))}/artifact`;
    const has = reader.files('conformance').includes(own);
    return messageOfBytes(utf8(reader.text(has ? own : 'conformance/a.txt')));
  }
  const bundle = JSON.parse(text);
  const stated = bundle.messageSignature?.messageDigest?.digest;
  if (stated !== undefined) return { digests: { sha256: fromBase64(stated, 'digest') } };
  const [first] = JSON.parse(atob(bundle.dsseEnvelope.payload)).subject;
  const [[algorithm, value]] = Object.entries(first.digest) as [['sha256' | 'sha512', string]];
  const bytes = Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (hex(bytes) !== value) throw new Error(`${path}: a digest that is not hexadecimal`);
  return { digests: { [algorithm]: bytes } };
}
