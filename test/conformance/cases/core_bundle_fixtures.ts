// Every Sigstore bundle among the fixtures (from sigstore-go, sigstore-js, sigstore-python, npm and the conformance suite) gets the
// result that its source states. A bundle with a certificate is CERTIFICATE_UNSUPPORTED; with the certificate's key trusted as a plain
// key, the remaining checks run on what real logs and authorities signed.
import { equal } from '../support/assert.ts';
import { bundleCases } from '../support/bundle_fixtures.ts';
import { test } from '../table.ts';

/** The code, and the code if the certificate's key is trusted as a plain key. */
const EXPECTED: Record<string, [code: string, asKey?: string]> = {
  'bundles/sigstore-go/bundle-provenance.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-go/bundle-publish.json': ['VERIFIED'],
  'bundles/sigstore-go/dsse-2sigs.sigstore.json': ['BUNDLE_MALFORMED', 'BUNDLE_MALFORMED'],
  'bundles/sigstore-go/dsse.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-go/othername.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'LOG_UNKNOWN'],
  'bundles/sigstore-go/public-key-validity.sigstore.json': ['UNTRUSTED_KEY'],
  'bundles/sigstore-go/sigstore.js@2.0.0-provenance.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV01-dsse-no-proof.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV01-dsse-with-proof.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV01-full-cert-chain.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV01-intoto-no-proof.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV01-intoto-with-proof.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV02-dsse.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV02-intoto.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV03-dsse.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-js/bundleV03-intoto.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-python/bundle.txt.sigstore': ['CERTIFICATE_UNSUPPORTED', 'ALGORITHM_NEEDS_ARTIFACT'],
  'bundles/sigstore-python/bundle_cve_2022_36056.txt.sigstore': ['CERTIFICATE_UNSUPPORTED', 'LOG_UNKNOWN'],
  'bundles/sigstore-python/bundle_invalid_version.txt.sigstore': ['BUNDLE_UNSUPPORTED', 'BUNDLE_UNSUPPORTED'],
  'bundles/sigstore-python/bundle_no_cert_v1.txt.sigstore': ['BUNDLE_MALFORMED'],
  'bundles/sigstore-python/bundle_no_checkpoint.txt.sigstore': [
    'CERTIFICATE_UNSUPPORTED',
    'ALGORITHM_NEEDS_ARTIFACT',
  ],
  'bundles/sigstore-python/bundle_no_log_entry.txt.sigstore': [
    'CERTIFICATE_UNSUPPORTED',
    'ALGORITHM_NEEDS_ARTIFACT',
  ],
  'bundles/sigstore-python/bundle_v3.txt.sigstore': ['CERTIFICATE_UNSUPPORTED', 'LOG_UNKNOWN'],
  'bundles/sigstore-python/bundle_v3_alt.txt.sigstore': ['CERTIFICATE_UNSUPPORTED', 'LOG_UNKNOWN'],
  'bundles/sigstore-python/bundle_v3_github.whl.sigstore': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'bundles/sigstore-python/bundle_v3_no_signed_time.txt.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'VERIFIED',
  ],
  'conformance/bundle-from-wrong-instance_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'LOG_UNKNOWN',
  ],
  'conformance/bundle-malformed-json_fail/bundle.sigstore.json': ['BUNDLE_MALFORMED'],
  'conformance/dsse-mismatch-sig_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'ENTRY_SIGNATURE_MISMATCH',
  ],
  'conformance/happy-path-intoto-in-dsse-v3/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/happy-path-v0.1/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/happy-path-v0.3/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/inclusion-proof-corrupted-hash_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'INCLUSION_PROOF_INVALID',
  ],
  'conformance/intoto-missing-inclusion-proof_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'INCLUSION_PROOF_INVALID',
  ],
  'conformance/intoto-with-custom-trust-root/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/invalid-checkpoint-signature_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'CHECKPOINT_INVALID',
  ],
  'conformance/managed-key-happy-path/bundle.sigstore.json': ['VERIFIED'],
  'conformance/managed-key-no-key_fail/bundle.sigstore.json': ['UNTRUSTED_KEY'],
  'conformance/rekor2-checkpoint-cosigned/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/rekor2-checkpoint-missing-log-signature_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'CHECKPOINT_INVALID',
  ],
  'conformance/rekor2-dsse-happy-path/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/rekor2-happy-path/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
  'conformance/rekor2-no-inclusion-proof_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'INCLUSION_PROOF_INVALID',
  ],
  'conformance/set-invalid-signature_fail/bundle.sigstore.json': ['CERTIFICATE_UNSUPPORTED', 'SET_INVALID'],
  'conformance/signature-mismatch_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'SIGNATURE_INVALID',
  ],
  'conformance/wrong-hashedrekord-artifact_fail/bundle.sigstore.json': [
    'CERTIFICATE_UNSUPPORTED',
    'ENTRY_SIGNATURE_MISMATCH',
  ],
  'conformance/wrong-material_fail/bundle.sigstore.json': ['SUBJECT_MISMATCH', 'SUBJECT_MISMATCH'],
  'npm-attestations/bundle-publish.json': ['VERIFIED'],
  'npm-attestations/provenance-npm-test-cli-v1-prega-invalidsigprov.tgz.json#0': ['VERIFIED'],
  'npm-attestations/provenance-npm-test-cli-v1-prega-invalidsigprov.tgz.json#1': [
    'CERTIFICATE_UNSUPPORTED',
    'SIGNATURE_INVALID',
  ],
  'npm-attestations/provenance-npm-test-cli-v1-prega-invalidsigpub.tgz.json#0': ['SIGNATURE_INVALID'],
  'npm-attestations/provenance-npm-test-cli-v1-prega-invalidsigpub.tgz.json#1': [
    'CERTIFICATE_UNSUPPORTED',
    'VERIFIED',
  ],
  'npm-attestations/provenance-npm-test-cli-v1-prega.tgz.json#0': ['VERIFIED'],
  'npm-attestations/provenance-npm-test-cli-v1-prega.tgz.json#1': ['CERTIFICATE_UNSUPPORTED', 'VERIFIED'],
};

test('every fixture bundle gets its expected result', async (t) => {
  const cases = await bundleCases(t);
  equal(
    cases.map(({ name }) => name),
    Object.keys(EXPECTED).sort(),
    'the list of bundles',
  );
  for (const { name, verify, verifyAsKey } of cases) {
    const asKey = await verifyAsKey();
    const codes = [(await verify()).code, ...(asKey === undefined ? [] : [asKey.code])];
    equal(codes, EXPECTED[name], name);
    // The suite marks what must fail by its name; it must fail whoever is trusted.
    if (name.includes('_fail')) equal(codes.includes('VERIFIED'), false, name);
  }
});

test('A22 npm publish attestations count only if npm’s key was valid at the time that the log proves', async (t) => {
  const cases = await bundleCases(t);
  const publish = cases.find(({ name }) => name === 'npm-attestations/bundle-publish.json');
  const at = (time: string) => Date.parse(time);
  const signed = '2023-04-18T17:45:16Z';
  const codes = [
    await publish?.verify({ validFrom: at(signed), validUntil: at(signed) }),
    await publish?.verify({ validFrom: at('2023-04-18T17:45:17Z') }),
    await publish?.verify({ validUntil: at('2023-04-18T17:45:15Z') }),
    await publish?.verify({ revoked: { compromisedAt: at('2023-04-18T17:45:17Z') } }),
    await publish?.verify({ revoked: { compromisedAt: at(signed) } }),
  ].map((result) => result?.code);
  equal(codes, ['VERIFIED', 'KEY_NOT_YET_VALID', 'KEY_EXPIRED', 'VERIFIED', 'KEY_REVOKED']);
});
