// Published failures of verifiers: what a signature is bound to (its payload, its subject, its log entry).
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
    failure: 'A bad log entry was ignored, or made verification end early as a success.',
    answer: '`set`, `entry-signature`: every entry of a trusted log must pass its checks',
    removals: [
      without('the comparison of the logged signature with the verified one', ...ENTRY_SIGNATURE),
      without(
        'the refusal of an entry that cannot be parsed',
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
        'the rule that every entry must pass',
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
    failure: 'A genuine log entry was accepted although it was about another payload, signature or key.',
    answer:
      '`entry-payload`, `entry-signature` and `entry-key` compare the entry with the signature, `online-entry` with the entry that the log holds',
    removals: [
      without(
        'the comparison of the logged hash with the payload’s hash',
        edit(
          'core/steps/log_binding.ts',
          'return equalBytes(own, hash) ? pass(compared) : fail(code, compared);',
          'return pass(compared);',
        ),
      ),
      without('the comparison of the logged signature with the verified one', ...ENTRY_SIGNATURE),
      without('the comparison of the logged key with the signing key', ...ENTRY_KEY),
      without('the comparison of the supplied entry with the entry that the log holds', ...ONLINE_ENTRY),
    ],
  },
  {
    id: 'A3',
    failure:
      'Only the payload was compared with the log entry, although one key can make many signatures over one payload.',
    answer: '`entry-signature`: the logged signature must be the verified one, byte for byte',
    removals: [without('the comparison of the signatures', ...ENTRY_SIGNATURE)],
  },
  {
    id: 'A4',
    failure: 'Any valid attestation was accepted, whatever its predicate type.',
    answer: '`predicate-type`: must be the type asked for; if none is asked for, it must be a signature',
    removals: [
      without(
        'the refusal of attached envelopes as signatures',
        edit(
          'core/steps/claims.ts',
          'if (attestation === undefined && isAttachedEnvelope(evidence))',
          'if (false)',
        ),
      ),
      without('the comparison of the types', edit('core/steps/claims.ts', 'actual === expected', 'true')),
    ],
  },
  {
    id: 'A5',
    failure:
      'A signed envelope was accepted although its payload could not be parsed or was not a statement.',
    answer:
      '`payload-type`: an envelope must hold a statement that can be parsed; `predicate-type` requires one',
    removals: [
      without(
        'the refusal of a statement that cannot be parsed, in each check that needs one',
        edit(
          'core/steps/payload.ts',
          "if (statement instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: statement.message });",
          "if (statement instanceof Malformed) {\n    state.claims = { kind: 'artifact' };\n    return pass();\n  }",
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
    failure: 'An envelope with another payload type was parsed as a statement.',
    answer: '`payload-type`: the signed type must match exactly',
    removals: [without('the comparison of the payload type', ...PAYLOAD_TYPE)],
  },
  {
    id: 'A7',
    failure: 'A genuine signature of one image was copied to another image and accepted there.',
    answer:
      '`subject-digest`: the signed digest must be the digest being verified; `payload-type`: the payload must be of a known type',
    removals: [
      without('the comparison of the digest in a simple-signing payload', ...PAYLOAD_SUBJECT),
      without(
        'the comparison of the digest in a statement’s subject',
        edit('core/steps/payload.ts', 'if (!(await isNamedBy(subject, candidate.digests))) continue;', ''),
      ),
      without(
        'the comparison of critical.type',
        edit('core/steps/payload.ts', 'if (payload.type !== SIMPLE_SIGNING_TYPE)', 'if (false)'),
      ),
      without(
        'the rule that a digest in a payload has one spelling',
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
    failure:
      'Required annotations were reported as verified for a signature format in which they were never checked.',
    answer: '`annotations`: the signed annotations must match exactly, in every format',
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
    failure: 'An unknown constraint was silently ignored.',
    answer:
      'unknown fields in a policy and its requirements are refused, and so are unknown query parameters',
    removals: [
      without(
        'the refusal of unknown fields in a required attestation',
        edit(
          'store/policy_document.ts',
          'const attestationSchema = z.strictObject({',
          'const attestationSchema = z.object({',
        ),
      ),
      without(
        'the refusal of unknown fields in a condition on a predicate',
        edit('store/policy_document.ts', 'z.strictObject({\n      maxAge', 'z.object({\n      maxAge'),
      ),
      without(
        'the refusal of unknown fields in a rule’s requirements',
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
        'the refusal of unknown query parameters',
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
    failure: 'When a digest was empty or missing, the comparison was skipped.',
    answer: 'a digest must be well-formed; `subject-digest` needs at least one digest that can be compared',
    removals: [
      without(
        'the syntax check of a digest that a caller sends',
        edit(
          'core/crypto/digest.ts',
          "return typeof text === 'string' && ARTIFACT_DIGEST.test(text);",
          "return typeof text === 'string';",
        ),
      ),
      without('the syntax check of a digest in a reference', ...REFERENCE_DIGEST),
      without(
        'the rule that at least one digest must have been compared',
        edit('core/crypto/message.ts', 'return compared > 0;', 'return true;'),
      ),
    ],
  },
  {
    id: 'A11',
    failure: 'Switching off one check also switched off others, even the signature check.',
    answer:
      '`signature` and `subject-digest` always apply; a supplied log entry must pass all log checks, even if none is required',
    removals: [
      without(
        'the signature check when no log is required',
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
        'the binding of an entry when no log is required',
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
        'the promise of an entry when no log is required',
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
