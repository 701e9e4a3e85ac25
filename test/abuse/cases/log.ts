// ABUSE section 3: transparency log.
import type { AbuseCase } from '../abuse_case.ts';

export const log: AbuseCase[] = [
  {
    id: 'A47',
    failure: 'Inclusion proofs with a wrong place, size, length or root were taken for proofs.',
    answer: '`inclusion-proof`: the published vectors have their verdicts',
    removals: [
      {
        without: 'the bound of the index',
        edits: [
          { file: 'core/log/merkle.ts', find: 'if (index < 0n || index >= size)', replace: 'if (false)' },
        ],
      },
      {
        without: 'the refusal of a hash too many',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: "if (last === 0n) fail('has more hashes than its place in the tree');",
            replace: 'if (last === 0n) return root;',
          },
        ],
      },
      {
        without: 'the place of the leaf: which side each hash is on',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: 'if ((node & 1n) === 1n || node === last) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the comparison of the root',
        edits: [
          { file: 'core/steps/log_proof.ts', find: 'return actual === expected\n', replace: 'return true\n' },
        ],
      },
      {
        without: 'the need of a proof',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: "if (proof === undefined)\n    return fail('INCLUSION_PROOF_INVALID', { expected: 'an inclusion proof', actual: 'none' });",
            replace: 'if (proof === undefined) return pass();',
          },
        ],
      },
    ],
  },
  {
    id: 'A48',
    failure:
      'The arithmetic of proofs failed for the last leaf, at the border of a tree, or for very large numbers.',
    answer: '`inclusion-proof`: computed in integers of any size, for every leaf of every tree',
    removals: [
      {
        without: 'the turn at the right border',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: 'if ((node & 1n) === 1n || node === last) {',
            replace: 'if ((node & 1n) === 1n) {',
          },
        ],
      },
      {
        without: 'the bound of the index',
        edits: [
          { file: 'core/log/merkle.ts', find: 'if (index < 0n || index >= size)', replace: 'if (false)' },
        ],
      },
      {
        without: 'the refusal of a hash too few',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: "if (last !== 0n) fail('has fewer hashes than its place in the tree');",
            replace: '',
          },
        ],
      },
      {
        without: 'integers beyond 32 bits',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: 'let last = size - 1n;',
            replace: 'let last = BigInt.asUintN(32, size - 1n);',
          },
        ],
      },
    ],
  },
  {
    id: 'A49',
    failure:
      'Text that only converts to a number was taken for one, before any signature had been looked at.',
    answer:
      'integers of JSON in their range, with every digit; in a bundle decimal text without signs or leading zeros',
    removals: [
      {
        without: 'the type of an index',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: "typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;",
            replace: "typeof value === 'number' || typeof value === 'string' ? BigInt(value) : value;",
          },
        ],
      },
      {
        without: 'the range of an index',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: "if (typeof big !== 'bigint' || big < 0n || big >= 1n << 63n)",
            replace: "if (typeof big !== 'bigint')",
          },
        ],
      },
      {
        without: 'the range of a time',
        edits: [
          {
            file: 'core/encoding/json_fields.ts',
            find: "if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {",
            replace: "if (typeof value !== 'number') {",
          },
        ],
      },
      {
        without: 'every digit of large numbers',
        edits: [
          {
            file: 'core/encoding/json.ts',
            find: 'return isInteger && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;',
            replace: 'return isInteger && !Number.isSafeInteger(value) ? BigInt(value) : value;',
          },
        ],
      },
      {
        without: 'the decimal form in a bundle',
        edits: [
          {
            file: 'core/encoding/protobuf_json.ts',
            find: "if (!DECIMAL.test(value)) throw new Malformed(what, 'expected a decimal integer');",
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A50',
    failure: 'An entry at index zero was taken for one without an index.',
    answer: 'zero is an index, also where a bundle leaves it out as the default',
    removals: [
      {
        without: 'the default in a bundle',
        edits: [
          {
            file: 'core/encoding/protobuf_json.ts',
            find: 'if (value === undefined) return 0n;',
            replace: "if (value === undefined) throw new Malformed(what, 'is missing');",
          },
        ],
      },
      {
        without: 'the leaf at index zero',
        edits: [{ file: 'core/log/merkle.ts', find: 'index < 0n ||', replace: 'index <= 0n ||' }],
      },
    ],
  },
  {
    id: 'A51',
    failure: 'The index within a shard and the index in the whole log were mixed up.',
    answer: '`inclusion-proof`: the shard’s own index in version 1, the one index there is in version 2',
    removals: [
      {
        without: 'the index of the shard',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'log.version === 1 ? proof.logIndex : entry.logIndex',
            replace: 'entry.logIndex',
          },
        ],
      },
      {
        without: 'the index of the entry where there are no shards',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'log.version === 1 ? proof.logIndex : entry.logIndex',
            replace: 'proof.logIndex',
          },
        ],
      },
    ],
  },
  {
    id: 'A52',
    failure: 'Hashes were compared as text without regard to case, or read although they were none.',
    answer: '`inclusion-proof`: hashes are 32 bytes, read strictly and compared byte for byte',
    removals: [
      {
        without: 'the comparison byte for byte',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'return actual === expected\n',
            replace:
              'const folded = (hex: string) => hex.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16) | 0x20));\n    return folded(actual) === folded(expected)\n',
          },
        ],
      },
      {
        without: 'the length of a hash in a proof',
        edits: [
          {
            file: 'core/log/merkle.ts',
            find: 'leaf.length !== HASH_BYTES || proof.some((hash) => hash.length !== HASH_BYTES)',
            replace: 'false',
          },
        ],
      },
      {
        without: 'the length of a hash in an entry',
        edits: [{ file: 'core/log/log_entry.ts', find: 'if (bytes.length !== 32)', replace: 'if (false)' }],
      },
      {
        without: 'the refusal of what is not hexadecimal',
        edits: [
          {
            file: 'core/encoding/bytes.ts',
            find: "if (!HEX.test(text)) throw new Malformed(what, 'not hexadecimal');",
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A53',
    failure: 'A proof led to a root that the log had never signed.',
    answer: '`checkpoint`: signed by the log, with the very size and root of the proof',
    removals: [
      {
        without: 'the comparison of the roots',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'if (note.size === proof.treeSize && equalBytes(note.root, proof.rootHash)) return undefined;',
            replace: 'if (note.size === proof.treeSize) return undefined;',
          },
        ],
      },
      {
        without: 'the comparison of the sizes',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'if (note.size === proof.treeSize && equalBytes(note.root, proof.rootHash)) return undefined;',
            replace: 'if (equalBytes(note.root, proof.rootHash)) return undefined;',
          },
        ],
      },
      {
        without: 'the signature of the log',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'if (!(await decide(() => isSignedByLog(note, log))))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the need of a checkpoint',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'if (proof?.checkpoint === undefined) {',
            replace:
              'if (proof?.checkpoint === undefined) return pass();\n  if (proof?.checkpoint === undefined) {',
          },
        ],
      },
    ],
  },
  {
    id: 'A54',
    failure: 'A signed note was read loosely, or one good signature made up for a bad one of the same log.',
    answer:
      '`checkpoint`: line by line as specified; every line of the log verifies, lines of others are passed over',
    removals: [
      {
        without: 'the rule that every line of the log verifies',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'if (!(await verifyLine(checkpoint.signed, line.signature, key))) return false;\n  }\n  return own.length > 0;',
            replace:
              'if (await verifyLine(checkpoint.signed, line.signature, key)) return true;\n  }\n  return false;',
          },
        ],
      },
      {
        without: 'the form of a size',
        edits: [{ file: 'core/log/checkpoint.ts', find: 'if (!SIZE.test(size))', replace: 'if (false)' }],
      },
      {
        without: 'the refusal of further blank lines',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: "if (lines.length < 3 || lines.includes(''))",
            replace: 'if (lines.length < 3)',
          },
        ],
      },
      {
        without: 'the lines that must be there',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: "if (lines.length < 3 || lines.includes(''))",
            replace: "if (lines.includes(''))",
          },
          { file: 'core/log/checkpoint.ts', find: 'if (rootHash.length !== 32)', replace: 'if (false)' },
        ],
      },
      {
        without: 'the refusal of control characters',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'if (/[\\u0000-\\u0009\\u000b-\\u001f]/.test(text))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the limit of lines',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'if (signatureLines.length > MAX_CHECKPOINT_SIGNATURES)',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the passing over of others’ lines',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'checkpoint.signatures.filter((line) => line.name === name && equalBytes(line.hint, hint));',
            replace: 'checkpoint.signatures;',
          },
        ],
      },
    ],
  },
  {
    id: 'A55',
    failure: 'A name from the checkpoint was used as a pattern, or another log’s checkpoint counted.',
    answer: '`checkpoint`: origin, name and hint are this log’s, to the letter',
    removals: [
      {
        without: 'the origin',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'if (!originBelongsTo(checkpoint.origin, name, version)) return false;',
            replace: '',
          },
        ],
      },
      {
        without: 'the name to the letter, which is a pattern now',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'line.name === name && equalBytes(line.hint, hint)',
            replace: 'new RegExp(line.name).test(name) && equalBytes(line.hint, hint)',
          },
        ],
      },
      {
        without: 'the hint',
        edits: [
          {
            file: 'core/log/checkpoint.ts',
            find: 'line.name === name && equalBytes(line.hint, hint)',
            replace: 'line.name === name',
          },
        ],
      },
    ],
  },
  {
    id: 'A56',
    failure: 'A promise counted that was another log’s, about something else, or from the future.',
    answer: '`set`: verifies under the key of the log it names, over the four fields as they came, up to now',
    removals: [
      {
        without: 'the verification',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: "if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });",
            replace: '',
          },
        ],
      },
      {
        without: 'the bound of the time',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'if (entry.integratedTime * 1000 > now + CLOCK_SKEW) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the need of a promise where the form has one',
        edits: [
          {
            file: 'core/steps/log.ts',
            find: "entry.signedEntryTimestamp !== undefined || entry.mustHave === 'promise';",
            replace: 'entry.signedEntryTimestamp !== undefined;',
          },
        ],
      },
      {
        without: 'the form of a log’s id',
        edits: [{ file: 'core/log/log_entry.ts', find: 'if (!LOG_ID.test(logId))', replace: 'if (false)' }],
      },
    ],
  },
  {
    id: 'A57',
    failure: 'One log was counted as several, by an entry given twice.',
    answer: 'a bundle that lists an entry twice is malformed',
    removals: [
      {
        without: 'the refusal of an entry given twice',
        edits: [
          {
            file: 'core/formats/sigstore_bundle.ts',
            find: 'if (names.size < entries.length)',
            replace: 'if (false)',
          },
        ],
      },
    ],
    beside: 'No number of logs can be asked for: one trusted log is enough, so that none can stand for two.',
  },
  {
    id: 'A58',
    failure: 'The log’s key came from the network, or whatever a search had found counted.',
    answer:
      'keys of logs are configured; what a search finds is held to `entry-signature`, `entry-payload`, `entry-key` and its proof',
    removals: [
      {
        without: 'the binding of what a search finds',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the key in what a search finds',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: 'if (!equalBytes(body.keySpki, key.spki))',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the choice among what a search finds',
        edits: [
          {
            file: 'core/steps/online.ts',
            find: 'for (const entry of entries) if (await query.isAnswer(entry)) return entry;',
            replace: '',
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
      {
        without: 'the limit of logs that one search asks',
        edits: [
          {
            file: 'verify/trust.ts',
            find: 'let gap = isAll ? undefined : tooManyLogs();',
            replace: 'let gap = undefined as Undecided | undefined;',
          },
        ],
      },
    ],
    beside: 'Nothing fetches a key: that the test of an unknown log asks nobody is all there is to see.',
  },
  {
    id: 'A59',
    failure:
      'The time in which a log’s key is valid was not looked at, or was without bounds where it was malformed.',
    answer:
      '`log-key-valid`; a window without a start, or with one that is no instant, is refused when it is stored',
    removals: [
      {
        without: 'the window',
        edits: [
          {
            file: 'core/trust/trusted_log.ts',
            find: 'return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);',
            replace: 'return true;',
          },
        ],
      },
      {
        without: 'the end of the window',
        edits: [
          {
            file: 'core/trust/trusted_log.ts',
            find: 'return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);',
            replace: 'return time >= log.validFrom;',
          },
        ],
      },
      {
        without: 'the need of a start',
        edits: [
          {
            file: 'core/trust/trusted_root.ts',
            find: "exactFields(window, place, ['start'], ['end']);",
            replace:
              "exactFields(window, place, [], ['start', 'end']);\n  if (window.start === undefined) return { validFrom: 0 };",
          },
        ],
      },
      {
        without: 'the form of a start',
        edits: [
          {
            file: 'core/trust/trusted_root.ts',
            find: 'const validFrom = parseInstant(asString(window.start, `${place}.start`), `${place}.start`);',
            replace: 'const validFrom = Date.parse(String(window.start)) || 0;',
          },
        ],
      },
    ],
  },
  {
    id: 'A60',
    failure: 'An entry of an unknown kind passed, or one was read by the rules of another.',
    answer:
      '`entry-kind`: the kinds of this log’s version for this content; `entry-payload` under the signature’s own hash',
    removals: [
      {
        without: 'the kinds of a log and a content',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: 'if (!kindsFor(content, log.version).includes(actual))\n    return',
            replace: 'if (false)\n    return',
          },
        ],
      },
      {
        without: 'the comparison of what is stated with what is there',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: 'if (entry.stated !== undefined && `${entry.stated.kind} ${entry.stated.version}` !== actual) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the hash that the signature was made over',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: "if (finding.pass && body.kind === 'hashedrekord' && body.hash.algorithm !== signer.hash) {",
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the refusal of a body that is not as its kind has it',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: "if (body instanceof Malformed)\n    return fail('LOG_ENTRY_MALFORMED', { expected, actual: body.message, source: 'body' });",
            replace: 'if (body instanceof Malformed) return pass();',
          },
          {
            file: 'core/steps/log_entries.ts',
            find: 'const finding = await check(item);',
            replace:
              'const finding = await Promise.resolve(item)\n      .then(check)\n      .catch((): Finding => ({ pass: true, compared: {} }));',
          },
        ],
      },
      {
        without: 'the refusal of kinds that are not known',
        edits: [
          {
            file: 'core/steps/log_binding.ts',
            find: "return fail('LOG_ENTRY_KIND_UNSUPPORTED', { expected, actual: body.message });",
            replace: 'return pass({ expected, actual: body.message });',
          },
          {
            file: 'core/steps/log_entries.ts',
            find: 'const finding = await check(item);',
            replace:
              'const finding = await Promise.resolve(item)\n      .then(check)\n      .catch((): Finding => ({ pass: true, compared: {} }));',
          },
        ],
      },
    ],
  },
  {
    id: 'A61',
    failure: 'A log that shows different trees to different people was not noticed.',
    answer: '`checkpoint`: one root a size, as far as is remembered; a second one is refused, and reported',
    removals: [
      {
        without: 'the comparison with what is remembered',
        edits: [
          {
            file: 'verify/seen_roots.ts',
            find: 'return equalBytes(other, root) ? undefined : other;',
            replace: 'return undefined;',
          },
        ],
      },
      {
        without: 'the refusal',
        edits: [
          {
            file: 'core/steps/log_proof.ts',
            find: 'return other === undefined ? pass(compared) : splitView(note, other);',
            replace: 'return pass(compared);',
          },
        ],
      },
      {
        without: 'the report',
        edits: [{ file: 'verify/trust.ts', find: 'if (other !== undefined) {', replace: 'if (false) {' }],
      },
    ],
    beside:
      'A smaller tree than the last one is no sign of anything: old entries bring old checkpoints. What is forgotten proves nothing, and nothing is claimed of it.',
  },
  {
    id: 'A62',
    failure: 'Where the log could not be asked, the need for it was dropped.',
    answer: '`online-entry`: an outage is undecided; a proof that came along needs no network',
    removals: [
      {
        without: 'the rule that an outage is undecided',
        edits: [
          {
            file: 'core/steps/online.ts',
            find: 'const { entries, source } = await state.trust.askLog({ entry, log });',
            replace:
              'const answer = await state.trust.askLog({ entry, log }).catch(() => undefined);\n  if (answer === undefined) return pass({ expected });\n  const { entries, source } = answer;',
          },
        ],
      },
      {
        without: 'the difference between an outage and no entry',
        edits: [
          {
            file: 'rekor/client.ts',
            find: 'if (response.status === 429 || response.status >= 500) throw unavailable(request, response);',
            replace: 'if (response.status === 429 || response.status >= 500) return [];',
          },
        ],
      },
    ],
  },
];
