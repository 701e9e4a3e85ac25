// Published failures of keys: revoked, overwritten, unsound, or required together.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PATTERN_GRAMMAR, READ_OF_THE_STORE, REVOCATION_RECORD } from '../shared_edits.ts';

export const trustKeys: AbuseCase[] = [
  {
    id: 'A70',
    failure:
      'A revoked key counted for longer than documented, because a replica or a cache still held it as good.',
    answer: '`key-valid`; the store is read on every call, and a missing record is not cached',
    removals: [
      without(
        'reading the revocation of a key from the store',
        edit('store/trusted_keys.ts', 'if (revocationText === undefined) return trusted;', 'return trusted;'),
      ),
      without(
        'reading the store on each call (each call reuses what an earlier one has read)',
        ...READ_OF_THE_STORE,
      ),
      without(
        'keeping the revocation for a while after its key is deleted',
        edit('store/keys.ts', 'value: undefined, meanwhile: { value, ttl: FORGETTING }', 'value: undefined'),
      ),
      without(
        'the time of the deletion, where a read that lags shows an older key of the id',
        edit('store/keys.ts', ', new Date(now).toISOString()];', '];'),
      ),
      without(
        'leaving the time of a compromise out of what stays of a revocation',
        edit('store/keys.ts', '{ compromisedAt: _, ...revocation } = ', 'revocation = '),
      ),
      without(
        'a readable revocation in place of one that cannot be read',
        edit(
          'store/keys.ts',
          'if (text === undefined) return { ...change, value: undefined };',
          'if (text === undefined || loaded === undefined) return { ...change, value: undefined };',
        ),
      ),
    ],
  },
  {
    id: 'A71',
    failure: 'An older record overwrote a newer one, and what had been revoked was good again.',
    answer: '`If-Match`, `If-None-Match`; a revoked id accepts no key; a revocation has its own record',
    removals: [
      without(
        'the comparison with the revision that the writer has seen',
        edit('store/preconditions.ts', 'etags(ifMatch).includes(etagOf(revision))', 'true'),
      ),
      without(
        'the refusal to create what exists already',
        edit('store/preconditions.ts', 'if (revision !== undefined)\n      throw', 'if (false)\n      throw'),
      ),
      without(
        'the refusal of a key under a revoked id',
        edit('store/keys.ts', 'existing.record?.revoked !== undefined || isRevoked', 'false'),
      ),
      without(
        'the refusal of a revoked key under another id',
        edit('store/record_index.ts', 'text !== undefined && holds(text, holder)', 'false'),
      ),
      without('the separate record of a revocation (storing a key clears it)', ...REVOCATION_RECORD),
      without(
        'the deletion of a key that a read which lags does not show',
        edit('store/keys.ts', 'value: undefined, always: true', 'value: undefined'),
      ),
      without(
        'the revocation under one id of a key that is stored under two',
        edit('verify/trust/load_requirements.ts', 'revokedFrom(trusted) < revokedFrom(known)', 'false'),
      ),
      without(
        'finding the revoked one of them by its fingerprint',
        edit('store/revocation.ts', '{ key: index, expected: await store.get(index), value: id },', ''),
      ),
    ],
  },
  {
    id: 'A72',
    failure:
      'Something other than one sound public key was accepted: a private key, two keys, a weak or an odd one.',
    answer:
      '`BAD_KEY`: one PEM block with a known label, strict DER, points on their curve, RSA from 2048 bits',
    removals: [
      without(
        'the refusal of private keys',
        edit('core/crypto/public_key.ts', 'if (holdsPrivateKey(text))', 'if (false)'),
      ),
      without(
        'not repeating what was sent',
        edit(
          'core/crypto/public_key.ts',
          "'this is a private key, or has one in it: keep it secret and send the public key (cosign.pub) alone',",
          'text,',
        ),
      ),
      without(
        'the refusal of text after the block',
        edit('core/encoding/pem.ts', "after.slice(at + end.length).trim() !== ''", 'false'),
      ),
      without(
        'the refusal of bytes after the DER',
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
      without('the minimum size of RSA keys', edit('core/crypto/public_key.ts', 'least: 2048', 'least: 512')),
      without(
        'the single form of a key (a PKCS#1 key gets the fingerprint of its own bytes)',
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
      'When several keys were all required, one was enough; or one failure spoilt a good signature beside it.',
    answer:
      'a threshold counts different keys; a requirement that is met stays met, and an undecided signature neither counts nor spoils it',
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
        'the rule that an undecided signature does not spoil a met requirement',
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
        'the rule that an undecided signature does not count as refused',
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
    failure: 'A signature by a revoked key was accepted, or spoilt a good signature beside it.',
    answer: '`key-valid`: only the proven time counts; each signature is judged by itself',
    removals: [
      without(
        'checking the revocation',
        edit('core/trust/trusted_key.ts', 'if (revoked !== undefined) {', 'if (false) {'),
      ),
      without(
        'the need for a proven signing time',
        edit(
          'core/trust/trusted_key.ts',
          'provenTime === undefined || provenTime >= compromisedAt',
          'Number(provenTime) >= compromisedAt',
        ),
      ),
      without(
        'the time of the compromise',
        edit('core/trust/trusted_key.ts', ' || provenTime >= compromisedAt', ''),
      ),
      without(
        'judging each signature by itself (one that is refused refuses all)',
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
    failure: 'A crafted pattern or name made matching run without end.',
    answer: 'lengths are checked first; patterns have a strict syntax; matching backtracks to one point only',
    removals: [
      without(
        'the length limits of references and repositories',
        edit('core/reference.ts', 'text.length > MAX_REFERENCE_LENGTH', 'false'),
        edit('core/reference.ts', 'repository.length > MAX_REPOSITORY_LENGTH', 'false'),
      ),
      without(
        'the single point of backtracking (a star becomes a regular expression)',
        edit(
          'core/trust/name_pattern.ts',
          "return matchSequence(pattern, segment, '*', (a, b) => a === b);",
          "return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(segment);",
        ),
      ),
      without('the syntax of patterns', ...PATTERN_GRAMMAR),
    ],
  },
];
