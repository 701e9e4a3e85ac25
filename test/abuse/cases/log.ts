// ABUSE section 3: transparency log.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const log: AbuseCase[] = [
  {
    id: 'A47',
    failure: 'Inclusion proofs with a wrong place, size, length or root were taken for proofs.',
    answer: '`inclusion-proof`: the published vectors have their verdicts',
    removals: [
      without(
        'the bound of the index',
        edit('core/log/merkle.ts', 'if (index < 0n || index >= size)', 'if (false)'),
      ),
      without(
        'the refusal of a hash too many',
        edit(
          'core/log/merkle.ts',
          "if (last === 0n) fail('has more hashes than its place in the tree');",
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
      without(
        'the bound of the index',
        edit('core/log/merkle.ts', 'if (index < 0n || index >= size)', 'if (false)'),
      ),
      without(
        'the refusal of a hash too few',
        edit(
          'core/log/merkle.ts',
          "if (last !== 0n) fail('has fewer hashes than its place in the tree');",
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
          'core/encoding/json.ts',
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
  {
    id: 'A54',
    failure: 'A signed note was read loosely, or one good signature made up for a bad one of the same log.',
    answer:
      '`checkpoint`: line by line as specified; every line of the log verifies, lines of others are passed over',
    removals: [
      without(
        'the rule that every line of the log verifies',
        edit(
          'core/log/checkpoint.ts',
          'if (!(await verifyLine(checkpoint.signed, line.signature, key))) return false;\n  }\n  return own.length > 0;',
          'if (await verifyLine(checkpoint.signed, line.signature, key)) return true;\n  }\n  return false;',
        ),
      ),
      without('the form of a size', edit('core/log/checkpoint.ts', 'if (!SIZE.test(size))', 'if (false)')),
      without(
        'the refusal of further blank lines',
        edit(
          'core/log/checkpoint.ts',
          "if (lines.length < 3 || lines.includes(''))",
          'if (lines.length < 3)',
        ),
      ),
      without(
        'the lines that must be there',
        edit(
          'core/log/checkpoint.ts',
          "if (lines.length < 3 || lines.includes(''))",
          "if (lines.includes(''))",
        ),
        edit('core/log/checkpoint.ts', 'if (rootHash.length !== 32)', 'if (false)'),
      ),
      without(
        'the refusal of control characters',
        edit('core/log/checkpoint.ts', 'if (/[\\u0000-\\u0009\\u000b-\\u001f]/.test(text))', 'if (false)'),
      ),
      without(
        'the limit of lines',
        edit(
          'core/log/checkpoint.ts',
          'if (signatureLines.length > MAX_CHECKPOINT_SIGNATURES)',
          'if (false)',
        ),
      ),
      without(
        'the passing over of others’ lines',
        edit(
          'core/log/checkpoint.ts',
          'checkpoint.signatures.filter((line) => line.name === name && equalBytes(line.hint, hint));',
          'checkpoint.signatures;',
        ),
      ),
    ],
  },
  {
    id: 'A55',
    failure: 'A name from the checkpoint was used as a pattern, or another log’s checkpoint counted.',
    answer: '`checkpoint`: origin, name and hint are this log’s, to the letter',
    removals: [
      without(
        'the origin',
        edit(
          'core/log/checkpoint.ts',
          'if (!originBelongsTo(checkpoint.origin, name, version)) return false;',
          '',
        ),
      ),
      without(
        'the name to the letter, which is a pattern now',
        edit(
          'core/log/checkpoint.ts',
          'line.name === name && equalBytes(line.hint, hint)',
          'new RegExp(line.name).test(name) && equalBytes(line.hint, hint)',
        ),
      ),
      without(
        'the hint',
        edit(
          'core/log/checkpoint.ts',
          'line.name === name && equalBytes(line.hint, hint)',
          'line.name === name',
        ),
      ),
    ],
  },
  {
    id: 'A56',
    failure: 'A promise counted that was another log’s, about something else, or from the future.',
    answer: '`set`: verifies under the key of the log it names, over the four fields as they came, up to now',
    removals: [
      without(
        'the verification',
        edit(
          'core/steps/log_proof.ts',
          "if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });",
          '',
        ),
      ),
      without(
        'the bound of the time',
        edit(
          'core/steps/log_proof.ts',
          'if (entry.integratedTime * 1000 > now + CLOCK_SKEW) {',
          'if (false) {',
        ),
      ),
      without(
        'the need of a promise where the form has one',
        edit(
          'core/steps/log.ts',
          "entry.signedEntryTimestamp !== undefined || entry.mustHave === 'promise';",
          'entry.signedEntryTimestamp !== undefined;',
        ),
      ),
      without(
        'the form of a log’s id',
        edit('core/log/log_entry.ts', 'if (!LOG_ID.test(logId))', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A57',
    failure: 'One log was counted as several, by an entry given twice.',
    answer: 'a bundle that lists an entry twice is malformed',
    beside: 'No number of logs can be asked for: one trusted log is enough, so that none can stand for two.',
    removals: [
      without(
        'the refusal of an entry given twice',
        edit('core/formats/sigstore_bundle.ts', 'if (names.size < entries.length)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A58',
    failure: 'The log’s key came from the network, or whatever a search had found counted.',
    answer:
      'keys of logs are configured; what a search finds is held to `entry-signature`, `entry-payload`, `entry-key` and its proof',
    beside: 'Nothing fetches a key: that the test of an unknown log asks nobody is all there is to see.',
    removals: [
      without(
        'the binding of what a search finds',
        edit(
          'core/steps/log_binding.ts',
          '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
          'true',
        ),
      ),
      without(
        'the key in what a search finds',
        edit('core/steps/log_binding.ts', 'if (!equalBytes(body.keySpki, key.spki))', 'if (false)'),
      ),
      without(
        'the choice among what a search finds',
        edit(
          'core/steps/online.ts',
          'for (const entry of entries) if (await query.isAnswer(entry)) return entry;',
          '',
        ),
      ),
      without(
        'the comparison of the entry that the log holds with the one that came along',
        edit(
          'core/steps/online.ts',
          'entries.find((candidate) => isSameEntry(candidate, entry))',
          'entries[0]',
        ),
      ),
      without(
        'the limit of logs that one search asks',
        edit(
          'verify/trust.ts',
          'let gap = isAll ? undefined : tooManyLogs();',
          'let gap = undefined as Undecided | undefined;',
        ),
      ),
    ],
  },
  {
    id: 'A59',
    failure:
      'The time in which a log’s key is valid was not looked at, or was without bounds where it was malformed.',
    answer:
      '`log-key-valid`; a window without a start, or with one that is no instant, is refused when it is stored',
    removals: [
      without(
        'the window',
        edit(
          'core/trust/trusted_log.ts',
          'return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);',
          'return true;',
        ),
      ),
      without(
        'the end of the window',
        edit(
          'core/trust/trusted_log.ts',
          'return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);',
          'return time >= log.validFrom;',
        ),
      ),
      without(
        'the need of a start',
        edit(
          'core/trust/trusted_root.ts',
          "exactFields(window, place, ['start'], ['end']);",
          "exactFields(window, place, [], ['start', 'end']);\n  if (window.start === undefined) return { validFrom: 0 };",
        ),
      ),
      without(
        'the form of a start',
        edit(
          'core/trust/trusted_root.ts',
          'const validFrom = parseInstant(asString(window.start, `${place}.start`), `${place}.start`);',
          'const validFrom = Date.parse(String(window.start)) || 0;',
        ),
      ),
    ],
  },
  {
    id: 'A60',
    failure: 'An entry of an unknown kind passed, or one was read by the rules of another.',
    answer:
      '`entry-kind`: the kinds of this log’s version for this content; `entry-payload` under the signature’s own hash',
    removals: [
      without(
        'the kinds of a log and a content',
        edit(
          'core/steps/log_binding.ts',
          'if (!kindsFor(content, log.version).includes(actual))\n    return',
          'if (false)\n    return',
        ),
      ),
      without(
        'the comparison of what is stated with what is there',
        edit(
          'core/steps/log_binding.ts',
          'if (entry.stated !== undefined && `${entry.stated.kind} ${entry.stated.version}` !== actual) {',
          'if (false) {',
        ),
      ),
      without(
        'the hash that the signature was made over',
        edit(
          'core/steps/log_binding.ts',
          "if (finding.pass && body.kind === 'hashedrekord' && body.hash.algorithm !== signer.hash) {",
          'if (false) {',
        ),
      ),
      without(
        'the refusal of a body that is not as its kind has it',
        edit(
          'core/steps/log_binding.ts',
          "if (body instanceof Malformed)\n    return fail('LOG_ENTRY_MALFORMED', { expected, actual: body.message, source: 'body' });",
          'if (body instanceof Malformed) return pass();',
        ),
        edit(
          'core/steps/log_entries.ts',
          'const finding = await check(item);',
          'const finding = await Promise.resolve(item)\n      .then(check)\n      .catch((): Finding => ({ pass: true, compared: {} }));',
        ),
      ),
      without(
        'the refusal of kinds that are not known',
        edit(
          'core/steps/log_binding.ts',
          "return fail('LOG_ENTRY_KIND_UNSUPPORTED', { expected, actual: body.message });",
          'return pass({ expected, actual: body.message });',
        ),
        edit(
          'core/steps/log_entries.ts',
          'const finding = await check(item);',
          'const finding = await Promise.resolve(item)\n      .then(check)\n      .catch((): Finding => ({ pass: true, compared: {} }));',
        ),
      ),
    ],
  },
  {
    id: 'A61',
    failure: 'A log that shows different trees to different people was not noticed.',
    answer: '`checkpoint`: one root a size, as far as is remembered; a second one is refused, and reported',
    beside:
      'A smaller tree than the last one is no sign of anything: old entries bring old checkpoints. What is forgotten proves nothing, and nothing is claimed of it.',
    removals: [
      without(
        'the comparison with what is remembered',
        edit(
          'verify/seen_roots.ts',
          'return equalBytes(other, root) ? undefined : other;',
          'return undefined;',
        ),
      ),
      without(
        'the refusal',
        edit(
          'core/steps/log_proof.ts',
          'return other === undefined ? pass(compared) : splitView(note, other);',
          'return pass(compared);',
        ),
      ),
      without('the report', edit('verify/trust.ts', 'if (other !== undefined) {', 'if (false) {')),
    ],
  },
  {
    id: 'A62',
    failure: 'Where the log could not be asked, the need for it was dropped.',
    answer: '`online-entry`: an outage is undecided; a proof that came along needs no network',
    removals: [
      without(
        'the rule that an outage is undecided',
        edit(
          'core/steps/online.ts',
          'const { entries, source } = await state.trust.askLog({ entry, log });',
          'const answer = await state.trust.askLog({ entry, log }).catch(() => undefined);\n  if (answer === undefined) return pass({ expected });\n  const { entries, source } = answer;',
        ),
      ),
      without(
        'the difference between an outage and no entry',
        edit(
          'rekor/client.ts',
          'if (response.status === 429 || response.status >= 500) throw unavailable(request, response);',
          'if (response.status === 429 || response.status >= 500) return [];',
        ),
      ),
    ],
  },
];
