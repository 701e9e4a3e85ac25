// ABUSE section 1: verification logic.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const signatures: AbuseCase[] = [
  {
    id: 'A1',
    failure: 'A bad log entry was ignored, or short-cut to success.',
    answer: '`set`, `entry-signature`: every entry of a trusted log must be in order',
    removals: [
      without(
        'the comparison of the logged signature with the one that was verified',
        edit(
          'core/steps/log_binding.ts',
          '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
          'true',
        ),
      ),
      without(
        'the refusal of an entry that cannot be read',
        edit(
          'core/steps/log.ts',
          "return fail('LOG_ENTRY_MALFORMED', { actual: state.entries.message, source });",
          'return pass({ source });',
        ),
        edit(
          'core/verify_signature.ts',
          'if (hasEntries(state) || isLogRequired(state))',
          'if (hasEntries(state))',
        ),
      ),
      without(
        'the rule that every entry must be in order',
        edit(
          'core/steps/log_entries.ts',
          'if (!finding.pass) return finding;\n    first ??= finding;',
          'if (first?.pass !== true) first = finding;',
        ),
      ),
    ],
  },
  {
    id: 'A2',
    failure: 'A genuine log entry counted that was about another payload, signature or key.',
    answer:
      '`entry-payload`, `entry-signature`, `entry-key`, and `online-entry` for what the log itself answers',
    removals: [
      without(
        'the comparison of the logged hash with that of the payload',
        edit(
          'core/steps/log_binding.ts',
          'return equalBytes(own, hash) ? pass(compared) : fail(code, compared);',
          'return pass(compared);',
        ),
      ),
      without(
        'the comparison of the logged signature with the one that was verified',
        edit(
          'core/steps/log_binding.ts',
          '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
          'true',
        ),
      ),
      without(
        'the comparison of the logged key with the one that signed',
        edit('core/steps/log_binding.ts', 'if (!equalBytes(body.keySpki, key.spki))', 'if (false)'),
      ),
      without(
        'the comparison of the entry that the log holds with the one that came along',
        edit(
          'core/steps/online.ts',
          'entries.find((candidate) => isSameEntry(candidate, entry))',
          'entries[0]',
        ),
      ),
    ],
  },
  {
    id: 'A3',
    failure: 'Only the payload was compared with the log, although one key can make many signatures over it.',
    answer: '`entry-signature`: the logged signature is the one that was verified, byte for byte',
    removals: [
      without(
        'the comparison of the signatures',
        edit(
          'core/steps/log_binding.ts',
          '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
          'true',
        ),
      ),
    ],
  },
  {
    id: 'A4',
    failure: 'Any valid attestation was enough, whatever it was about.',
    answer: '`predicate-type`: the type asked for, or that of a signature where none is',
    removals: [
      without(
        'the comparison of the types',
        edit('core/steps/claims.ts', "expected === 'any' || actual === expected", 'true'),
      ),
    ],
  },
  {
    id: 'A5',
    failure: 'A signed statement that could not be read, or was no statement at all, passed.',
    answer: '`payload-type`: an envelope holds a statement that can be read; `predicate-type` wants one',
    removals: [
      without(
        'the refusal of a statement that cannot be read, in each check that needs one',
        edit(
          'core/steps/payload.ts',
          "if (statement instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: statement.message });",
          "if (statement instanceof Malformed) {\n    state.said = { kind: 'artifact' };\n    return pass();\n  }",
        ),
        edit(
          'core/steps/payload.ts',
          'return statedDigest(subject, reading.content, expected);',
          "return reading.content.kind === 'envelope' ? pass() : statedDigest(subject, reading.content, expected);",
        ),
        edit(
          'core/steps/claims.ts',
          "return fail('PREDICATE_TYPE_MISMATCH', { ...compared, actual: 'no statement' });",
          'return pass(compared);',
        ),
      ),
      without(
        'the comparison of the payload type',
        edit('core/steps/payload.ts', 'if (actual !== IN_TOTO_PAYLOAD_TYPE)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A6',
    failure: 'An envelope of another payload type was read as a statement.',
    answer: '`payload-type`: the signed type, to the letter',
    removals: [
      without(
        'the comparison of the payload type',
        edit('core/steps/payload.ts', 'if (actual !== IN_TOTO_PAYLOAD_TYPE)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A7',
    failure: 'A good signature of one image counted for another that it had been copied to.',
    answer: '`subject-digest`: what was signed names the very digest that is judged; `payload-type`',
    removals: [
      without(
        'the comparison of the digest in a simple-signing payload',
        edit(
          'core/steps/payload.ts',
          'return (await isNamedBy(subject, { [algorithm]: hash }))',
          'return true',
        ),
      ),
      without(
        'the comparison of the digest of a statement’s subject',
        edit('core/steps/payload.ts', 'if (!(await isNamedBy(subject, candidate.digests))) continue;', ''),
      ),
      without(
        'the comparison of critical.type',
        edit('core/steps/payload.ts', 'if (payload.type !== SIMPLE_SIGNING_TYPE)', 'if (false)'),
      ),
      without(
        'the one spelling of a digest in a payload',
        edit(
          'core/formats/simple_signing.ts',
          "parseDigest(image['docker-manifest-digest'], 'critical.image.docker-manifest-digest')",
          "parseDigest(String(image['docker-manifest-digest']).toLowerCase(), 'critical.image.docker-manifest-digest')",
        ),
      ),
    ],
  },
  {
    id: 'A8',
    failure: 'Required annotations were reported as verified in a form in which nobody had looked.',
    answer: '`annotations`: of what was signed, to the letter, in every form',
    removals: [
      without('the comparison', edit('core/steps/claims.ts', 'if (actual !== value) {', 'if (false) {')),
      without(
        'the check for bundles',
        edit(
          'core/steps/claims.ts',
          'applies: ({ requirements }) => requirements.annotations.length > 0,',
          "applies: ({ requirements, evidence }) => requirements.annotations.length > 0 && evidence.format !== 'sigstore-bundle',",
        ),
      ),
    ],
  },
  {
    id: 'A9',
    failure: 'A constraint that the program did not know was passed over in silence.',
    answer: 'what is not known is refused: in a policy, in what it requires, and in a query',
    removals: [
      without(
        'the refusal of unknown fields in what an attestation must be',
        edit(
          'store/policy_document.ts',
          'const attestationSchema = z.strictObject({',
          'const attestationSchema = z.object({',
        ),
      ),
      without(
        'the refusal of unknown fields in what a rule requires',
        edit(
          'store/policy_document.ts',
          'const requireSchema = z.strictObject({',
          'const requireSchema = z.object({',
        ),
      ),
      without(
        'the refusal of unknown fields in a rule',
        edit(
          'store/policy_document.ts',
          'const ruleSchema = z\n  .strictObject({',
          'const ruleSchema = z\n  .object({',
        ),
      ),
      without(
        'the refusal of unknown parameters',
        edit(
          'http/query.ts',
          "return zValidator('query', schema, (result, context) => {",
          "const loose = (schema as unknown as z.ZodObject).strip() as unknown as S;\n  return zValidator('query', loose, (result, context) => {",
        ),
      ),
    ],
  },
  {
    id: 'A10',
    failure: 'Where a digest was empty or missing, the comparison was left out.',
    answer: 'digests by their grammar; `subject-digest` needs at least one that can be compared',
    removals: [
      without(
        'the grammar of a digest that a caller gives',
        edit(
          'core/crypto/digest.ts',
          "return typeof text === 'string' && ARTIFACT_DIGEST.test(text);",
          "return typeof text === 'string';",
        ),
      ),
      without(
        'the grammar of a digest in a reference',
        edit('core/reference.ts', 'if (digest !== undefined && !isDigest(digest))', 'if (false)'),
        edit(
          'core/reference.ts',
          '...(digest !== undefined && isDigest(digest) && { digest }),',
          '...(digest !== undefined && { digest: digest as Digest }),',
        ),
      ),
      without(
        'the rule that something must have been compared',
        edit('core/crypto/message.ts', 'return compared > 0;', 'return true;'),
      ),
    ],
  },
  {
    id: 'A11',
    failure: 'Where one check was switched off, others went with it, down to the signature itself.',
    answer:
      '`signature` and `subject-digest` always apply; an entry that came along is held to all of the log’s checks',
    removals: [
      without(
        'the signature check where no log is required',
        edit(
          'core/steps/signer.ts',
          "name: 'signature',\n  applies: () => true,",
          "name: 'signature',\n  applies: ({ trust }) => trust.keys.some(({ transparency }) => transparency === 'required'),",
        ),
        edit(
          'core/verify_signature.ts',
          "const needed: Check['name'][] = ['payload-type', 'key-known', 'signature'];",
          "const needed: Check['name'][] = ['payload-type', 'key-known'];",
        ),
      ),
      without(
        'the binding of an entry where no log is required',
        edit(
          'core/steps/log_binding.ts',
          "name: 'entry-signature',\n  applies: hasEntries,",
          "name: 'entry-signature',\n  applies: (state) => hasEntries(state) && state.signer?.trusted.transparency === 'required',",
        ),
        edit(
          'core/steps/log_binding.ts',
          "name: 'entry-payload',\n  applies: hasEntries,",
          "name: 'entry-payload',\n  applies: (state) => hasEntries(state) && state.signer?.trusted.transparency === 'required',",
        ),
        edit(
          'core/verify_signature.ts',
          'if (hasEntries(state) || isLogRequired(state))',
          'if (isLogRequired(state))',
        ),
      ),
      without(
        'the promise of an entry where no log is required',
        edit(
          'core/steps/log.ts',
          'applies: (state) => isAnyEntry(state, needsPromise),',
          "applies: (state) => isAnyEntry(state, needsPromise) && state.trust.keys.some(({ transparency }) => transparency === 'required'),",
        ),
        edit(
          'core/verify_signature.ts',
          "if (needed.includes('entry-key') && !isVouchedFor)",
          "if (isLogRequired(state) && needed.includes('entry-key') && !isVouchedFor)",
        ),
      ),
    ],
  },
  {
    id: 'A12',
    failure: 'Of an envelope with two signatures one was verified, and the other one logged.',
    answer: 'exactly one signature, in an envelope and in a log entry about one',
    removals: [
      without(
        'the limit of one in envelopes',
        edit('core/formats/dsse.ts', 'if (signatures.length !== 1)', 'if (signatures.length < 1)'),
      ),
      without(
        'the limit of one in log entries',
        edit('core/log/log_body_envelope.ts', 'if (signatures.length !== 1)', 'if (signatures.length < 1)'),
      ),
    ],
  },
  {
    id: 'A13',
    failure:
      'One key met a threshold of several: by signing twice, or under two names; or the threshold was zero.',
    answer: 'a key counts once, by its fingerprint, and has one id; a threshold is at least 1',
    removals: [
      without(
        'counting by fingerprint',
        edit(
          'core/verdict.ts',
          'const { fingerprint } = result.signer.trusted.key;',
          'const fingerprint = String(results.indexOf(result));',
        ),
      ),
      without(
        'the one id of a key',
        edit(
          'store/keys.ts',
          'return (await getKey(store, other))?.fingerprint === key.fingerprint;',
          'return false;',
        ),
      ),
      without(
        'the least threshold',
        edit(
          'store/policy_document.ts',
          'const threshold = z.int().min(1).max(MAX_RULE_KEYS);',
          'const threshold = z.int().max(MAX_RULE_KEYS);',
        ),
      ),
    ],
  },
  {
    id: 'A14',
    failure: 'What an envelope says of its key was taken for the truth.',
    answer: '`signature`: a hint decides which key is tried first, and nothing else',
    removals: [
      without(
        'the verification where the hint names a trusted key',
        edit(
          'core/steps/signer.ts',
          'if (hash !== undefined) {',
          'if (hash !== undefined || reading.hint === trusted.key.fingerprint) {',
        ),
      ),
      without(
        'the trial of keys that the hint does not name',
        edit(
          'core/steps/signer.ts',
          'const inScope = keysInScope(state);',
          'const inScope = keysInScope(state).filter(({ key }) => (reading.hint ?? key.fingerprint) === key.fingerprint);',
        ),
      ),
    ],
  },
  {
    id: 'A15',
    failure: 'Verifications that ran at the same time wrote into the same variables.',
    answer: 'every verification has a state of its own; what is shared are parsed keys and facts about bytes',
    removals: [
      without(
        'the state of one’s own',
        edit(
          'core/verify_signature.ts',
          'function begin(\n',
          'const SHARED = {} as Verification;\n\nfunction begin(\n',
        ),
        edit(
          'core/verify_signature.ts',
          'return {\n    evidence,\n    reading,',
          'return Object.assign(SHARED, {\n    signer: undefined,\n    said: undefined,\n    onlineSource: undefined,\n    evidence,\n    reading,',
        ),
        edit('core/verify_signature.ts', 'provenTimes: [],\n  };', 'provenTimes: [],\n  });'),
      ),
    ],
  },
  {
    id: 'A16',
    failure: 'A null or a number where an object was due ended the program, in one case as a success.',
    answer: 'every field is read by its type, and what is of another type is malformed',
    removals: [
      without(
        'the refusal of null',
        edit(
          'core/encoding/json_fields.ts',
          "typeof value !== 'object' || value === null || Array.isArray(value)",
          "typeof value !== 'object' || Array.isArray(value)",
        ),
      ),
      without(
        'the refusal of numbers and strings',
        edit(
          'core/encoding/json_fields.ts',
          "typeof value !== 'object' || value === null || Array.isArray(value)",
          'value === null || value === undefined',
        ),
      ),
    ],
  },
  {
    id: 'A17',
    failure: 'Signatures were taken in encodings that no strict reader takes, or with numbers out of range.',
    answer: 'strict DER, with r and s from 1 to the order less one',
    removals: [
      without(
        'the bound of r and s',
        edit(
          'core/crypto/signature.ts',
          'if (!isBelow(raw.subarray(end - size, end), order)) {',
          'if (false) {',
        ),
      ),
      without(
        'the refusal of zero',
        edit(
          'core/encoding/der.ts',
          "if (first === 0 && content.length === 1) this.#fail('INTEGER is zero');",
          '',
        ),
      ),
      without(
        'the refusal of negative numbers',
        edit('core/encoding/der.ts', 'if (first >= 0x80)', 'if (false)'),
      ),
      without(
        'the shortest form of numbers',
        edit(
          'core/encoding/der.ts',
          'if (second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7) {',
          'if (false) {',
        ),
        edit(
          'core/encoding/der.ts',
          'return first === 0 ? content.subarray(1) : content;',
          'return content.subarray(content.findIndex((byte) => byte !== 0));',
        ),
      ),
      without(
        'the shortest form of lengths',
        edit('core/encoding/der.ts', 'if (length < 0x80 || length < 256 ** (count - 1))', 'if (false)'),
      ),
      without(
        'the end of a signature',
        edit('core/crypto/signature.ts', 'outer.end();', ''),
        edit('core/crypto/signature.ts', 'pair.end();', ''),
      ),
      without(
        'the refusal of raw numbers where DER is due',
        edit(
          'core/crypto/signature.ts',
          "const outer = new DerReader(signature, 'signature');",
          "if (signature.length === 2 * CURVES[curve].size) return signature;\n  const outer = new DerReader(signature, 'signature');",
        ),
      ),
    ],
  },
  {
    id: 'A18',
    failure: 'The hash was fixed in the program or guessed from trials, instead of being the key’s.',
    answer:
      '`signature`: the form and the key say which hashes may stand; a key of another kind cannot be imported',
    removals: [
      without(
        'the key’s say in simple signing',
        edit(
          'core/crypto/signature_hashes.ts',
          "return ['sha512', 'sha256'];\n  return ['sha256'];",
          "return ['sha512', 'sha256'];\n  return ['sha256', 'sha384', 'sha512'];",
        ),
      ),
      without(
        'the key’s say in bundles',
        edit('core/crypto/signature_hashes.ts', "return ['sha384'];", "return ['sha384', 'sha256'];"),
      ),
      without(
        'the refusal of other kinds of key',
        edit(
          'core/crypto/public_key.ts',
          'default:\n      throw new Malformed(',
          "default:\n      return { name: 'Ed25519' };\n      throw new Malformed(",
        ),
      ),
      without(
        'the form of a signature by its key',
        edit(
          'core/crypto/signature.ts',
          'return ecdsaRaw(signature, algorithm.curve) as RawSignature;',
          'try {\n        return ecdsaRaw(signature, algorithm.curve) as RawSignature;\n      } catch {\n        return signature as RawSignature;\n      }',
        ),
      ),
    ],
  },
  {
    id: 'A19',
    failure:
      'Two readers saw different things under one signature: a name stood twice, or in another spelling.',
    answer:
      'strict JSON: a name stands once, in its own case; YAML that readers take in several ways is refused',
    removals: [
      without(
        'the refusal of equal names',
        edit('core/encoding/json.ts', 'if (Object.hasOwn(object, name))', 'if (false)'),
      ),
      without(
        'the refusal of names that differ in case',
        edit(
          'core/encoding/json_fields.ts',
          'if (known.some((other) => foldCase(other) === folded)) {',
          'if (false) {',
        ),
      ),
      without(
        'the refusal of upper case in the digests of a statement',
        edit(
          'core/formats/in_toto.ts',
          'if (key !== algorithm || text !== text.toLowerCase())',
          'if (false)',
        ),
      ),
      without(
        'the refusal of merge keys',
        edit(
          'admission/manifests.ts',
          "if (!Array.isArray(value) && Object.hasOwn(value, '<<'))",
          'if (false)',
        ),
      ),
      without(
        'the refusal of line breaks that not every reader knows',
        edit('admission/manifests.ts', 'if (OTHER_LINE_BREAKS.test(yaml))', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A20',
    failure:
      'What was read was not what had been signed: another spelling of the bytes, or an unsigned neighbour.',
    answer: 'base64 and UTF-8 have one spelling; fields beside what is signed are refused or never read',
    removals: [
      without(
        'the one spelling of base64',
        edit(
          'core/encoding/bytes.ts',
          'const bytes = decodeBase64(clean);',
          'const bytes = Uint8Array.from(atob(clean), (character) => character.charCodeAt(0));',
        ),
      ),
      without(
        'the refusal of unknown fields in an entry',
        edit(
          'core/encoding/json_fields.ts',
          'throw new Malformed(what, `unknown field ${JSON.stringify(unknown)}`);',
          '',
        ),
      ),
      without(
        'the refusal of bytes that are no UTF-8',
        edit('core/encoding/bytes.ts', 'fatal: true', 'fatal: false'),
      ),
      without(
        'the byte-order mark, which is one character more',
        edit('core/encoding/bytes.ts', 'ignoreBOM: true', 'ignoreBOM: false'),
      ),
    ],
  },
  {
    id: 'A21',
    failure: 'Junk before a good signature hid it, or made the program work for ever.',
    answer:
      'one good signature among others counts; 64 are looked at, with 256 verifications and 40 calls out',
    removals: [
      without(
        'the judgement of those after the first',
        edit(
          'verify/judge_evidence.ts',
          'requirements.length === 1 ? evidence : evidence.filter(',
          'requirements.length === 1 ? evidence.slice(0, 1) : evidence.filter(',
        ),
      ),
      without(
        'the limit of signatures',
        edit('registry/layers.ts', 'if (listed.length > MAX_LISTED) {', 'if (false) {'),
      ),
      without(
        'the limit of verifications',
        edit('core/verification.ts', 'if (meter.verifications >= MAX_VERIFICATIONS) {', 'if (false) {'),
      ),
      without(
        'the order in which keys and signatures are tried',
        edit('verify/judge_evidence.ts', 'if (evidence.length < 2) return results;', 'return results;'),
      ),
      without('the limit of calls out', edit('egress/egress.ts', 'if (calls >= maxCalls) {', 'if (false) {')),
      without(
        'the limit of subjects',
        edit('core/formats/in_toto.ts', 'if (subjects.length > MAX_SUBJECTS)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A22',
    failure: 'A key counted outside the time in which it was to be used, or where no time was proven.',
    answer: '`key-valid`: at the proven time; without one, a key with a window does not count',
    removals: [
      without(
        'the start of the window',
        edit(
          'core/trust/trusted_key.ts',
          'if (validFrom !== undefined && provenTime < validFrom)',
          'if (false)',
        ),
      ),
      without(
        'the end of the window',
        edit(
          'core/trust/trusted_key.ts',
          'if (validUntil !== undefined && provenTime > validUntil)',
          'if (false)',
        ),
      ),
      without(
        'the need of a proven time',
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
    failure: 'A time counted that nobody had signed.',
    answer: '`set`: the time of an entry is proven by a promise that verifies, and by nothing else',
    removals: [
      without(
        'the need of a promise',
        edit(
          'core/steps/log.ts',
          'forEachEntry(state, ({ entry, log }) => checkInclusion(state, entry, log), needsProof(state)),',
          'forEachEntry(state, ({ entry, log }) => {\n      state.provenTimes.push(entry.integratedTime * 1000);\n      return checkInclusion(state, entry, log);\n    }, needsProof(state)),',
        ),
      ),
      without(
        'the verification of the promise',
        edit(
          'core/steps/log_proof.ts',
          "if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });",
          '',
        ),
      ),
    ],
  },
  {
    id: 'A24',
    failure: 'One timestamp at a good time was enough among others, or another authority’s window was used.',
    answer: '`timestamp` and `key-valid`: every proven time counts, each within its own authority’s window',
    beside: 'Timestamps are not counted: there is no threshold that one given twice could meet.',
    removals: [
      without(
        'the rule that the key counts at every time',
        edit(
          'core/steps/claims.ts',
          '.find((code) => code !== undefined);',
          '.reduce((best, code) => (best === undefined ? best : code));',
        ),
      ),
      without(
        'the authority’s own window',
        edit(
          'core/timestamp/timestamp.ts',
          '?? timeProblem(time, authority, signer);',
          '??\n      (authorities.some((one) => timeProblem(time, one, signer) === undefined)\n        ? undefined\n        : timeProblem(time, authority, signer));',
        ),
      ),
    ],
  },
  {
    id: 'A25',
    failure:
      'A chain was checked at a time that its own certificates had chosen, or an expired issuer passed.',
    answer:
      '`timestamp`: every certificate of the stored chain is valid at the timestamp’s time; chains are proven when stored',
    beside:
      'Signatures by certificates are refused (`CERTIFICATE_UNSUPPORTED`): chains are those of timestamp authorities.',
    removals: [
      without(
        'the validity of the issuers',
        edit(
          'core/timestamp/timestamp.ts',
          'certificates.some((certificate) => !isValidAt(certificate, time))',
          'certificates.slice(0, 1).some((certificate) => !isValidAt(certificate, time))',
        ),
      ),
      without(
        'the validity of the signer',
        edit(
          'core/timestamp/timestamp.ts',
          'certificates.some((certificate) => !isValidAt(certificate, time))',
          'certificates.slice(1).some((certificate) => !isValidAt(certificate, time))',
        ),
      ),
      without(
        'the signatures in a chain',
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
    failure: 'Where no trust was configured, the check was left out.',
    answer:
      '`key-known`, `log-known`: nothing trusted is a refusal, and a store that is missing is undecided',
    removals: [
      without(
        'the refusal where no log is trusted',
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
        'the refusal where no key is trusted',
        edit(
          'core/steps/signer.ts',
          "if (keys.length === 0)\n      return fail('UNTRUSTED_KEY', { expected: 'at least one trusted key', actual: 'none' });",
          'if (keys.length === 0) return pass();',
        ),
      ),
      without(
        'the need of an authority that is trusted',
        edit(
          'core/timestamp/timestamp.ts',
          "let result: TimestampResult = { kind: 'unknown-authority', signer: signerText(token.signer) };",
          "let result: TimestampResult = { kind: 'unknown-authority', signer: signerText(token.signer) };\n  if (authorities.length === 0) return { kind: 'proven', time } as TimestampResult;",
        ),
      ),
    ],
  },
  {
    id: 'A27',
    failure: 'What came with a signature brought the key, the certificate or the root to trust it by.',
    answer:
      '`key-known`: keys come from the store or the caller; a certificate is `CERTIFICATE_UNSUPPORTED`; chains are proven',
    removals: [
      without(
        'the rule that named keys are trusted for nothing',
        edit(
          'core/steps/signer.ts',
          "import { algorithmName } from '../crypto/public_key.ts';",
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
        'the refusal of types that are not known',
        edit(
          'core/formats/sigstore_bundle.ts',
          'const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : undefined;',
          "const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : '0.3';",
        ),
      ),
      without(
        'the proof of a chain',
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
    failure:
      'The digest that a bundle states of its artifact was believed, or passed over where it was wrong.',
    answer: '`subject-digest`: what is stated must fit; `signature` is over the artifact itself',
    removals: [
      without(
        'the comparison of the stated digest',
        edit('core/steps/payload.ts', 'return (await isNamedBy(subject, stated))', 'return true'),
      ),
      without(
        'the signature, where the stated digest fits',
        edit(
          'core/steps/signer.ts',
          'if (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies)) return hash;',
          "const isStated = reading.content.kind === 'artifact' && reading.content.stated !== undefined;\n    if (isStated || (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies))) return hash;",
        ),
      ),
    ],
  },
];
