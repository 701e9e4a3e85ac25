// ABUSE section 3, checkpoints, promises, entries and outages.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { ENTRY_KEY, ENTRY_SIGNATURE, ONLINE_ENTRY, PROMISE } from '../shared_edits.ts';

export const logEntries: AbuseCase[] = [
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
          'if (!(await isLogSignature(log, checkpoint.signed, line.signature))) return false;\n  }\n  return own.length > 0;',
          'if (await isLogSignature(log, checkpoint.signed, line.signature)) return true;\n  }\n  return false;',
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
          'checkpoint.signatures.filter(\n    (line) => line.name === name && hints.some((hint) => equalBytes(line.hint, hint)),\n  );',
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
          'names.find((one) => originBelongsTo(checkpoint.origin, one, log.version))',
          'log.name',
        ),
      ),
      without(
        'the name to the letter, which is a pattern now',
        edit(
          'core/log/checkpoint.ts',
          'line.name === name && hints',
          'new RegExp(line.name).test(name) && hints',
        ),
      ),
      without(
        'the hint',
        edit(
          'core/log/checkpoint.ts',
          'line.name === name && hints.some((hint) => equalBytes(line.hint, hint))',
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
      without('the verification', ...PROMISE),
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
      without('the binding of what a search finds', ...ENTRY_SIGNATURE),
      without('the key in what a search finds', ...ENTRY_KEY),
      without(
        'the choice among what a search finds',
        edit(
          'core/steps/online.ts',
          'if (isEarlier && (await query.isAnswer(entry))) earliest = entry;',
          'if (isEarlier) earliest ??= entry;',
        ),
      ),
      without('the comparison of the entry that the log holds with the one that came along', ...ONLINE_ENTRY),
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
          "fieldsOf(value, place, ['start'], ['end']);",
          "fieldsOf(value, place, [], ['start', 'end']);\n  if (window.start === undefined) return { validFrom: 0 };",
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
          "if (kind === 'hashedrekord' && hash.algorithm !== signer.hash) {",
          'if (false) {',
        ),
      ),
      without(
        'the hashes of a kind’s schema',
        edit('core/log/log_body_fields.ts', ' || !algorithms.includes(algorithm)', ''),
      ),
      without(
        'the refusal of a promise by a Rekor v2',
        edit('core/steps/log_proof.ts', 'if (log.version === 2)\n    return', 'if (false)\n    return'),
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
          'if (isTransient(response.status)) throw unavailable(blamed(asked), response);',
          'if (isTransient(response.status)) return [];',
        ),
      ),
    ],
  },
];
