// Signatures that cosign left on registries, from the fixtures, verified by the core with the signing key; or with an unrelated key if it
// was signed with a certificate.
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { fromBase64 } from '../../../src/core/encoding/bytes.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import type { SimpleSigningEvidence } from '../../../src/core/evidence/evidence.ts';
import { parseTrustedRoot } from '../../../src/core/trust/trusted_root.ts';
import type { SignatureResult } from '../../../src/core/verify_signature.ts';
import { verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import type { FixtureReader } from './bundle_fixtures.ts';
import { NOW, trusted, trustIn } from './harness.ts';

export interface CosignCase {
  name: string;
  kind: string;
  signer: 'its key' | 'a certificate' | 'its key, not logged';
  verify(): Promise<Pick<SignatureResult, 'code'> | { code: string }>;
}

interface Logged {
  name: string;
  kind: string;
  verifier: 'key' | 'cert';
  verifierPem: string;
  payloadB64: string | null;
  payloadSha256: string;
  signatureB64: string;
  bundle: object;
}

interface Unlogged {
  name: string;
  publicKeyPem: string;
  payloadB64: string;
  signatureB64: string;
}

export async function cosignCases(reader: FixtureReader): Promise<CosignCase[]> {
  const roots = ['prod', 'staging'].map((name) => reader.text(`keys/trusted_root.${name}.json`));
  const parsed = await Promise.all(roots.map((text) => parseTrustedRoot(parseJson(text, 'trusted root'))));
  const logs = parsed.flatMap((root) => root.logs);
  const logged = reader
    .files('cosign')
    .filter((path) => !path.endsWith('key-only.json'))
    .map((path): CosignCase => {
      const file: Logged = JSON.parse(reader.text(path));
      const isKey = file.verifier === 'key';
      return {
        name: file.name,
        kind: file.kind,
        signer: isKey ? 'its key' : 'a certificate',
        async verify() {
          if (file.payloadB64 === null || file.signatureB64 === null) return { code: 'not to be had' };
          const pem = isKey ? file.verifierPem : reader.text('keys/rekor.prod.pub');
          const evidence = evidenceOf(file.payloadB64, file.signatureB64);
          evidence.logBundle = JSON.stringify(file.bundle);
          if (!isKey) evidence.certificate = file.verifierPem;
          const trust = await trustIn([await trusted({ pem })], logs);
          return verifySignatureEvidence(evidence, trust, { annotations: [] }, NOW, {
            verifications: 0,
            proofs: 0,
          });
        },
      };
    });
  const unlogged = (JSON.parse(reader.text('cosign/key-only.json')) as Unlogged[]).map(
    (file): CosignCase => ({
      name: `key-only: ${file.name}`,
      kind: 'none',
      signer: 'its key, not logged',
      async verify() {
        const trust = await trustIn(
          [await trusted({ pem: file.publicKeyPem }, { transparency: 'unsafe-none' })],
          [],
        );
        const evidence = evidenceOf(file.payloadB64, file.signatureB64);
        return verifySignatureEvidence(evidence, trust, { annotations: [] }, NOW, {
          verifications: 0,
          proofs: 0,
        });
      },
    }),
  );
  return [...logged, ...unlogged];
}

function evidenceOf(payloadB64: string, signature: string): SimpleSigningEvidence {
  const payload = fromBase64(payloadB64, 'payload');
  const named = JSON.parse(new TextDecoder().decode(payload)).critical.image['docker-manifest-digest'];
  return {
    format: 'simple-signing',
    source: { index: 0, via: 'tag' },
    subject: messageOfDigest(parseDigest(named)),
    payload,
    signature,
    facts: new Map(),
  };
}
