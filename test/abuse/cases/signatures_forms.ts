// Published failures of verifiers: how signatures and documents are encoded, and how many of them there may be.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const signaturesForms: AbuseCase[] = [
  {
    id: 'A12',
    failure: 'An envelope had two signatures: one was verified and the other was logged.',
    answer: 'an envelope, and a log entry about one, must have exactly one signature',
    removals: [
      without(
        'the limit of one signature in envelopes',
        edit('core/formats/dsse.ts', 'if (signatures.length !== 1)', 'if (signatures.length < 1)'),
      ),
      without(
        'the limit of one signature in log entries',
        edit('core/log/log_body_envelope.ts', 'if (signatures.length !== 1)', 'if (signatures.length < 1)'),
      ),
    ],
  },
  {
    id: 'A13',
    failure:
      'One key met a threshold of several, by signing twice or under two names; or a threshold of zero was accepted.',
    answer: 'a key is counted once, by its fingerprint, and has one id; a threshold is at least 1',
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
        'the rule that a key has one id',
        edit(
          'store/keys.ts',
          'return readKeyRecord(text, other).fingerprint === key.fingerprint;',
          'return false;',
        ),
      ),
      without(
        'the minimum of a threshold',
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
    failure: 'The key id stated in an envelope was trusted without verification.',
    answer: '`signature`: a hint decides which key is tried first, and nothing else',
    removals: [
      without(
        'the verification when the hint names a trusted key',
        edit(
          'core/steps/signer.ts',
          'if (hash !== undefined) {',
          'if (hash !== undefined || reading.hint === trusted.key.fingerprint) {',
        ),
      ),
      without(
        'trying the keys that the hint does not name',
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
    failure: 'Concurrent verifications overwrote each other’s variables.',
    answer: 'every verification has its own state; only parsed keys and facts about bytes are shared',
    removals: [
      without(
        'the separate state of each verification',
        edit(
          'core/verify_signature.ts',
          'function begin(\n',
          'const SHARED = {} as Verification;\n\nfunction begin(\n',
        ),
        edit(
          'core/verify_signature.ts',
          'return {\n    evidence,\n    reading,',
          'return Object.assign(SHARED, {\n    signer: undefined,\n    claims: undefined,\n    onlineSource: undefined,\n    evidence,\n    reading,',
        ),
        edit('core/verify_signature.ts', 'provenTimes: [],\n  };', 'provenTimes: [],\n  });'),
      ),
    ],
  },
  {
    id: 'A16',
    failure:
      'A null or a number in place of an object crashed the program, in one case with a report of success.',
    answer: 'the type of every field is checked; a value of another type is malformed',
    removals: [
      without(
        'the refusal of null',
        edit(
          'core/encoding/json_fields.ts',
          "typeof value === 'object' && value !== null && !Array.isArray(value)",
          "typeof value === 'object' && !Array.isArray(value)",
        ),
      ),
      without(
        'the refusal of numbers and strings',
        edit(
          'core/encoding/json_fields.ts',
          "typeof value === 'object' && value !== null && !Array.isArray(value)",
          'value !== null && value !== undefined',
        ),
      ),
    ],
  },
  {
    id: 'A17',
    failure:
      'Signatures were accepted in encodings that a strict parser refuses, or with numbers out of range.',
    answer: 'strict DER, with r and s from 1 to the order of the curve minus 1',
    removals: [
      without(
        'the upper bound of r and s',
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
        'the shortest-form rule for numbers',
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
        'the shortest-form rule for lengths',
        edit('core/encoding/der.ts', 'if (length < 0x80 || length < 256 ** (count - 1))', 'if (false)'),
      ),
      without(
        'the refusal of bytes after a signature',
        edit('core/crypto/signature.ts', 'outer.end();', ''),
        edit('core/crypto/signature.ts', 'pair.end();', ''),
      ),
      without(
        'the refusal of raw r and s in place of DER',
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
    failure: 'The hash was hard-coded, or found by trial and error, instead of following from the key.',
    answer:
      '`signature`: the format and the key decide which hashes are allowed; keys of other types cannot be imported',
    removals: [
      without(
        'the restriction of hashes by key in simple signing',
        edit(
          'core/crypto/signature_hashes.ts',
          "return ['sha512', 'sha256'];\n  return ['sha256'];",
          "return ['sha512', 'sha256'];\n  return ['sha256', 'sha384', 'sha512'];",
        ),
      ),
      without(
        'the restriction of hashes by key in bundles',
        edit('core/crypto/signature_hashes.ts', "return ['sha384'];", "return ['sha384', 'sha256'];"),
      ),
      without(
        'the refusal of other key types',
        edit(
          'core/crypto/public_key.ts',
          'default:\n      throw new Malformed(',
          "default:\n      return { name: 'Ed25519' };\n      throw new Malformed(",
        ),
      ),
      without(
        'the rule that the key decides the encoding of its signature',
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
      'Two parsers read different content under one signature: a name was there twice, or in another letter case.',
    answer:
      'strict JSON: a name occurs once, in its exact case; YAML that parsers read differently is refused',
    removals: [
      without(
        'the refusal of duplicate names',
        edit('core/encoding/json_reader.ts', 'if (Object.hasOwn(object, name))', 'if (false)'),
      ),
      without(
        'the refusal of names that differ only in case',
        edit(
          'core/encoding/json_fields.ts',
          'if (known.some((other) => foldCase(other) === folded)) {',
          'if (false) {',
        ),
      ),
      without(
        'the refusal of upper case in a statement’s digests',
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
        'the refusal of line breaks that only some parsers recognise',
        edit('admission/manifests.ts', 'if (OTHER_LINE_BREAKS.test(yaml))', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A20',
    failure:
      'What was parsed was not what had been signed: another encoding of the bytes, or an unsigned field beside them.',
    answer:
      'base64 and UTF-8 have one accepted encoding; fields beside the signed content are refused or never read',
    removals: [
      without(
        'the rule that base64 has one encoding',
        edit(
          'core/encoding/bytes.ts',
          "const bytes = decodeBase64(text) ?? decodeBase64(text.replace(/[\\r\\n]/g, ''));",
          'const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));',
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
        'the refusal of bytes that are not UTF-8',
        edit('core/encoding/bytes.ts', 'fatal: true', 'fatal: false'),
      ),
      without(
        'reading a byte-order mark as a character',
        edit('core/encoding/bytes.ts', 'ignoreBOM: true', 'ignoreBOM: false'),
      ),
    ],
  },
  {
    id: 'A21',
    failure: 'Junk listed before a good signature hid it, or kept the program busy without end.',
    answer:
      'a good signature among junk is found; at most 64 payloads and 128 of their signatures are read, with at most 256 verifications and 40 outgoing calls',
    removals: [
      without(
        'judging evidence after the first piece',
        edit(
          'verify/judge_evidence.ts',
          'requirements.length === 1 ? evidence : evidence.filter(',
          'requirements.length === 1 ? evidence.slice(0, 1) : evidence.filter(',
        ),
      ),
      without('the limit of signatures', edit('registry/layers.ts', 'different > MAX_LISTED || ', '')),
      without('the limit of layers', edit('registry/layers.ts', ' || listed.length > MAX_LAYERS', '')),
      without(
        'the limit of an index’s entries',
        edit('verify/subject.ts', 'if (length > MAX_PLATFORMS)', 'if (false)'),
      ),
      without(
        'the limit of referrers',
        edit('registry/referrers.ts', 'if (count > MAX_REFERRERS)', 'if (false)'),
      ),
      without(
        'the limit of verifications',
        edit('core/meter.ts', 'if (meter.verifications >= MAX_VERIFICATIONS) {', 'if (false) {'),
      ),
      without(
        'the order in which keys and signatures are tried',
        edit('verify/judge_evidence.ts', 'if (evidence.length < 2) return results;', 'return results;'),
      ),
      without(
        'the limit of outgoing calls',
        edit('egress/budget.ts', 'if (calls >= maxCalls) {', 'if (false) {'),
      ),
      without(
        'the limit of subjects',
        edit('core/formats/in_toto.ts', 'if (subjects.length > MAX_SUBJECTS)', 'if (false)'),
      ),
    ],
  },
];
