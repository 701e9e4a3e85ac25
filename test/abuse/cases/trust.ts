// ABUSE section 4: keys and policy.
import type { AbuseCase } from '../abuse_case.ts';

export const trust: AbuseCase[] = [
  {
    id: 'A63',
    failure: 'Where nothing was required, or no rule matched, everything was let in.',
    answer: '`POLICY_NO_RULE`; nothing required is never verified; empty lists are refused on writing',
    removals: [
      {
        without: 'the refusal where no rule matches, and the one where nothing is required',
        edits: [
          {
            file: 'verify/plan.ts',
            find: "throw new Refused('POLICY_NO_RULE', `No rule of the policy ${id} matches ${selection.name}.`);",
            replace: 'return { requirements: [] };',
          },
          { file: 'core/verdict.ts', find: 'judged.length > 0 && unmet.length', replace: 'unmet.length' },
        ],
      },
      {
        without: 'counting: all that was found is good, so none at all is too',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold',
            replace: "results.every(({ verdict }) => verdict === 'verified')",
          },
        ],
      },
      {
        without: 'the refusal of a rule without keys',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: ".min(1, 'an empty list of keys would trust nobody')",
            replace: '',
          },
        ],
      },
      {
        without: 'the refusal of an empty list of attestations',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: ".min(1, 'an empty list requires nothing; leave it out')",
            replace: '',
          },
        ],
      },
      {
        without: 'the refusal of a threshold of nothing',
        edits: [{ file: 'store/policy_document.ts', find: 'z.int().min(1)', replace: 'z.int().min(0)' }],
      },
    ],
    beside: 'An object without images is A92.',
  },
  {
    id: 'A64',
    failure: 'A pattern for one owner also fitted others whose names begin with the same letters.',
    answer: 'segments against segments, from the first to the last; names and patterns have a grammar',
    removals: [
      {
        without: 'the end of a match: what follows in the name is passed over',
        edits: [
          {
            file: 'core/trust/name_pattern.ts',
            find: '} else return false;',
            replace: '} else return p === pattern.length;',
          },
        ],
      },
      {
        without: 'segments: a star goes over slashes',
        edits: [
          {
            file: 'core/trust/name_pattern.ts',
            find: "matchSequence(pattern.split('/'), name.split('/'), '**', matchSegment)",
            replace: "matchSequence([...pattern], [...name], '*', (a, b) => a === b)",
          },
        ],
      },
      {
        without: 'the grammar of names',
        edits: [
          {
            file: 'core/reference.ts',
            find: "'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'",
            replace: "'[a-z0-9._-]+'",
          },
        ],
      },
      {
        without: 'the grammar of patterns',
        edits: [{ file: 'core/trust/name_pattern.ts', find: '!SEGMENT.test(segment)', replace: 'false' }],
      },
    ],
  },
  {
    id: 'A65',
    failure: 'One image had several spellings, and a rule about one of them did not hold for the others.',
    answer: 'names are normalised before any pattern is looked at; upper case in a repository is 400',
    removals: [
      {
        without: 'the upper-case host that is the same host',
        edits: [{ file: 'core/reference.ts', find: '    .toLowerCase()\n', replace: '' }],
      },
      {
        without: 'the port that is the default',
        edits: [{ file: 'core/reference.ts', find: ".replace(/:443$/, '')", replace: '' }],
      },
      {
        without: 'the other names of Docker Hub',
        edits: [
          {
            file: 'core/reference.ts',
            find: "lower === 'index.docker.io' || lower === 'registry-1.docker.io'",
            replace: 'false',
          },
        ],
      },
      {
        without: 'the owner that Docker Hub leaves out',
        edits: [
          {
            file: 'core/reference.ts',
            find: "registry === 'docker.io' && !parsed.path.includes('/')",
            replace: 'false',
          },
        ],
      },
      {
        without: 'the refusal of upper case',
        edits: [
          {
            file: 'core/reference.ts',
            find: "'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'",
            replace: "'[a-zA-Z0-9]+(?:(?:[._]|__|-+)[a-zA-Z0-9]+)*'",
          },
        ],
      },
    ],
  },
  {
    id: 'A66',
    failure: 'A rule whose data could not be loaded was passed over.',
    answer: '`STORE_UNAVAILABLE`: a fault of the store is undecided, for policy, key and revocation alike',
    removals: [
      {
        without: 'the difference between a fault and a record that is not there',
        edits: [
          {
            file: 'store/workers_kv.ts',
            find: '(await namespace.get(key, { cacheTtl: CACHE_TTL }))',
            replace: '(await namespace.get(key, { cacheTtl: CACHE_TTL }).catch(() => null))',
          },
        ],
      },
      {
        without: 'the fault of a revocation that cannot be read',
        edits: [
          {
            file: 'store/workers_kv.ts',
            find: 'Promise.all(keys.map(get))',
            replace:
              "Promise.all(keys.map((key) => (key.startsWith('revocation/') ? get(key).catch(() => undefined) : get(key))))",
          },
        ],
      },
    ],
  },
  {
    id: 'A67',
    failure: 'A misspelt word, or settings that could not be read, switched enforcement off.',
    answer: 'the same strict schema on writing and on reading; the stored policy stays; `STORE_UNAVAILABLE`',
    removals: [
      {
        without: 'the closed list of modes',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: "z.enum(['enforce', 'warn'])",
            replace: 'z.string()',
          },
        ],
      },
      {
        without: 'the refusal of fields that are not known',
        edits: [
          {
            file: 'store/policy_document.ts',
            find: '.strictObject({\n    name: label,',
            replace: '.object({\n    name: label,',
          },
        ],
      },
      {
        without: 'the schema on reading',
        edits: [
          {
            file: 'store/records.ts',
            find: 'if (!result.success || result.data.id !== id) throw unreadable(key);',
            replace: 'if (!result.success) return value as T;',
          },
        ],
      },
      {
        without: 'the comparison of a record with the name it stands under',
        edits: [
          {
            file: 'store/records.ts',
            find: '!result.success || result.data.id !== id',
            replace: '!result.success',
          },
        ],
      },
    ],
  },
  {
    id: 'A68',
    failure: 'Exceptions that overlap let by more than any one of them, and ended ones still counted.',
    answer: 'the first rule that matches decides alone, less its `except`; after `until` it matches nothing',
    removals: [
      {
        without: 'the exceptions of a rule',
        edits: [{ file: 'core/policy/select_rule.ts', find: 'exception !== undefined', replace: 'false' }],
      },
      {
        without: 'the end of an exemption',
        edits: [{ file: 'core/policy/select_rule.ts', find: 'now >= rule.until', replace: 'false' }],
      },
      {
        without: 'the order: the last rule that matches decides',
        edits: [
          {
            file: 'core/policy/select_rule.ts',
            find: 'for (const rule of rules)',
            replace: 'for (const rule of [...rules].reverse())',
          },
        ],
      },
    ],
  },
  {
    id: 'A69',
    failure: 'A remembered verdict was given again after the policy, the keys or the time had changed.',
    answer: 'facts are remembered, each by all that it depends on, and verdicts never',
    removals: [
      {
        without: 'reading the policy on each call: one that was parsed is kept by its id',
        edits: [
          { file: 'store/policies.ts', find: 'PARSED.get(text, 0)', replace: 'PARSED.get(id, 0)' },
          { file: 'store/policies.ts', find: 'PARSED.set(text, found', replace: 'PARSED.set(id, found' },
        ],
      },
      {
        without: 'the key in what is remembered of a signature',
        edits: [
          {
            file: 'core/steps/signer.ts',
            find: '`signature ${key.fingerprint} ${hash}`',
            replace: '`signature ${hash}`',
          },
        ],
      },
      {
        without: 'reading the keys on each call: what one call has read of the store, the next takes over',
        edits: [
          {
            file: 'verify/service.ts',
            find: 'store: snapshot(store),',
            replace: 'store: ((verifier as any).seen ??= snapshot(verifier.ports.store)),',
          },
        ],
      },
      {
        without: 'the clock',
        edits: [
          {
            file: 'verify/plan.ts',
            find: 'selectRule(policy, name, session.verifier.ports.now())',
            replace: 'selectRule(policy, name, 0)',
          },
        ],
      },
    ],
  },
  {
    id: 'A70',
    failure:
      'A revoked key counted for longer than was said, where another replica or a cache knew it as good.',
    answer: '`key-valid`; the store is read on every call, and what is not there is not remembered',
    removals: [
      {
        without: 'the revocation of a key from the store',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'if (revocationText === undefined) return trusted;',
            replace: 'return trusted;',
          },
        ],
      },
      {
        without: 'the end of what one call has read: the next takes it over',
        edits: [
          {
            file: 'verify/service.ts',
            find: 'store: snapshot(store),',
            replace: 'store: ((verifier as any).seen ??= snapshot(verifier.ports.store)),',
          },
        ],
      },
    ],
  },
  {
    id: 'A71',
    failure: 'An older record was written over a newer one, and what had been revoked was good again.',
    answer: '`If-Match`, `If-None-Match`; a revoked id takes no key; a revocation has its own record',
    removals: [
      {
        without: 'the comparison with the revision that the writer has seen',
        edits: [
          {
            file: 'store/records.ts',
            find: 'etags(ifMatch).includes(etagOf(revision))',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the refusal to make what is there already',
        edits: [
          {
            file: 'store/records.ts',
            find: 'if (revision !== undefined)\n      throw',
            replace: 'if (false)\n      throw',
          },
        ],
      },
      {
        without: 'the refusal of a key under a revoked id',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'existing.record?.revoked !== undefined || existing.revocationText !== undefined',
            replace: 'false',
          },
        ],
      },
      {
        without: 'the refusal of a revoked key under another id',
        edits: [
          {
            file: 'store/records.ts',
            find: 'holder !== undefined && holder !== id && (await agrees(holder))',
            replace: 'false',
          },
        ],
      },
      {
        without: 'the record of its own: storing a key clears its revocation',
        edits: [
          {
            file: 'store/keys.ts',
            find: '{ key: recordKey(id), expected: existing.text, value },',
            replace:
              '{ key: recordKey(id), expected: existing.text, value }, { key: revocationKey(id), expected: existing.revocationText, value: undefined },',
          },
        ],
      },
      {
        without: 'the revocation under one id of a key that stands under two',
        edits: [
          {
            file: 'verify/trust.ts',
            find: 'known.revoked === undefined && trusted.revoked !== undefined',
            replace: 'false',
          },
        ],
      },
    ],
  },
  {
    id: 'A72',
    failure:
      'Something that was not one sound public key was taken for one: a private key, two, a weak or odd one.',
    answer: '`BAD_KEY`: one PEM block by its label, strict DER, points on their curve, RSA from 2048 bits',
    removals: [
      {
        without: 'the refusal of private keys',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: "if (label.includes('PRIVATE KEY'))",
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the silence about what was sent',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: "'this is a private key: keep it secret and give the public key (cosign.pub) instead',",
            replace: 'text,',
          },
        ],
      },
      {
        without: 'the refusal of text after the block',
        edits: [
          {
            file: 'core/encoding/pem.ts',
            find: "after.slice(at + end.length).trim() !== ''",
            replace: 'false',
          },
        ],
      },
      {
        without: 'the end of the DER',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: '  outer.end();\n  const identifier',
            replace: '  const identifier',
          },
        ],
      },
      {
        without: 'the refusal of certificates',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: 'return parsePublicKey(spkiFromPem(label, der));',
            replace:
              "return parsePublicKey(label === 'CERTIFICATE' ? certificateSpki(der) : spkiFromPem(label, der));",
          },
          {
            file: 'core/crypto/public_key.ts',
            find: "if (label === 'CERTIFICATE')\n",
            replace: 'if (false)\n',
          },
        ],
      },
      {
        without: 'the curve equation',
        edits: [
          {
            file: 'core/crypto/elliptic_curve.ts',
            find: '(y * y - (x * x * x - 3n * x + b)) % prime === 0n',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the order of Ed25519 points',
        edits: [
          {
            file: 'core/crypto/elliptic_curve.ts',
            find: '!point.isSmallOrder() && point.isTorsionFree()',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the least size of RSA keys',
        edits: [{ file: 'core/crypto/public_key.ts', find: 'least: 2048', replace: 'least: 512' }],
      },
      {
        without: 'the one form of a key: PKCS#1 is named by its own bytes',
        edits: [
          {
            file: 'core/crypto/public_key.ts',
            find: 'return parsePublicKey(spkiFromPem(label, der));',
            replace:
              'return { ...(await parsePublicKey(spkiFromPem(label, der))), fingerprint: await digestOf(der) };',
          },
        ],
      },
    ],
  },
  {
    id: 'A73',
    failure:
      'Where all of several keys were asked for, one was enough; or one failure spoilt the good one beside it.',
    answer: 'a threshold counts different keys; what is met is met, and an unknown neither counts nor spoils',
    removals: [
      {
        without: 'the threshold',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'goodOnes(results).length >= requirement.threshold',
            replace: 'goodOnes(results).length > 0',
          },
        ],
      },
      {
        without: 'the rule that an unknown does not spoil what is met',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'if (judged.length > 0 && unmet.length === 0)',
            replace:
              'if (judged.length > 0 && unmet.length === 0 && judged.every((one) => unknownIn(one) === undefined))',
          },
          {
            file: 'core/verdict.ts',
            find: 'const open = unmet.map((one) => unknownIn(one) ?? gaps[0]);',
            replace: 'const open = judged.map((one) => unknownIn(one) ?? gaps[0]);',
          },
        ],
      },
      {
        without: 'the rule that an unknown does not count as a refusal',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'return results.find((result) => result.undecided !== undefined)?.undecided;',
            replace: 'return undefined;',
          },
        ],
      },
    ],
  },
  {
    id: 'A74',
    failure: 'A signature by a revoked key counted, or made a good one beside it count for nothing.',
    answer: '`key-valid`: by proven time alone; each signature is judged by itself',
    removals: [
      {
        without: 'the look at the revocation',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: 'if (revoked !== undefined) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the proof of when it was signed',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: 'provenTime === undefined || provenTime >= compromisedAt',
            replace: 'Number(provenTime) >= compromisedAt',
          },
        ],
      },
      {
        without: 'the moment of the compromise',
        edits: [
          {
            file: 'core/trust/trusted_key.ts',
            find: ' || provenTime >= compromisedAt',
            replace: '',
          },
        ],
      },
      {
        without: 'the judgement of each by itself: one that is refused refuses all',
        edits: [
          {
            file: 'core/verdict.ts',
            find: 'requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold',
            replace:
              "goodOnes(results).length >= requirement.threshold && results.every(({ verdict }) => verdict !== 'refused')",
          },
        ],
      },
    ],
  },
  {
    id: 'A75',
    failure: 'A pattern or a name could be made so that comparing them took for ever.',
    answer: 'lengths first, a grammar for patterns, and matching with one point of return',
    removals: [
      {
        without: 'the lengths of references and of repositories',
        edits: [
          { file: 'core/reference.ts', find: 'text.length > MAX_REFERENCE_LENGTH', replace: 'false' },
          { file: 'core/reference.ts', find: 'repository.length > MAX_REPOSITORY_LENGTH', replace: 'false' },
        ],
      },
      {
        without: 'the one point of return: a star is made a regular expression',
        edits: [
          {
            file: 'core/trust/name_pattern.ts',
            find: "return matchSequence([...pattern], [...segment], '*', (a, b) => a === b);",
            replace: "return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(segment);",
          },
        ],
      },
      {
        without: 'the grammar of patterns',
        edits: [
          {
            file: 'core/trust/name_pattern.ts',
            find: "!SEGMENT.test(segment) || segment === '.' || segment === '..'",
            replace: 'false',
          },
        ],
      },
    ],
  },
];
