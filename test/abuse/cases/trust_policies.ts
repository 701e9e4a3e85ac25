// Published failures of policies and their records.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PATTERN_GRAMMAR, READ_OF_THE_STORE } from '../shared_edits.ts';

export const trustPolicies: AbuseCase[] = [
  {
    id: 'A63',
    failure: 'When nothing was required, or no rule matched, everything was admitted.',
    answer:
      '`POLICY_NO_RULE`; a requirement of nothing is never verified; empty lists are refused when written',
    beside: 'For an object without images see A92.',
    removals: [
      without(
        'the refusal when no rule matches, and when nothing is required',
        edit(
          'verify/plan.ts',
          "throw new Refused('POLICY_NO_RULE', `No rule of the policy ${id} matches ${selection.name}${nearly}.`);",
          'return { requirements: [] };',
        ),
        edit('core/verdict.ts', 'judged.length > 0 && unmet.length', 'unmet.length'),
      ),
      without(
        'counting good signatures (it is enough that none is bad)',
        edit(
          'core/verdict.ts',
          'requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold',
          "results.every(({ verdict }) => verdict === 'verified')",
        ),
      ),
      without(
        'the refusal of a rule without keys',
        edit('store/policy_document.ts', ".min(1, 'an empty list of keys would trust nobody')", ''),
      ),
      without(
        'the refusal of an empty list of attestations',
        edit('store/policy_document.ts', ".min(1, 'an empty list requires nothing; leave it out')", ''),
      ),
      without(
        'the refusal of a threshold of zero',
        edit('store/policy_document.ts', 'z.int().min(1)', 'z.int().min(0)'),
      ),
    ],
  },
  {
    id: 'A64',
    failure: 'A pattern for one owner also matched owners whose names begin with the same letters.',
    answer: 'patterns match a whole name, segment by segment; names and patterns have a strict syntax',
    removals: [
      without(
        'the end of a match (the rest of a name is ignored)',
        edit('core/trust/name_pattern.ts', '} else return false;', '} else return p === pattern.length;'),
      ),
      without(
        'segments (a star also matches slashes)',
        edit(
          'core/trust/name_pattern.ts',
          "matchSequence(pattern.split('/'), name.split('/'), '**', matchSegment)",
          "matchSequence([...pattern], [...name], '*', (a, b) => a === b)",
        ),
      ),
      without(
        'the syntax of names',
        edit('core/reference.ts', "'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'", "'[a-z0-9._-]+'"),
      ),
      without('the syntax of patterns', ...PATTERN_GRAMMAR),
    ],
  },
  {
    id: 'A65',
    failure: 'One image had several spellings, and a rule about one of them did not hold for the others.',
    answer: 'names are normalised before any pattern is matched; upper case in a repository is 400',
    removals: [
      without(
        'normalising upper case in a host',
        edit('core/reference.ts', 'return host ?? text.toLowerCase();', 'return text;'),
      ),
      without(
        'normalising the default port',
        edit('core/reference.ts', 'URL.parse(`https://${text}`)?.host', 'text.toLowerCase()'),
      ),
      without(
        'the other names of Docker Hub',
        edit('core/reference.ts', "host === 'index.docker.io' || host === 'registry-1.docker.io'", 'false'),
      ),
      without(
        'the owner that Docker Hub implies',
        edit('core/reference.ts', "registry === 'docker.io' && !parsed.path.includes('/')", 'false'),
      ),
      without(
        'the refusal of upper case',
        edit(
          'core/reference.ts',
          "'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'",
          "'[a-zA-Z0-9]+(?:(?:[._]|__|-+)[a-zA-Z0-9]+)*'",
        ),
      ),
    ],
  },
  {
    id: 'A66',
    failure: 'A rule was ignored when its data could not be loaded.',
    answer: '`STORE_UNAVAILABLE`: a store failure is undecided, for policies, keys and revocations alike',
    removals: [
      without(
        'the difference between a failure and a missing record',
        edit(
          'store/kv/workers_kv.ts',
          '(await namespace.get(key, { cacheTtl: CACHE_TTL }))',
          '(await namespace.get(key, { cacheTtl: CACHE_TTL }).catch(() => null))',
        ),
      ),
      without(
        'the failure to read a revocation',
        edit(
          'store/kv/workers_kv.ts',
          'Promise.all(keys.map(get))',
          "Promise.all(keys.map((key) => (key.startsWith('revocation/') ? get(key).catch(() => undefined) : get(key))))",
        ),
      ),
    ],
  },
  {
    id: 'A67',
    failure: 'A misspelt word, or settings that could not be parsed, switched enforcement off.',
    answer:
      'the same strict schema on writing and on reading; a refused change leaves the stored policy; an unreadable one is `STORE_UNAVAILABLE`',
    removals: [
      without(
        'the closed list of modes',
        edit('store/policy_document.ts', "z.enum(['enforce', 'warn'])", 'z.string()'),
      ),
      without(
        'the refusal of unknown fields',
        edit('store/policy_document.ts', '.strictObject({\n    name: label,', '.object({\n    name: label,'),
      ),
      without(
        'the schema on reading',
        edit(
          'store/records.ts',
          'if (!result.success || result.data.id !== id) throw unreadable(key);',
          'if (!result.success) return value as T;',
        ),
      ),
      without(
        'the comparison of a record with the name it is stored under',
        edit('store/records.ts', '!result.success || result.data.id !== id', '!result.success'),
      ),
    ],
  },
  {
    id: 'A68',
    failure: 'Overlapping exemptions allowed more than any one of them, or still applied after their end.',
    answer: 'the first matching rule decides alone; `except` and `until` stop a rule from matching',
    removals: [
      without(
        'the exceptions of a rule',
        edit('core/policy/select_rule.ts', 'exception !== undefined', 'false'),
      ),
      without(
        'the end of an exemption',
        edit('core/policy/select_rule.ts', 'now >= (rule.until ?? Number.POSITIVE_INFINITY)', 'false'),
      ),
      without(
        'the order (the last matching rule decides)',
        edit('core/policy/select_rule.ts', 'rules.findIndex(', 'rules.findLastIndex('),
      ),
    ],
  },
  {
    id: 'A69',
    failure: 'A cached verdict was given again after the policy, the keys or the time had changed.',
    answer: 'facts are cached, each under all that it depends on; verdicts never are',
    removals: [
      without(
        'reading the policy on each call (a parsed one is kept by its id)',
        edit('store/policies.ts', 'PARSED.get(text)', 'PARSED.get(id)'),
        edit('store/policies.ts', 'PARSED.set(text, found', 'PARSED.set(id, found'),
      ),
      without(
        'the key in the cached result of a signature',
        edit('core/steps/signer.ts', '`signature ${key.fingerprint} ${hash}`', '`signature ${hash}`'),
      ),
      without(
        'reading the keys on each call (each call reuses what an earlier one has read)',
        ...READ_OF_THE_STORE,
      ),
      without(
        'the clock',
        edit(
          'verify/plan.ts',
          'selectRule(policy, name, session.verifier.ports.now())',
          'selectRule(policy, name, 0)',
        ),
      ),
    ],
  },
];
