// Published failures with transparency logs: checkpoints, promises, entries and outages.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { ENTRY_KEY, ENTRY_SIGNATURE, ONLINE_ENTRY, PROMISE } from '../shared_edits.ts';

export const logEntries: AbuseCase[] = [
  {
    id: 'A54',
    failure: 'A signed note was parsed loosely, or one good signature made up for a bad one by the same log.',
    answer:
      '`checkpoint`: parsed line by line as specified; every signature line of the log must verify, lines of others are ignored',
    removals: [
      without(
        'the rule that every line of the log verifies',
        edit(
          'core/log/checkpoint.ts',
          'if (!(await isLogSignature(log, checkpoint.signed, line.signature))) return false;\n  }\n  return own.length > 0;',
          'if (await isLogSignature(log, checkpoint.signed, line.signature)) return true;\n  }\n  return false;',
        ),
      ),
      without('the syntax of a size', edit('core/log/checkpoint.ts', 'if (!SIZE.test(size))', 'if (false)')),
      without(
        'the refusal of extra blank lines',
        edit(
          'core/log/checkpoint.ts',
          "if (lines.length < 3 || lines.includes(''))",
          'if (lines.length < 3)',
        ),
      ),
      without(
        'the lines that must be present',
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
        'ignoring the lines of others',
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
    failure: 'A name from the checkpoint was used as a pattern, or another log’s checkpoint was accepted.',
    answer: '`checkpoint`: origin, name and key hint must be exactly this log’s',
    removals: [
      without(
        'the comparison of the origin',
        edit(
          'core/log/checkpoint.ts',
          'names.find((one) => originBelongsTo(checkpoint.origin, one, log.version))',
          'log.name',
        ),
      ),
      without(
        'the exact comparison of the name (it becomes a pattern)',
        edit(
          'core/log/checkpoint.ts',
          'line.name === name && hints',
          'new RegExp(line.name).test(name) && hints',
        ),
      ),
      without(
        'the comparison of the key hint',
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
    failure: 'A promise was accepted that was another log’s, about something else, or from the future.',
    answer:
      '`set`: must verify under the key of the log it names, over the four fields as received, and not be later than now',
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
        'the need for a promise in forms that require one',
        edit(
          'core/steps/log.ts',
          "entry.signedEntryTimestamp !== undefined || entry.mustHave === 'promise';",
          'entry.signedEntryTimestamp !== undefined;',
        ),
      ),
      without(
        'the syntax of a log’s id',
        edit('core/log/log_entry.ts', 'if (!LOG_ID.test(logId))', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A57',
    failure: 'One log was counted as several because its entry was listed twice.',
    answer: 'a bundle that lists an entry twice is malformed',
    beside:
      'A number of logs cannot be required: one trusted log is enough, so one log cannot stand for two.',
    removals: [
      without(
        'the refusal of an entry listed twice',
        edit('core/formats/sigstore_bundle.ts', 'if (names.size < entries.length)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A58',
    failure: 'The log’s key came from the network, or any search result was accepted.',
    answer:
      'keys of logs are configured; what a search finds must pass `entry-signature`, `entry-payload`, `entry-key` and its proof',
    beside: 'Nothing fetches a key; the test of an unknown log shows that no request is made.',
    removals: [
      without('the comparison of a found entry’s signature', ...ENTRY_SIGNATURE),
      without('the comparison of a found entry’s key', ...ENTRY_KEY),
      without(
        'the choice among found entries',
        edit(
          'core/steps/online.ts',
          'if (isEarlier && (await query.isAnswer(entry))) earliest = entry;',
          'if (isEarlier) earliest ??= entry;',
        ),
      ),
      without('the comparison of the supplied entry with the entry that the log holds', ...ONLINE_ENTRY),
      without(
        'the limit of logs that one search asks',
        edit(
          'verify/trust/ask_log.ts',
          'let gap = isAll ? undefined : tooManyLogs();',
          'let gap = undefined as Undecided | undefined;',
        ),
      ),
    ],
  },
  {
    id: 'A59',
    failure: 'The validity window of a log’s key was not checked, or was unbounded when malformed.',
    answer:
      '`log-key-valid`; a window without a start, or whose start is not an instant, is refused when stored',
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
        'the need for a start',
        edit(
          'core/trust/trusted_root.ts',
          "fieldsOf(value, place, ['start'], ['end']);",
          "fieldsOf(value, place, [], ['start', 'end']);\n  if (window.start === undefined) return { validFrom: 0 };",
        ),
      ),
      without(
        'the syntax of a start',
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
    failure: 'An entry of an unknown kind was accepted, or parsed by the rules of another kind.',
    answer:
      '`entry-kind`: the kinds that this log’s version has for this content; `entry-payload`: only the hash that was signed',
    removals: [
      without(
        'the kinds for a log and a content',
        edit(
          'core/steps/log_binding.ts',
          'if (!kindsFor(content, log.version).includes(actual))\n    return',
          'if (false)\n    return',
        ),
      ),
      without(
        'the comparison of the stated kind with the kind of the body',
        edit(
          'core/steps/log_binding.ts',
          'if (entry.stated !== undefined && `${entry.stated.kind} ${entry.stated.version}` !== actual) {',
          'if (false) {',
        ),
      ),
      without(
        'the comparison with the hash that was signed',
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
        'the refusal of a body that does not fit its kind',
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
        'the refusal of unknown kinds',
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
    failure: 'Nobody noticed that a log showed different trees to different clients.',
    answer:
      '`checkpoint`: one root per tree size, as far as is remembered; a second root is refused and reported',
    beside:
      'A smaller tree than the last one is normal, since old entries bring old checkpoints. A root that was forgotten proves nothing, and nothing is claimed about it.',
    removals: [
      without(
        'the comparison with what is remembered',
        edit(
          'verify/trust/seen_roots.ts',
          'return known === undefined || equalBytes(known, root) ? undefined : known;',
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
      without('the report', edit('verify/trust/open_trust.ts', 'if (other !== undefined) {', 'if (false) {')),
    ],
  },
  {
    id: 'A62',
    failure: 'When the log could not be reached, it was no longer required.',
    answer: '`online-entry`: an outage is undecided; a supplied proof needs no network',
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
