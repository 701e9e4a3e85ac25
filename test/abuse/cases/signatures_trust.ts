// Published failures of verifiers: signing time, and what a signature may be trusted by.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PROMISE } from '../shared_edits.ts';

export const signaturesTrust: AbuseCase[] = [
  {
    id: 'A22',
    failure: 'A key was accepted outside its validity window, or although no signing time was proven.',
    answer: '`key-valid`: the key must be valid at the proven time; a key with a window needs a proven time',
    removals: [
      without(
        'the start of the window',
        edit(
          'core/trust/trusted_key.ts',
          'if (provenTime < (validFrom ?? Number.NEGATIVE_INFINITY))',
          'if (false)',
        ),
      ),
      without(
        'the end of the window',
        edit(
          'core/trust/trusted_key.ts',
          'if (provenTime > (validUntil ?? Number.POSITIVE_INFINITY))',
          'if (false)',
        ),
      ),
      without(
        'the need for a proven time',
        edit(
          'core/trust/trusted_key.ts',
          "if (provenTime === undefined) return 'NO_TRUSTED_TIME';",
          'if (provenTime === undefined) return undefined;',
        ),
      ),
    ],
  },
  {
    id: 'A23',
    failure: 'A time that nobody had signed was accepted as the signing time.',
    answer: '`set`: only a promise that verifies proves an entry’s time',
    removals: [
      without(
        'the need for a promise',
        edit(
          'core/steps/log.ts',
          'forEachEntry(state, ({ entry, log }) => checkInclusion(state, entry, log), needsProof(state)),',
          'forEachEntry(state, ({ entry, log }) => {\n      state.provenTimes.push(entry.integratedTime * 1000);\n      return checkInclusion(state, entry, log);\n    }, needsProof(state)),',
        ),
      ),
      without('the verification of the promise', ...PROMISE),
    ],
  },
  {
    id: 'A24',
    failure:
      'One of several timestamps at a valid time was enough, or another authority’s window was applied.',
    answer:
      '`timestamp` and `key-valid`: the key must be valid at every proven time, each within its own authority’s window',
    beside: 'Timestamps are not counted: there is no threshold that a duplicate could meet.',
    removals: [
      without(
        'the rule that the key must be valid at every time',
        edit(
          'core/steps/claims.ts',
          '.find((code) => code !== undefined);',
          '.reduce((best, code) => (best === undefined ? best : code));',
        ),
      ),
      without(
        'the authority’s own window',
        edit(
          'core/timestamp/verify_timestamp.ts',
          '?? timeProblem(time, authority, signer);',
          '??\n      (authorities.some((one) => timeProblem(time, one, signer) === undefined)\n        ? undefined\n        : timeProblem(time, authority, signer));',
        ),
      ),
    ],
  },
  {
    id: 'A25',
    failure:
      'A chain was checked at a time that its own certificates determined, or an expired issuer was accepted.',
    answer:
      '`timestamp`: every certificate of the stored chain must be valid at the timestamp’s time; chains are verified when they are stored',
    beside:
      'Signatures by certificates are refused (`CERTIFICATE_UNSUPPORTED`), so the only chains are those of timestamp authorities.',
    removals: [
      without(
        'the validity of the issuers',
        edit(
          'core/timestamp/verify_timestamp.ts',
          'certificates.some((certificate) => !isValidAt(certificate, time))',
          'certificates.slice(0, 1).some((certificate) => !isValidAt(certificate, time))',
        ),
      ),
      without(
        'the validity of the signer',
        edit(
          'core/timestamp/verify_timestamp.ts',
          'certificates.some((certificate) => !isValidAt(certificate, time))',
          'certificates.slice(1).some((certificate) => !isValidAt(certificate, time))',
        ),
      ),
      without(
        'the verification of the signatures in a chain',
        edit(
          'core/timestamp/authority_chain.ts',
          'if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {',
          'if (false) {',
        ),
      ),
    ],
  },
  {
    id: 'A26',
    failure: 'When no trust was configured, the check was skipped.',
    answer:
      '`key-known`, `log-known`: without a trusted key or log a signature is refused; if the store is missing, it is undecided. (In `scripts/conformance` alone, a trusted root that lists no log means that no log is required, as its suite prescribes; an entry of an untrusted log fails there too.)',
    removals: [
      without(
        'the refusal when no log is trusted',
        edit(
          'core/steps/log.ts',
          'const [known] = state.found;\n    if (known === undefined)',
          'const [known] = state.found;\n    if (known === undefined) return pass();\n    if (known === undefined)',
        ),
        edit(
          'core/steps/log_entries.ts',
          "if (first === undefined) throw new TypeError('a check without an entry');",
          'if (first === undefined) return { pass: true, compared: {} };',
        ),
        edit(
          'core/verify_signature.ts',
          "const isLogged = passed(checks, 'entry-key');",
          "const isLogged = passed(checks, 'entry-key') && state.found.length > 0;",
        ),
      ),
      without(
        'the refusal when no key is trusted',
        edit(
          'core/steps/signer.ts',
          "if (keys.length === 0)\n      return fail('UNTRUSTED_KEY', { expected: 'at least one trusted key', actual: 'none' });",
          'if (keys.length === 0) return pass();',
        ),
      ),
      without(
        'the need for a trusted authority',
        edit(
          'core/timestamp/verify_timestamp.ts',
          "if (named.length === 0) return { kind: 'unknown-authority', signer: signerText(id) };",
          "if (named.length === 0) return { kind: 'proven', time: parseTstInfo(parseTimestampToken(token).content).time } as TimestampResult;",
        ),
      ),
    ],
  },
  {
    id: 'A27',
    failure: 'A signature brought along the key, certificate or root by which it was then trusted.',
    answer:
      '`key-known`: keys come from the store or the caller; a certificate is `CERTIFICATE_UNSUPPORTED`; chains are verified',
    removals: [
      without(
        'the rule that a key named in the evidence is not trusted',
        edit(
          'core/steps/signer.ts',
          "import { algorithmName, type PublicKey } from '../crypto/public_key.ts';",
          "import { algorithmName, parsePublicKey } from '../crypto/public_key.ts';",
        ),
        edit(
          'core/steps/signer.ts',
          'const inScope = keysInScope(state);',
          "const named = await Promise.all(namedKeys(reading).map(parsePublicKey));\n  const inScope = [\n    ...keysInScope(state),\n    ...named.map((key): TrustedKey => ({ key, transparency: 'required' })),\n  ];",
        ),
      ),
      without(
        'the refusal of certificates',
        edit(
          'core/steps/signer.ts',
          "return evidence.format === 'sigstore-bundle' && reading.material?.isCertificate === true;",
          'return false;',
        ),
      ),
      without(
        'the refusal of unknown types',
        edit(
          'core/formats/sigstore_bundle.ts',
          'const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : undefined;',
          "const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : '0.3';",
        ),
      ),
      without(
        'the verification of a chain',
        edit(
          'core/timestamp/authority_chain.ts',
          'if (!equalBytes(certificate.issuer, issuer.subject)) {',
          'if (false) {',
        ),
        edit(
          'core/timestamp/authority_chain.ts',
          'if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {',
          'if (false) {',
        ),
      ),
    ],
  },
  {
    id: 'A28',
    failure: 'The artifact digest stated in a bundle was believed, or ignored although it was wrong.',
    answer:
      '`subject-digest`: the stated digest must match; `signature` is verified over the artifact itself',
    removals: [
      without(
        'the comparison of the stated digest',
        edit('core/steps/payload.ts', 'return (await isNamedBy(subject, stated))', 'return true'),
      ),
      without(
        'the verification of the signature when the stated digest matches',
        edit(
          'core/steps/signer.ts',
          'if (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies)) return hash;',
          "const isStated = reading.content.kind === 'artifact' && reading.content.stated !== undefined;\n    if (isStated || (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies))) return hash;",
        ),
      ),
    ],
  },
];
