// ABUSE section 1: verification logic.
import type { AbuseCase } from '../abuse_case.ts';

export const signatures: AbuseCase[] = [
  {
    id: 'A1',
    failure: 'A bad log entry was ignored, or short-cut to success.',
    answer: '`set`, `entry-signature`: every entry of a trusted log must be in order',
    removals: [
      {
        without: 'the comparison of the logged signature with the one that was verified',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the refusal of an entry that cannot be read',
        edits: [
          {
            file: 'core/steps/log.ts',
            find: "return fail('LOG_ENTRY_MALFORMED', { actual: state.entries.message, source });",
            replace: 'return pass({ source });',
          },
          {
            file: 'core/verify_signature.ts',
            find: 'if (hasEntries(state) || isLogRequired(state))',
            replace: 'if (hasEntries(state))',
          },
        ],
      },
      {
        without: 'the rule that every entry must be in order',
        edits: [
          {
            file: 'core/steps/log_entries.ts',
            find: 'if (!finding.pass) return finding;\n    first ??= finding;',
            replace: 'if (first?.pass !== true) first = finding;',
          },
        ],
      },
    ],
  },
  {
    id: 'A2',
    failure: 'A genuine log entry counted that was about another payload, signature or key.',
    answer:
      '`entry-payload`, `entry-signature`, `entry-key`, and `online-entry` for what the log itself answers',
    removals: [
      {
        without: 'the comparison of the logged hash with that of the payload',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: 'return equalBytes(own, hash) ? pass(compared) : fail(code, compared);',
            replace: 'return pass(compared);',
          },
        ],
      },
      {
        without: 'the comparison of the logged signature with the one that was verified',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the comparison of the logged key with the one that signed',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: 'if (!equalBytes(body.keySpki, key.spki))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the comparison of the entry that the log holds with the one that came along',
        edits: [
          {
            file: 'core/steps/online.ts',
            find: 'entries.find((candidate) => isSameEntry(candidate, entry))',
            replace: 'entries[0]',
          },
        ],
      },
    ],
  },
  {
    id: 'A3',
    failure: 'Only the payload was compared with the log, although one key can make many signatures over it.',
    answer: '`entry-signature`: the logged signature is the one that was verified, byte for byte',
    removals: [
      {
        without: 'the comparison of the signatures',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
            replace: 'true',
          },
        ],
      },
    ],
  },
  {
    id: 'A4',
    failure: 'Any valid attestation was enough, whatever it was about.',
    answer: '`predicate-type`: the type asked for, or that of a signature where none is',
    removals: [
      {
        without: 'the comparison of the types',
        edits: [
          {
            file: 'core/steps/claims.ts',
            find: "expected === 'any' || actual === expected",
            replace: 'true',
          },
        ],
      },
    ],
  },
  {
    id: 'A5',
    failure: 'A signed statement that could not be read, or was no statement at all, passed.',
    answer: '`payload-type`: an envelope holds a statement that can be read; `predicate-type` wants one',
    removals: [
      {
        without: 'the refusal of a statement that cannot be read, in each check that needs one',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: "if (statement instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: statement.message });",
            replace:
              "if (statement instanceof Malformed) {\n    state.said = { kind: 'artifact' };\n    return pass();\n  }",
          },
          {
            file: 'core/steps/payload.ts',
            find: 'return statedDigest(subject, reading.content, expected);',
            replace:
              "return reading.content.kind === 'envelope' ? pass() : statedDigest(subject, reading.content, expected);",
          },
          {
            file: 'core/steps/claims.ts',
            find: "return fail('PREDICATE_TYPE_MISMATCH', { ...compared, actual: 'no statement' });",
            replace: 'return pass(compared);',
          },
        ],
      },
      {
        without: 'the comparison of the payload type',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (actual !== IN_TOTO_PAYLOAD_TYPE)',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A6',
    failure: 'An envelope of another payload type was read as a statement.',
    answer: '`payload-type`: the signed type, to the letter',
    removals: [
      {
        without: 'the comparison of the payload type',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (actual !== IN_TOTO_PAYLOAD_TYPE)',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A7',
    failure: 'A good signature of one image counted for another that it had been copied to.',
    answer: '`subject-digest`: what was signed names the very digest that is judged; `payload-type`',
    removals: [
      {
        without: 'the comparison of the digest in a simple-signing payload',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'return (await isNamedBy(subject, { [algorithm]: hash }))',
            replace: 'return true',
          },
        ],
      },
      {
        without: 'the comparison of the digest of a statement’s subject',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (!(await isNamedBy(subject, candidate.digests))) continue;',
            replace: '',
          },
        ],
      },
      {
        without: 'the comparison of critical.type',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (payload.type !== SIMPLE_SIGNING_TYPE)',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the one spelling of a digest in a payload',
        edits: [
          {
            file: 'core/formats/simple_signing.ts',
            find: "parseDigest(image['docker-manifest-digest'], 'critical.image.docker-manifest-digest')",
            replace:
              "parseDigest(String(image['docker-manifest-digest']).toLowerCase(), 'critical.image.docker-manifest-digest')",
          },
        ],
      },
    ],
  },
  {
    id: 'A8',
    failure: 'Required annotations were reported as verified in a form in which nobody had looked.',
    answer: '`annotations`: of what was signed, to the letter, in every form',
    removals: [
      {
        without: 'the comparison',
        edits: [
          {
            file: 'core/steps/claims.ts',
            find: 'if (actual !== value) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the check for bundles',
        edits: [
          {
            file: 'core/steps/claims.ts',
            find: 'applies: ({ requirements }) => requirements.annotations.length > 0,',
            replace:
              "applies: ({ requirements, evidence }) => requirements.annotations.length > 0 && evidence.format !== 'sigstore-bundle',",
          },
        ],
      },
    ],
  },
  {
    id: 'A9',
    failure: 'A constraint that the program did not know was passed over in silence.',
    answer: 'what is not known is refused: in a policy, in what it requires, and in a query',
    removals: [
      {
        without: 'the refusal of unknown fields in what an attestation must be',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: 'const attestationSchema = z.strictObject({',
            replace: 'const attestationSchema = z.object({',
          },
        ],
      },
      {
        without: 'the refusal of unknown fields in what a rule requires',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: 'const requireSchema = z.strictObject({',
            replace: 'const requireSchema = z.object({',
          },
        ],
      },
      {
        without: 'the refusal of unknown fields in a rule',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: 'const ruleSchema = z\n  .strictObject({',
            replace: 'const ruleSchema = z\n  .object({',
          },
        ],
      },
      {
        without: 'the refusal of unknown parameters',
        edits: [
          {
            file: 'http/query.ts',
            find: "return zValidator('query', schema, (result, context) => {",
            replace:
              "const loose = (schema as unknown as z.ZodObject).strip() as unknown as S;\n  return zValidator('query', loose, (result, context) => {",
          },
        ],
      },
    ],
  },
  {
    id: 'A10',
    failure: 'Where a digest was empty or missing, the comparison was left out.',
    answer: 'digests by their grammar; `subject-digest` needs at least one that can be compared',
    removals: [
      {
        without: 'the grammar of a digest that a caller gives',
        edits: [
          {
            file: 'core/crypto/digest.ts',
            find: "return typeof text === 'string' && ARTIFACT_DIGEST.test(text);",
            replace: "return typeof text === 'string';",
          },
        ],
      },
      {
        without: 'the grammar of a digest in a reference',
        edits: [
          {
            file: 'core/reference.ts',
            find: 'if (digest !== undefined && !isDigest(digest))',
            replace: 'if (false)',
          },
          {
            file: 'core/reference.ts',
            find: '...(digest !== undefined && isDigest(digest) && { digest }),',
            replace: '...(digest !== undefined && { digest: digest as Digest }),',
          },
        ],
      },
      {
        without: 'the rule that something must have been compared',
        edits: [
          {
            file: 'core/crypto/message.ts',
            find: 'return compared > 0;',
            replace: 'return true;',
          },
        ],
      },
    ],
  },
  {
    id: 'A11',
    failure: 'Where one check was switched off, others went with it, down to the signature itself.',
    answer:
      '`signature` and `subject-digest` always apply; an entry that came along is held to all of the log’s checks',
    removals: [
      {
        without: 'the signature check where no log is required',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: "name: 'signature',\n  applies: () => true,",
            replace:
              "name: 'signature',\n  applies: ({ trust }) => trust.keys.some(({ transparency }) => transparency === 'required'),",
          },
          {
            file: 'core/verify_signature.ts',
            find: "const needed: Check['name'][] = ['payload-type', 'key-known', 'signature'];",
            replace: "const needed: Check['name'][] = ['payload-type', 'key-known'];",
          },
        ],
      },
      {
        without: 'the binding of an entry where no log is required',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: "name: 'entry-signature',\n  applies: hasEntries,",
            replace:
              "name: 'entry-signature',\n  applies: (state) => hasEntries(state) && state.signer?.trusted.transparency === 'required',",
          },
          {
            file: 'core/steps/log_binding.ts',
            find: "name: 'entry-payload',\n  applies: hasEntries,",
            replace:
              "name: 'entry-payload',\n  applies: (state) => hasEntries(state) && state.signer?.trusted.transparency === 'required',",
          },
          {
            file: 'core/verify_signature.ts',
            find: 'if (hasEntries(state) || isLogRequired(state))',
            replace: 'if (isLogRequired(state))',
          },
        ],
      },
      {
        without: 'the promise of an entry where no log is required',
        edits: [
          {
            file: 'core/steps/log.ts',
            find: 'applies: (state) => isAnyEntry(state, needsPromise),',
            replace:
              "applies: (state) => isAnyEntry(state, needsPromise) && state.trust.keys.some(({ transparency }) => transparency === 'required'),",
          },
          {
            file: 'core/verify_signature.ts',
            find: "if (needed.includes('entry-key') && !isVouchedFor)",
            replace: "if (isLogRequired(state) && needed.includes('entry-key') && !isVouchedFor)",
          },
        ],
      },
    ],
  },
  {
    id: 'A12',
    failure: 'Of an envelope with two signatures one was verified, and the other one logged.',
    answer: 'exactly one signature, in an envelope and in a log entry about one',
    removals: [
      {
        without: 'the limit of one in envelopes',
        edits: [
          {
            file: 'core/formats/dsse.ts',
            find: 'if (signatures.length !== 1)',
            replace: 'if (signatures.length < 1)',
          },
        ],
      },
      {
        without: 'the limit of one in log entries',
        edits: [
          {
            file: 'core/log/log_body_envelope.ts',
            find: 'if (signatures.length !== 1)',
            replace: 'if (signatures.length < 1)',
          },
        ],
      },
    ],
  },
  {
    id: 'A13',
    failure:
      'One key met a threshold of several: by signing twice, or under two names; or the threshold was zero.',
    answer: 'a key counts once, by its fingerprint, and has one id; a threshold is at least 1',
    removals: [
      {
        without: 'counting by fingerprint',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'const { fingerprint } = result.signer.trusted.key;',
            replace: 'const fingerprint = String(results.indexOf(result));',
          },
        ],
      },
      {
        without: 'the one id of a key',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'return (await getKey(store, other))?.fingerprint === key.fingerprint;',
            replace: 'return false;',
          },
        ],
      },
      {
        without: 'the least threshold',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: 'const threshold = z.int().min(1).max(MAX_RULE_KEYS);',
            replace: 'const threshold = z.int().max(MAX_RULE_KEYS);',
          },
        ],
      },
    ],
  },
  {
    id: 'A14',
    failure: 'What an envelope says of its key was taken for the truth.',
    answer: '`signature`: a hint decides which key is tried first, and nothing else',
    removals: [
      {
        without: 'the verification where the hint names a trusted key',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: 'if (hash !== undefined) {',
            replace: 'if (hash !== undefined || reading.hint === trusted.key.fingerprint) {',
          },
        ],
      },
      {
        without: 'the trial of keys that the hint does not name',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: 'const inScope = keysInScope(state);',
            replace:
              'const inScope = keysInScope(state).filter(({ key }) => (reading.hint ?? key.fingerprint) === key.fingerprint);',
          },
        ],
      },
    ],
  },
  {
    id: 'A15',
    failure: 'Verifications that ran at the same time wrote into the same variables.',
    answer: 'every verification has a state of its own; what is shared are parsed keys and facts about bytes',
    removals: [
      {
        without: 'the state of one’s own',
        edits: [
          {
            file: 'core/verify_signature.ts',
            find: 'function begin(\n',
            replace: 'const SHARED = {} as Verification;\n\nfunction begin(\n',
          },
          {
            file: 'core/verify_signature.ts',
            find: 'return {\n    evidence,\n    reading,',
            replace:
              'return Object.assign(SHARED, {\n    signer: undefined,\n    said: undefined,\n    onlineSource: undefined,\n    evidence,\n    reading,',
          },
          {
            file: 'core/verify_signature.ts',
            find: 'provenTimes: [],\n  };',
            replace: 'provenTimes: [],\n  });',
          },
        ],
      },
    ],
  },
  {
    id: 'A16',
    failure: 'A null or a number where an object was due ended the program, in one case as a success.',
    answer: 'every field is read by its type, and what is of another type is malformed',
    removals: [
      {
        without: 'the refusal of null',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: "typeof value !== 'object' || value === null || Array.isArray(value)",
            replace: "typeof value !== 'object' || Array.isArray(value)",
          },
        ],
      },
      {
        without: 'the refusal of numbers and strings',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: "typeof value !== 'object' || value === null || Array.isArray(value)",
            replace: 'value === null || value === undefined',
          },
        ],
      },
    ],
  },
  {
    id: 'A17',
    failure: 'Signatures were taken in encodings that no strict reader takes, or with numbers out of range.',
    answer: 'strict DER, with r and s from 1 to the order less one',
    removals: [
      {
        without: 'the bound of r and s',
        edits: [
          {
            file: 'core/crypto/signature.ts',
            find: 'if (!isBelow(raw.subarray(end - size, end), order)) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the refusal of zero',
        edits: [
          {
            file: 'core/encoding/der.ts',
            find: "if (first === 0 && content.length === 1) this.#fail('INTEGER is zero');",
            replace: '',
          },
        ],
      },
      {
        without: 'the refusal of negative numbers',
        edits: [{ file: 'core/encoding/der.ts', find: 'if (first >= 0x80)', replace: 'if (false)' }],
      },
      {
        without: 'the shortest form of numbers',
        edits: [
          {
            file: 'core/encoding/der.ts',
            find: 'if (second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7) {',
            replace: 'if (false) {',
          },
          {
            file: 'core/encoding/der.ts',
            find: 'return first === 0 ? content.subarray(1) : content;',
            replace: 'return content.subarray(content.findIndex((byte) => byte !== 0));',
          },
        ],
      },
      {
        without: 'the shortest form of lengths',
        edits: [
          {
            file: 'core/encoding/der.ts',
            find: 'if (length < 0x80 || length < 256 ** (count - 1))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the end of a signature',
        edits: [
          { file: 'core/crypto/signature.ts', find: 'outer.end();', replace: '' },
          { file: 'core/crypto/signature.ts', find: 'pair.end();', replace: '' },
        ],
      },
      {
        without: 'the refusal of raw numbers where DER is due',
        edits: [
          {
            file: 'core/crypto/signature.ts',
            find: "const outer = new DerReader(signature, 'signature');",
            replace:
              "if (signature.length === 2 * CURVES[curve].size) return signature;\n  const outer = new DerReader(signature, 'signature');",
          },
        ],
      },
    ],
  },
  {
    id: 'A18',
    failure: 'The hash was fixed in the program or guessed from trials, instead of being the key’s.',
    answer:
      '`signature`: the form and the key say which hashes may stand; a key of another kind cannot be imported',
    removals: [
      {
        without: 'the key’s say in simple signing',
        edits: [
          {
            file: 'core/crypto/signature_hashes.ts',
            find: "return ['sha512', 'sha256'];\n  return ['sha256'];",
            replace: "return ['sha512', 'sha256'];\n  return ['sha256', 'sha384', 'sha512'];",
          },
        ],
      },
      {
        without: 'the key’s say in bundles',
        edits: [
          {
            file: 'core/crypto/signature_hashes.ts',
            find: "return ['sha384'];",
            replace: "return ['sha384', 'sha256'];",
          },
        ],
      },
      {
        without: 'the refusal of other kinds of key',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: 'default:\n      throw new Malformed(',
            replace: "default:\n      return { name: 'Ed25519' };\n      throw new Malformed(",
          },
        ],
      },
      {
        without: 'the form of a signature by its key',
        edits: [
          {
            file: 'core/crypto/signature.ts',
            find: 'return ecdsaRaw(signature, algorithm.curve) as RawSignature;',
            replace:
              'try {\n        return ecdsaRaw(signature, algorithm.curve) as RawSignature;\n      } catch {\n        return signature as RawSignature;\n      }',
          },
        ],
      },
    ],
  },
  {
    id: 'A19',
    failure:
      'Two readers saw different things under one signature: a name stood twice, or in another spelling.',
    answer:
      'strict JSON: a name stands once, in its own case; YAML that readers take in several ways is refused',
    removals: [
      {
        without: 'the refusal of equal names',
        edits: [
          {
            file: 'core/encoding/json.ts',
            find: 'if (Object.hasOwn(object, name))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the refusal of names that differ in case',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: 'if (known.some((other) => foldCase(other) === folded)) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the refusal of upper case in the digests of a statement',
        edits: [
          {
            file: 'core/formats/in_toto.ts',
            find: 'if (key !== algorithm || text !== text.toLowerCase())',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the refusal of merge keys',
        edits: [
          {
            file: 'admission/manifests.ts',
            find: "if (!Array.isArray(value) && Object.hasOwn(value, '<<'))",
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the refusal of line breaks that not every reader knows',
        edits: [
          {
            file: 'admission/manifests.ts',
            find: 'if (OTHER_LINE_BREAKS.test(yaml))',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A20',
    failure:
      'What was read was not what had been signed: another spelling of the bytes, or an unsigned neighbour.',
    answer: 'base64 and UTF-8 have one spelling; fields beside what is signed are refused or never read',
    removals: [
      {
        without: 'the one spelling of base64',
        edits: [
          {
            file: 'core/encoding/bytes.ts',
            find: 'const bytes = decodeBase64(clean);',
            replace: 'const bytes = Uint8Array.from(atob(clean), (character) => character.charCodeAt(0));',
          },
        ],
      },
      {
        without: 'the refusal of unknown fields in an entry',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: 'throw new Malformed(what, `unknown field ${JSON.stringify(unknown)}`);',
            replace: '',
          },
        ],
      },
      {
        without: 'the refusal of bytes that are no UTF-8',
        edits: [{ file: 'core/encoding/bytes.ts', find: 'fatal: true', replace: 'fatal: false' }],
      },
      {
        without: 'the byte-order mark, which is one character more',
        edits: [{ file: 'core/encoding/bytes.ts', find: 'ignoreBOM: true', replace: 'ignoreBOM: false' }],
      },
    ],
  },
  {
    id: 'A21',
    failure: 'Junk before a good signature hid it, or made the program work for ever.',
    answer:
      'one good signature among others counts; 64 are looked at, with 256 verifications and 40 calls out',
    removals: [
      {
        without: 'the judgement of those after the first',
        edits: [
          {
            file: 'verify/judge_evidence.ts',
            find: 'requirements.length === 1 ? evidence : evidence.filter(',
            replace: 'requirements.length === 1 ? evidence.slice(0, 1) : evidence.filter(',
          },
        ],
      },
      {
        without: 'the limit of signatures',
        edits: [
          { file: 'registry/layers.ts', find: 'if (listed.length > MAX_LISTED) {', replace: 'if (false) {' },
        ],
      },
      {
        without: 'the limit of verifications',
        edits: [
          {
            file: 'core/verification.ts',
            find: 'if (meter.verifications >= MAX_VERIFICATIONS) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the order in which keys and signatures are tried',
        edits: [
          {
            file: 'verify/judge_evidence.ts',
            find: 'if (evidence.length < 2) return results;',
            replace: 'return results;',
          },
        ],
      },
      {
        without: 'the limit of calls out',
        edits: [{ file: 'egress/egress.ts', find: 'if (calls >= maxCalls) {', replace: 'if (false) {' }],
      },
      {
        without: 'the limit of subjects',
        edits: [
          {
            file: 'core/formats/in_toto.ts',
            find: 'if (subjects.length > MAX_SUBJECTS)',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A22',
    failure: 'A key counted outside the time in which it was to be used, or where no time was proven.',
    answer: '`key-valid`: at the proven time; without one, a key with a window does not count',
    removals: [
      {
        without: 'the start of the window',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: 'if (validFrom !== undefined && provenTime < validFrom)',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the end of the window',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: 'if (validUntil !== undefined && provenTime > validUntil)',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the need of a proven time',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: "if (provenTime === undefined) return 'NO_TRUSTED_TIME';",
            replace: 'if (provenTime === undefined) return undefined;',
          },
        ],
      },
    ],
  },
  {
    id: 'A23',
    failure: 'A time counted that nobody had signed.',
    answer: '`set`: the time of an entry is proven by a promise that verifies, and by nothing else',
    removals: [
      {
        without: 'the need of a promise',
        edits: [
          {
            file: 'core/steps/log.ts',
            find: 'forEachEntry(state, ({ entry, log }) => checkInclusion(state, entry, log), needsProof(state)),',
            replace:
              'forEachEntry(state, ({ entry, log }) => {\n      state.provenTimes.push(entry.integratedTime * 1000);\n      return checkInclusion(state, entry, log);\n    }, needsProof(state)),',
          },
        ],
      },
      {
        without: 'the verification of the promise',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: "if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });",
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A24',
    failure: 'One timestamp at a good time was enough among others, or another authority’s window was used.',
    answer: '`timestamp` and `key-valid`: every proven time counts, each within its own authority’s window',
    removals: [
      {
        without: 'the rule that the key counts at every time',
        edits: [
          {
            file: 'core/steps/claims.ts',
            find: '.find((code) => code !== undefined);',
            replace: '.reduce((best, code) => (best === undefined ? best : code));',
          },
        ],
      },
      {
        without: 'the authority’s own window',
        edits: [
          {
            file: 'core/timestamp/timestamp.ts',
            find: '?? timeProblem(time, authority, signer);',
            replace:
              '??\n      (authorities.some((one) => timeProblem(time, one, signer) === undefined)\n        ? undefined\n        : timeProblem(time, authority, signer));',
          },
        ],
      },
    ],
    beside: 'Timestamps are not counted: there is no threshold that one given twice could meet.',
  },
  {
    id: 'A25',
    failure:
      'A chain was checked at a time that its own certificates had chosen, or an expired issuer passed.',
    answer:
      '`timestamp`: every certificate of the stored chain is valid at the timestamp’s time; chains are proven when stored',
    removals: [
      {
        without: 'the validity of the issuers',
        edits: [
          {
            file: 'core/timestamp/timestamp.ts',
            find: 'certificates.some((certificate) => !isValidAt(certificate, time))',
            replace: 'certificates.slice(0, 1).some((certificate) => !isValidAt(certificate, time))',
          },
        ],
      },
      {
        without: 'the validity of the signer',
        edits: [
          {
            file: 'core/timestamp/timestamp.ts',
            find: 'certificates.some((certificate) => !isValidAt(certificate, time))',
            replace: 'certificates.slice(1).some((certificate) => !isValidAt(certificate, time))',
          },
        ],
      },
      {
        without: 'the signatures in a chain',
        edits: [
          {
            file: 'core/timestamp/authority_chain.ts',
            find: 'if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {',
            replace: 'if (false) {',
          },
        ],
      },
    ],
    beside:
      'Signatures by certificates are refused (`CERTIFICATE_UNSUPPORTED`): chains are those of timestamp authorities.',
  },
  {
    id: 'A26',
    failure: 'Where no trust was configured, the check was left out.',
    answer:
      '`key-known`, `log-known`: nothing trusted is a refusal, and a store that is missing is undecided',
    removals: [
      {
        without: 'the refusal where no log is trusted',
        edits: [
          {
            file: 'core/steps/log.ts',
            find: 'const [known] = state.found;\n    if (known === undefined)',
            replace:
              'const [known] = state.found;\n    if (known === undefined) return pass();\n    if (known === undefined)',
          },
          {
            file: 'core/steps/log_entries.ts',
            find: "if (first === undefined) throw new TypeError('a check without an entry');",
            replace: 'if (first === undefined) return { pass: true, compared: {} };',
          },
          {
            file: 'core/verify_signature.ts',
            find: "const isLogged = passed(checks, 'entry-key');",
            replace: "const isLogged = passed(checks, 'entry-key') && state.found.length > 0;",
          },
        ],
      },
      {
        without: 'the refusal where no key is trusted',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: "if (keys.length === 0)\n      return fail('UNTRUSTED_KEY', { expected: 'at least one trusted key', actual: 'none' });",
            replace: 'if (keys.length === 0) return pass();',
          },
        ],
      },
      {
        without: 'the need of an authority that is trusted',
        edits: [
          {
            file: 'core/timestamp/timestamp.ts',
            find: "let result: TimestampResult = { kind: 'unknown-authority', signer: signerText(token.signer) };",
            replace:
              "let result: TimestampResult = { kind: 'unknown-authority', signer: signerText(token.signer) };\n  if (authorities.length === 0) return { kind: 'proven', time } as TimestampResult;",
          },
        ],
      },
    ],
  },
  {
    id: 'A27',
    failure: 'What came with a signature brought the key, the certificate or the root to trust it by.',
    answer:
      '`key-known`: keys come from the store or the caller; a certificate is `CERTIFICATE_UNSUPPORTED`; chains are proven',
    removals: [
      {
        without: 'the rule that named keys are trusted for nothing',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: "import { algorithmName } from '../crypto/public_key.ts';",
            replace: "import { algorithmName, parsePublicKey } from '../crypto/public_key.ts';",
          },
          {
            file: 'core/steps/signer.ts',
            find: 'const inScope = keysInScope(state);',
            replace:
              "const named = await Promise.all(namedKeys(reading).map(parsePublicKey));\n  const inScope = [\n    ...keysInScope(state),\n    ...named.map((key): TrustedKey => ({ key, transparency: 'required' })),\n  ];",
          },
        ],
      },
      {
        without: 'the refusal of certificates',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: "return evidence.format === 'sigstore-bundle' && reading.material?.isCertificate === true;",
            replace: 'return false;',
          },
        ],
      },
      {
        without: 'the refusal of types that are not known',
        edits: [
          {
            file: 'core/formats/sigstore_bundle.ts',
            find: 'const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : undefined;',
            replace: "const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : '0.3';",
          },
        ],
      },
      {
        without: 'the proof of a chain',
        edits: [
          {
            file: 'core/timestamp/authority_chain.ts',
            find: 'if (!equalBytes(certificate.issuer, issuer.subject)) {',
            replace: 'if (false) {',
          },
          {
            file: 'core/timestamp/authority_chain.ts',
            find: 'if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {',
            replace: 'if (false) {',
          },
        ],
      },
    ],
  },
  {
    id: 'A28',
    failure:
      'The digest that a bundle states of its artifact was believed, or passed over where it was wrong.',
    answer: '`subject-digest`: what is stated must fit; `signature` is over the artifact itself',
    removals: [
      {
        without: 'the comparison of the stated digest',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'return (await isNamedBy(subject, stated))',
            replace: 'return true',
          },
        ],
      },
      {
        without: 'the signature, where the stated digest fits',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: 'if (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies)) return hash;',
            replace:
              "const isStated = reading.content.kind === 'artifact' && reading.content.stated !== undefined;\n    if (isStated || (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies))) return hash;",
          },
        ],
      },
    ],
  },
];
