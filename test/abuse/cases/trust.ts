// ABUSE section 4: keys and policy.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PATTERN_GRAMMAR, READ_OF_THE_STORE, REVOCATION_RECORD } from '../shared_edits.ts';

export const trust: AbuseCase[] = [
  {
    id: 'A63',
    failure: 'Where nothing was required, or no rule matched, everything was let in.',
    answer: '`POLICY_NO_RULE`; nothing required is never verified; empty lists are refused on writing',
    beside: 'An object without images is A92.',
    removals: [
      without(
        'the refusal where no rule matches, and the one where nothing is required',
        edit(
          'verify/plan.ts',
          "throw new Refused('POLICY_NO_RULE', `No rule of the policy ${id} matches ${selection.name}.`);",
          'return { requirements: [] };',
        ),
        edit('core/verdict.ts', 'judged.length > 0 && unmet.length', 'unmet.length'),
      ),
      without(
        'counting: all that was found is good, so none at all is too',
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
        'the refusal of a threshold of nothing',
        edit('store/policy_document.ts', 'z.int().min(1)', 'z.int().min(0)'),
      ),
    ],
  },
  {
    id: 'A64',
    failure: 'A pattern for one owner also fitted others whose names begin with the same letters.',
    answer: 'segments against segments, from the first to the last; names and patterns have a grammar',
    removals: [
      without(
        'the end of a match: what follows in the name is passed over',
        edit('core/trust/name_pattern.ts', '} else return false;', '} else return p === pattern.length;'),
      ),
      without(
        'segments: a star goes over slashes',
        edit(
          'core/trust/name_pattern.ts',
          "matchSequence(pattern.split('/'), name.split('/'), '**', matchSegment)",
          "matchSequence([...pattern], [...name], '*', (a, b) => a === b)",
        ),
      ),
      without(
        'the grammar of names',
        edit('core/reference.ts', "'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'", "'[a-z0-9._-]+'"),
      ),
      without('the grammar of patterns', ...PATTERN_GRAMMAR),
    ],
  },
  {
    id: 'A65',
    failure: 'One image had several spellings, and a rule about one of them did not hold for the others.',
    answer: 'names are normalised before any pattern is looked at; upper case in a repository is 400',
    removals: [
      without(
        'the upper-case host that is the same host',
        edit('core/reference.ts', 'return host ?? text.toLowerCase();', 'return text;'),
      ),
      without(
        'the port that is the default',
        edit('core/reference.ts', 'URL.parse(`https://${text}`)?.host', 'text.toLowerCase()'),
      ),
      without(
        'the other names of Docker Hub',
        edit('core/reference.ts', "host === 'index.docker.io' || host === 'registry-1.docker.io'", 'false'),
      ),
      without(
        'the owner that Docker Hub leaves out',
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
    failure: 'A rule whose data could not be loaded was passed over.',
    answer: '`STORE_UNAVAILABLE`: a fault of the store is undecided, for policy, key and revocation alike',
    removals: [
      without(
        'the difference between a fault and a record that is not there',
        edit(
          'store/workers_kv.ts',
          '(await namespace.get(key, { cacheTtl: CACHE_TTL }))',
          '(await namespace.get(key, { cacheTtl: CACHE_TTL }).catch(() => null))',
        ),
      ),
      without(
        'the fault of a revocation that cannot be read',
        edit(
          'store/workers_kv.ts',
          'Promise.all(keys.map(get))',
          "Promise.all(keys.map((key) => (key.startsWith('revocation/') ? get(key).catch(() => undefined) : get(key))))",
        ),
      ),
    ],
  },
  {
    id: 'A67',
    failure: 'A misspelt word, or settings that could not be read, switched enforcement off.',
    answer: 'the same strict schema on writing and on reading; the stored policy stays; `STORE_UNAVAILABLE`',
    removals: [
      without(
        'the closed list of modes',
        edit('store/policy_document.ts', "z.enum(['enforce', 'warn'])", 'z.string()'),
      ),
      without(
        'the refusal of fields that are not known',
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
        'the comparison of a record with the name it stands under',
        edit('store/records.ts', '!result.success || result.data.id !== id', '!result.success'),
      ),
    ],
  },
  {
    id: 'A68',
    failure: 'Exceptions that overlap let by more than any one of them, and ended ones still counted.',
    answer: 'the first rule that matches decides alone, less its `except`; after `until` it matches nothing',
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
        'the order: the last rule that matches decides',
        edit(
          'core/policy/select_rule.ts',
          'for (const rule of rules)',
          'for (const rule of [...rules].reverse())',
        ),
      ),
    ],
  },
  {
    id: 'A69',
    failure: 'A remembered verdict was given again after the policy, the keys or the time had changed.',
    answer: 'facts are remembered, each by all that it depends on, and verdicts never',
    removals: [
      without(
        'reading the policy on each call: one that was parsed is kept by its id',
        edit('store/policies.ts', 'PARSED.get(text, 0)', 'PARSED.get(id, 0)'),
        edit('store/policies.ts', 'PARSED.set(text, found', 'PARSED.set(id, found'),
      ),
      without(
        'the key in what is remembered of a signature',
        edit('core/steps/signer.ts', '`signature ${key.fingerprint} ${hash}`', '`signature ${hash}`'),
      ),
      without(
        'reading the keys on each call: what one call has read of the store, the next takes over',
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
  {
    id: 'A70',
    failure:
      'A revoked key counted for longer than was said, where another replica or a cache knew it as good.',
    answer: '`key-valid`; the store is read on every call, and what is not there is not remembered',
    removals: [
      without(
        'the revocation of a key from the store',
        edit('store/trusted_keys.ts', 'if (revocationText === undefined) return trusted;', 'return trusted;'),
      ),
      without('the end of what one call has read: the next takes it over', ...READ_OF_THE_STORE),
    ],
  },
  {
    id: 'A71',
    failure: 'An older record was written over a newer one, and what had been revoked was good again.',
    answer: '`If-Match`, `If-None-Match`; a revoked id takes no key; a revocation has its own record',
    removals: [
      without(
        'the comparison with the revision that the writer has seen',
        edit('store/records.ts', 'etags(ifMatch).includes(etagOf(revision))', 'true'),
      ),
      without(
        'the refusal to make what is there already',
        edit('store/records.ts', 'if (revision !== undefined)\n      throw', 'if (false)\n      throw'),
      ),
      without(
        'the refusal of a key under a revoked id',
        edit(
          'store/keys.ts',
          'existing.record?.revoked !== undefined || existing.revocationText !== undefined',
          'false',
        ),
        edit('store/keys.ts', '{ key: revocationKey(id), expected: undefined, value: undefined },', ''),
      ),
      without(
        'the refusal of a revoked key under another id',
        edit('store/records.ts', 'holder !== undefined && holder !== id && (await agrees(holder))', 'false'),
      ),
      without('the record of its own: storing a key clears its revocation', ...REVOCATION_RECORD),
      without(
        'the revocation under one id of a key that stands under two',
        edit('verify/trust.ts', 'known.revoked === undefined && trusted.revoked !== undefined', 'false'),
      ),
    ],
  },
  {
    id: 'A72',
    failure:
      'Something that was not one sound public key was taken for one: a private key, two, a weak or odd one.',
    answer: '`BAD_KEY`: one PEM block by its label, strict DER, points on their curve, RSA from 2048 bits',
    removals: [
      without(
        'the refusal of private keys',
        edit('core/crypto/public_key.ts', "if (label.includes('PRIVATE KEY'))", 'if (false)'),
      ),
      without(
        'the silence about what was sent',
        edit(
          'core/crypto/public_key.ts',
          "'this is a private key: keep it secret and send the public key (cosign.pub) instead',",
          'text,',
        ),
      ),
      without(
        'the refusal of text after the block',
        edit('core/encoding/pem.ts', "after.slice(at + end.length).trim() !== ''", 'false'),
      ),
      without(
        'the end of the DER',
        edit('core/crypto/public_key.ts', '  outer.end();\n  const identifier', '  const identifier'),
      ),
      without(
        'the refusal of certificates',
        edit(
          'core/crypto/public_key.ts',
          'return parsePublicKey(spkiFromPem(label, der));',
          "return parsePublicKey(label === 'CERTIFICATE' ? certificateSpki(der) : spkiFromPem(label, der));",
        ),
        edit('core/crypto/public_key.ts', "if (label === 'CERTIFICATE')\n", 'if (false)\n'),
      ),
      without(
        'the curve equation',
        edit('core/crypto/elliptic_curve.ts', '(y * y - (x * x * x - 3n * x + b)) % prime === 0n', 'true'),
      ),
      without(
        'the order of Ed25519 points',
        edit('core/crypto/elliptic_curve.ts', '!point.isSmallOrder() && point.isTorsionFree()', 'true'),
      ),
      without('the least size of RSA keys', edit('core/crypto/public_key.ts', 'least: 2048', 'least: 512')),
      without(
        'the one form of a key: PKCS#1 is named by its own bytes',
        edit(
          'core/crypto/public_key.ts',
          'return parsePublicKey(spkiFromPem(label, der));',
          'return { ...(await parsePublicKey(spkiFromPem(label, der))), fingerprint: await digestOf(der) };',
        ),
      ),
    ],
  },
  {
    id: 'A73',
    failure:
      'Where all of several keys were asked for, one was enough; or one failure spoilt the good one beside it.',
    answer: 'a threshold counts different keys; what is met is met, and an unknown neither counts nor spoils',
    removals: [
      without(
        'the threshold',
        edit(
          'core/verdict.ts',
          'goodOnes(results).length >= requirement.threshold',
          'goodOnes(results).length > 0',
        ),
      ),
      without(
        'the rule that an unknown does not spoil what is met',
        edit(
          'core/verdict.ts',
          'if (judged.length > 0 && unmet.length === 0)',
          'if (judged.length > 0 && unmet.length === 0 && judged.every((one) => unknownsIn(one).length === 0))',
        ),
        edit(
          'core/verdict.ts',
          'const open = unmet.map((one) => foremost([...unknownsIn(one), ...gaps]));',
          'const open = judged.map((one) => foremost([...unknownsIn(one), ...gaps]));',
        ),
      ),
      without(
        'the rule that an unknown does not count as a refusal',
        edit(
          'core/verdict.ts',
          'return results.flatMap(({ undecided }) => undecided ?? []);',
          'return results.length > 0 ? [] : [];',
        ),
      ),
    ],
  },
  {
    id: 'A74',
    failure: 'A signature by a revoked key counted, or made a good one beside it count for nothing.',
    answer: '`key-valid`: by proven time alone; each signature is judged by itself',
    removals: [
      without(
        'the look at the revocation',
        edit('core/trust/trusted_key.ts', 'if (revoked !== undefined) {', 'if (false) {'),
      ),
      without(
        'the proof of when it was signed',
        edit(
          'core/trust/trusted_key.ts',
          'provenTime === undefined || provenTime >= compromisedAt',
          'Number(provenTime) >= compromisedAt',
        ),
      ),
      without(
        'the moment of the compromise',
        edit('core/trust/trusted_key.ts', ' || provenTime >= compromisedAt', ''),
      ),
      without(
        'the judgement of each by itself: one that is refused refuses all',
        edit(
          'core/verdict.ts',
          'requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold',
          "goodOnes(results).length >= requirement.threshold && results.every(({ verdict }) => verdict !== 'refused')",
        ),
      ),
    ],
  },
  {
    id: 'A75',
    failure: 'A pattern or a name could be made so that comparing them took for ever.',
    answer: 'lengths first, a grammar for patterns, and matching with one point of return',
    removals: [
      without(
        'the lengths of references and of repositories',
        edit('core/reference.ts', 'text.length > MAX_REFERENCE_LENGTH', 'false'),
        edit('core/reference.ts', 'repository.length > MAX_REPOSITORY_LENGTH', 'false'),
      ),
      without(
        'the one point of return: a star is made a regular expression',
        edit(
          'core/trust/name_pattern.ts',
          "return matchSequence([...pattern], [...segment], '*', (a, b) => a === b);",
          "return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(segment);",
        ),
      ),
      without('the grammar of patterns', ...PATTERN_GRAMMAR),
    ],
  },
];
