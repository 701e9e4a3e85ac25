// ABUSE section 1, how signatures and documents are written, and how many there may be.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const signaturesForms: AbuseCase[] = [
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
        edit('core/encoding/json_reader.ts', 'if (Object.hasOwn(object, name))', 'if (false)'),
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
      'one good signature among others counts; 64 payloads and 128 signatures of them are looked at, with 256 verifications and 40 calls out',
    removals: [
      without(
        'the judgement of those after the first',
        edit(
          'verify/judge_evidence.ts',
          'requirements.length === 1 ? evidence : evidence.filter(',
          'requirements.length === 1 ? evidence.slice(0, 1) : evidence.filter(',
        ),
      ),
      without('the limit of signatures', edit('registry/layers.ts', 'different > MAX_LISTED || ', '')),
      without('the limit of layers', edit('registry/layers.ts', ' || listed.length > MAX_LAYERS', '')),
      without(
        'the limit of an index',
        edit('verify/subject.ts', 'if (length > MAX_PLATFORMS)', 'if (false)'),
      ),
      without(
        'the limit of lists of referrers',
        edit('registry/referrers.ts', 'if (count > MAX_REFERRERS)', 'if (false)'),
      ),
      without(
        'the limit of verifications',
        edit('core/verification.ts', 'if (meter.verifications >= MAX_VERIFICATIONS) {', 'if (false) {'),
      ),
      without(
        'the order in which keys and signatures are tried',
        edit('verify/judge_evidence.ts', 'if (evidence.length < 2) return results;', 'return results;'),
      ),
      without('the limit of calls out', edit('egress/budget.ts', 'if (calls >= maxCalls) {', 'if (false) {')),
      without(
        'the limit of subjects',
        edit('core/formats/in_toto.ts', 'if (subjects.length > MAX_SUBJECTS)', 'if (false)'),
      ),
    ],
  },
];
