// ABUSE section 1, what a signature is bound to: its payload, its subject, its log entry.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import {
  ENTRY_KEY,
  ENTRY_SIGNATURE,
  ONLINE_ENTRY,
  PAYLOAD_SUBJECT,
  PAYLOAD_TYPE,
  REFERENCE_DIGEST,
} from '../shared_edits.ts';

export const signaturesBinding: AbuseCase[] = [
  {
    id: 'A1',
    failure: 'A bad log entry was ignored, or short-cut to success.',
    answer: '`set`, `entry-signature`: every entry of a trusted log must be in order',
    removals: [
      without('the comparison of the logged signature with the one that was verified', ...ENTRY_SIGNATURE),
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
      without('the comparison of the logged signature with the one that was verified', ...ENTRY_SIGNATURE),
      without('the comparison of the logged key with the one that signed', ...ENTRY_KEY),
      without('the comparison of the entry that the log holds with the one that came along', ...ONLINE_ENTRY),
    ],
  },
  {
    id: 'A3',
    failure: 'Only the payload was compared with the log, although one key can make many signatures over it.',
    answer: '`entry-signature`: the logged signature is the one that was verified, byte for byte',
    removals: [without('the comparison of the signatures', ...ENTRY_SIGNATURE)],
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
      without('the comparison of the payload type', ...PAYLOAD_TYPE),
    ],
  },
  {
    id: 'A6',
    failure: 'An envelope of another payload type was read as a statement.',
    answer: '`payload-type`: the signed type, to the letter',
    removals: [without('the comparison of the payload type', ...PAYLOAD_TYPE)],
  },
  {
    id: 'A7',
    failure: 'A good signature of one image counted for another that it had been copied to.',
    answer: '`subject-digest`: what was signed names the very digest that is judged; `payload-type`',
    removals: [
      without('the comparison of the digest in a simple-signing payload', ...PAYLOAD_SUBJECT),
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
          'http/request/query.ts',
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
      without('the grammar of a digest in a reference', ...REFERENCE_DIGEST),
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
];
