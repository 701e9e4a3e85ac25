// ABUSE section 3, Merkle proofs and the numbers in them.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PROOF_INDEX } from '../shared_edits.ts';

export const logProofs: AbuseCase[] = [
  {
    id: 'A47',
    failure: 'Inclusion proofs with a wrong place, size, length or root were taken for proofs.',
    answer: '`inclusion-proof`: the published vectors have their verdicts',
    removals: [
      without('the bound of the index', ...PROOF_INDEX),
      without(
        'the refusal of a hash too many',
        edit(
          'core/log/merkle.ts',
          "if (last === 0n) fail('has more hashes than its position in the tree requires');",
          'if (last === 0n) return root;',
        ),
      ),
      without(
        'the place of the leaf: which side each hash is on',
        edit('core/log/merkle.ts', 'if ((node & 1n) === 1n || node === last) {', 'if (false) {'),
      ),
      without(
        'the comparison of the root',
        edit('core/steps/log_proof.ts', 'return actual === expected\n', 'return true\n'),
      ),
      without(
        'the need of a proof',
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
    failure:
      'The arithmetic of proofs failed for the last leaf, at the border of a tree, or for very large numbers.',
    answer: '`inclusion-proof`: computed in integers of any size, for every leaf of every tree',
    removals: [
      without(
        'the turn at the right border',
        edit('core/log/merkle.ts', 'if ((node & 1n) === 1n || node === last) {', 'if ((node & 1n) === 1n) {'),
      ),
      without('the bound of the index', ...PROOF_INDEX),
      without(
        'the refusal of a hash too few',
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
    failure:
      'Text that only converts to a number was taken for one, before any signature had been looked at.',
    answer:
      'integers of JSON in their range, with every digit; in a bundle decimal text without signs or leading zeros',
    removals: [
      without(
        'the type of an index',
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
    failure: 'An entry at index zero was taken for one without an index.',
    answer: 'zero is an index, also where a bundle leaves it out as the default',
    removals: [
      without(
        'the default in a bundle',
        edit(
          'core/encoding/protobuf_json.ts',
          'if (value === undefined) return 0n;',
          "if (value === undefined) throw new Malformed(what, 'is missing');",
        ),
      ),
      without('the leaf at index zero', edit('core/log/merkle.ts', 'index < 0n ||', 'index <= 0n ||')),
    ],
  },
  {
    id: 'A51',
    failure: 'The index within a shard and the index in the whole log were mixed up.',
    answer: '`inclusion-proof`: the shard’s own index in version 1, the one index there is in version 2',
    removals: [
      without(
        'the index of the shard',
        edit(
          'core/steps/log_proof.ts',
          'log.version === 1 ? proof.logIndex : entry.logIndex',
          'entry.logIndex',
        ),
      ),
      without(
        'the index of the entry where there are no shards',
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
    failure: 'Hashes were compared as text without regard to case, or read although they were none.',
    answer: '`inclusion-proof`: hashes are 32 bytes, read strictly and compared byte for byte',
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
        'the refusal of what is not hexadecimal',
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
    answer: '`checkpoint`: signed by the log, with the very size and root of the proof',
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
        'the need of a checkpoint',
        edit(
          'core/steps/log_proof.ts',
          'if (proof?.checkpoint === undefined) {',
          'if (proof?.checkpoint === undefined) return pass();\n  if (proof?.checkpoint === undefined) {',
        ),
      ),
    ],
  },
];
