// Published failures with transparency logs: Merkle proofs and the numbers in them.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PROOF_INDEX } from '../shared_edits.ts';

export const logProofs: AbuseCase[] = [
  {
    id: 'A47',
    failure: 'Inclusion proofs with a wrong position, size, length or root were accepted.',
    answer: '`inclusion-proof`: every published test vector gets its expected verdict',
    removals: [
      without('the bound of the index', ...PROOF_INDEX),
      without(
        'the refusal of surplus hashes',
        edit(
          'core/log/merkle.ts',
          "if (last === 0n) fail('has more hashes than its position in the tree requires');",
          'if (last === 0n) return root;',
        ),
      ),
      without(
        'the position of the leaf (on which side each hash is)',
        edit('core/log/merkle.ts', 'if ((node & 1n) === 1n || node === last) {', 'if (false) {'),
      ),
      without(
        'the comparison of the root',
        edit('core/steps/log_proof.ts', 'return actual === expected\n', 'return true\n'),
      ),
      without(
        'the need for a proof',
        edit(
          'core/steps/log_proof.ts',
          "if (proof === undefined)\n    return fail('INCLUSION_PROOF_INVALID', { expected: 'an inclusion proof', actual: 'none' });",
          'if (proof === undefined) return pass();',
        ),
      ),
    ],
  },
  {
    id: 'A48',
    failure: 'Proof arithmetic failed for the last leaf, at the edge of a tree, or for very large numbers.',
    answer: '`inclusion-proof`: computed with integers of any size, right for every leaf of every tree',
    removals: [
      without(
        'the case of the right edge',
        edit('core/log/merkle.ts', 'if ((node & 1n) === 1n || node === last) {', 'if ((node & 1n) === 1n) {'),
      ),
      without('the bound of the index', ...PROOF_INDEX),
      without(
        'the refusal of missing hashes',
        edit(
          'core/log/merkle.ts',
          "if (last !== 0n) fail('has fewer hashes than its position in the tree requires');",
          '',
        ),
      ),
      without(
        'integers beyond 32 bits',
        edit('core/log/merkle.ts', 'let last = size - 1n;', 'let last = BigInt.asUintN(32, size - 1n);'),
      ),
    ],
  },
  {
    id: 'A49',
    failure: 'Text that only converts to a number was read as one, before any signature had been verified.',
    answer:
      'integers are JSON integers in their range, with every digit; in a bundle, decimal text without sign or leading zeros',
    removals: [
      without(
        'the type check of an index',
        edit(
          'core/encoding/json_fields.ts',
          "typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;",
          "typeof value === 'number' || typeof value === 'string' ? BigInt(value) : value;",
        ),
      ),
      without(
        'the range of an index',
        edit(
          'core/encoding/json_fields.ts',
          "if (typeof big !== 'bigint' || big < 0n || big >= 1n << 63n)",
          "if (typeof big !== 'bigint')",
        ),
      ),
      without(
        'the range of a time',
        edit(
          'core/encoding/json_fields.ts',
          "if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {",
          "if (typeof value !== 'number') {",
        ),
      ),
      without(
        'every digit of large numbers',
        edit(
          'core/encoding/json_reader.ts',
          'return isInteger && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;',
          'return isInteger && !Number.isSafeInteger(value) ? BigInt(value) : value;',
        ),
      ),
      without(
        'the decimal form in a bundle',
        edit(
          'core/encoding/protobuf_json.ts',
          "if (!DECIMAL.test(value)) throw new Malformed(what, 'expected a decimal integer');",
          '',
        ),
      ),
    ],
  },
  {
    id: 'A50',
    failure: 'An entry at index 0 was treated as one without an index.',
    answer: 'zero is an index, also where a bundle omits it as the default',
    removals: [
      without(
        'the default in a bundle',
        edit(
          'core/encoding/protobuf_json.ts',
          'if (value === undefined) return 0n;',
          "if (value === undefined) throw new Malformed(what, 'is missing');",
        ),
      ),
      without('the leaf at index 0', edit('core/log/merkle.ts', 'index < 0n ||', 'index <= 0n ||')),
    ],
  },
  {
    id: 'A51',
    failure: 'The index within a shard was confused with the log-wide index.',
    answer: '`inclusion-proof`: for Rekor v1 the index within the shard, for v2 the only index there is',
    removals: [
      without(
        'the shard’s index for Rekor v1',
        edit(
          'core/steps/log_proof.ts',
          'log.version === 1 ? proof.logIndex : entry.logIndex',
          'entry.logIndex',
        ),
      ),
      without(
        'the entry’s index for Rekor v2',
        edit(
          'core/steps/log_proof.ts',
          'log.version === 1 ? proof.logIndex : entry.logIndex',
          'proof.logIndex',
        ),
      ),
    ],
  },
  {
    id: 'A52',
    failure: 'Hashes were compared as text ignoring case, or accepted although malformed.',
    answer: '`inclusion-proof`: hashes are 32 bytes, decoded strictly and compared byte for byte',
    removals: [
      without(
        'the comparison byte for byte',
        edit(
          'core/steps/log_proof.ts',
          'return actual === expected\n',
          'const folded = (hex: string) => hex.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16) | 0x20));\n    return folded(actual) === folded(expected)\n',
        ),
      ),
      without(
        'the length of a hash in a proof',
        edit(
          'core/log/merkle.ts',
          'leaf.length !== HASH_BYTES || proof.some((hash) => hash.length !== HASH_BYTES)',
          'false',
        ),
      ),
      without(
        'the length of a hash in an entry',
        edit('core/log/log_entry.ts', 'if (bytes.length !== 32)', 'if (false)'),
      ),
      without(
        'the refusal of text that is not hexadecimal',
        edit(
          'core/encoding/bytes.ts',
          "if (!HEX.test(text)) throw new Malformed(what, 'not hexadecimal');",
          '',
        ),
      ),
    ],
  },
  {
    id: 'A53',
    failure: 'A proof led to a root that the log had never signed.',
    answer: '`checkpoint`: signed by the log, with exactly the size and root of the proof',
    removals: [
      without(
        'the comparison of the roots',
        edit(
          'core/steps/log_proof.ts',
          'if (note.size === proof.treeSize && equalBytes(note.root, proof.rootHash)) return undefined;',
          'if (note.size === proof.treeSize) return undefined;',
        ),
      ),
      without(
        'the comparison of the sizes',
        edit(
          'core/steps/log_proof.ts',
          'if (note.size === proof.treeSize && equalBytes(note.root, proof.rootHash)) return undefined;',
          'if (equalBytes(note.root, proof.rootHash)) return undefined;',
        ),
      ),
      without(
        'the signature of the log',
        edit('core/steps/log_proof.ts', 'if (!(await decide(() => isSignedByLog(note, log))))', 'if (false)'),
      ),
      without(
        'the need for a checkpoint',
        edit(
          'core/steps/log_proof.ts',
          'if (proof?.checkpoint === undefined) {',
          'if (proof?.checkpoint === undefined) return pass();\n  if (proof?.checkpoint === undefined) {',
        ),
      ),
    ],
  },
];
