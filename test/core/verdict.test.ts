// The verdict over all results, and its summary in one sentence.
import { describe, expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { TrustedKey } from '../../src/core/trust/trusted_key.ts';
import { isMet, type JudgedRequirement, judge } from '../../src/core/verdict.ts';
import type { SignatureResult } from '../../src/core/verify_signature.ts';

const key = (id: string | undefined, name = id): TrustedKey =>
  ({
    ...(id !== undefined && { id }),
    key: { fingerprint: `sha256:${name}` },
    transparency: 'required',
  }) as TrustedKey;
const thing = (byte: number) => ({ subject: { digests: { sha256: Uint8Array.of(byte) } } });
const good = (trusted: TrustedKey, more: object = {}): SignatureResult =>
  ({
    verdict: 'verified',
    code: 'VERIFIED',
    signer: { trusted, hash: 'sha256' },
    evidence: thing(1),
    checks: [],
    ...more,
  }) as unknown as SignatureResult;
const bad = (code: string): SignatureResult =>
  ({ verdict: 'refused', code, checks: [] }) as unknown as SignatureResult;
const requirement = (results: SignatureResult[], more: object = {}): JudgedRequirement => ({
  requirement: { keys: [], threshold: 1, perSignature: { annotations: [] }, ...more },
  results,
});
const attested = { perSignature: { annotations: [], attestation: 'https://a/b' } };
const logged = { transparency: { entry: { logIndex: 7n }, logIndex: 7n } };
const proven = { transparency: { entry: { logIndex: 7n } } };
const undecided = new Undecided('REGISTRY_UNAVAILABLE', 'The registry is down.');
const unknown = {
  verdict: 'undecided',
  code: undecided.code,
  undecided,
  checks: [],
} as unknown as SignatureResult;

describe('refused', () => {
  const wanting = (attestation: string) => ({ perSignature: { annotations: [], attestation } });
  const outcome = (...judged: JudgedRequirement[]) => {
    const { verdict, code, summary } = judge(judged, []);
    return [verdict, code, summary];
  };

  test('if nothing was found: the summary names what was required', () => {
    const none = (what: string) => ['refused', 'NO_SIGNATURES', `No ${what} was found for this digest.`];
    expect(outcome(requirement([]))).toEqual(none('signature'));
    expect(outcome(requirement([], wanting('a')))).toEqual(none('attestation of type a'));
    expect(outcome(requirement([], wanting('a')), requirement([], wanting('b')))).toEqual(
      none('attestation of type a or b'),
    );
    expect(outcome(requirement([]), requirement([], wanting('a')))).toEqual(none('signature'));
  });

  test('names what is definitely missing, not what is undecided', () => {
    const missing = 'An attestation of type a by a trusted key is required; none was found.';
    expect(outcome(requirement([unknown]), requirement([], wanting('a')))).toEqual([
      'refused',
      'NO_TRUSTED_SIGNATURE',
      missing,
    ]);
    expect(outcome(requirement([unknown, bad('X')]), requirement([], wanting('a')))).toEqual([
      'refused',
      'NO_TRUSTED_SIGNATURE',
      missing,
    ]);
    expect(outcome(requirement([good(key('a'))]), requirement([], wanting('a')))).toEqual([
      'refused',
      'POLICY_THRESHOLD',
      missing,
    ]);
    expect(outcome(requirement([bad('SIGNATURE_INVALID')]), requirement([], wanting('a')))).toEqual([
      'refused',
      'NO_TRUSTED_SIGNATURE',
      'The only signature found does not count: SIGNATURE_INVALID.',
    ]);
  });
});

describe('verified', () => {
  test('names the signer and the log entry', () => {
    const [a, b] = [key('a'), key('b')];
    const summary = (...judged: JudgedRequirement[]) => judge(judged, []).summary;
    expect(summary(requirement([good(a)]))).toBe('Signed by a, not logged.');
    expect(summary(requirement([good(a, logged)]))).toBe('Signed by a, logged as #7.');
    expect(summary(requirement([good(a, proven)]))).toBe('Signed by a, logged.');
    expect(summary(requirement([good(key(undefined, 'f'))]))).toBe(
      "Signed by the caller's key sha256:f, not logged.",
    );
    expect(summary(requirement([good(a), good(b)]))).toBe('Signed by a, not logged.');
    expect(summary(requirement([good(a), good(b, logged)], { threshold: 2 }))).toBe(
      'Signed by a, not logged, and by b, logged as #7.',
    );
    expect(summary(requirement([good(a)]), requirement([good(b)], attested))).toBe(
      'Signed by a, not logged. Attested (https://a/b) by b, not logged.',
    );
  });

  test('is decided by the first good signature of the first requirement', () => {
    const a = key('a');
    const [first, second] = [good(a), good(a, logged)];
    expect(judge([requirement([bad('SIGNATURE_INVALID'), first, second])], [])).toMatchObject({
      verdict: 'verified',
      code: 'VERIFIED',
    });
    expect(judge([requirement([bad('SIGNATURE_INVALID'), first, second])], []).deciding).toBe(first);
    const other = good(key('b'));
    expect(judge([requirement([first]), requirement([other])], []).deciding).toBe(first);
    const [leaf, index] = [good(a, { evidence: thing(2) }), good(key('b'))];
    expect(judge([requirement([leaf, index])], []).deciding).toBe(leaf);
  });

  test('counts the digest that most keys have signed', () => {
    const [a, b] = [key('a'), key('b')];
    const results = [good(a, { evidence: thing(2) }), good(a), good(b), good(b)];
    expect(isMet(requirement(results, { threshold: 2 }))).toBe(true);
    expect(isMet(requirement(results, { threshold: 3 }))).toBe(false);
    expect(isMet(requirement(results, { threshold: 0 }))).toBe(false);
    expect(judge([requirement(results, { threshold: 2 })], []).deciding).toBe(results[1]);
  });
});

describe('refused', () => {
  const refusal = (...judged: JudgedRequirement[]) => {
    const { verdict, code, summary, deciding } = judge(judged, []);
    expect([verdict, deciding]).toEqual(['refused', undefined]);
    return `${code}: ${summary}`;
  };

  test('names what was found', () => {
    expect(refusal(requirement([]))).toBe('NO_SIGNATURES: No signature was found for this digest.');
    expect(refusal(requirement([bad('SIGNATURE_INVALID')]))).toBe(
      'NO_TRUSTED_SIGNATURE: The only signature found does not count: SIGNATURE_INVALID.',
    );
    expect(refusal(requirement([bad('SIGNATURE_INVALID'), bad('SET_INVALID'), bad('SET_INVALID')]))).toBe(
      'NO_TRUSTED_SIGNATURE: None of the 3 signatures found counts: SIGNATURE_INVALID, SET_INVALID.',
    );
    expect(refusal(requirement([bad('SET_INVALID')], attested))).toBe(
      'NO_TRUSTED_SIGNATURE: The only attestation found does not count: SET_INVALID.',
    );
  });

  test('says what was compared, if there is a single reason', () => {
    const failing = (compared: object, code = 'ANNOTATION_MISMATCH') => ({
      ...bad(code),
      checks: [
        { name: 'signature', result: 'pass' as const, expected: 'not this' },
        { name: 'annotations', result: 'fail' as const, ...compared },
      ] as SignatureResult['checks'],
    });
    const why = (...results: SignatureResult[]) =>
      refusal(requirement(results)).split(': ').slice(2).join(': ');
    expect(why(failing({ expected: 'env=prod', actual: 'env=test' }))).toBe(
      'ANNOTATION_MISMATCH (expected: env=prod; found: env=test).',
    );
    expect(why(failing({ actual: 'absent' }), failing({ actual: 'x' }))).toBe(
      'ANNOTATION_MISMATCH (found: absent).',
    );
    expect(why(failing({ expected: `a (sha256:${'ab'.repeat(32)})`, actual: 'x' }))).toBe(
      'ANNOTATION_MISMATCH (expected: a (sha256:abababababab…); found: x).',
    );
    expect(why(failing({}))).toBe('ANNOTATION_MISMATCH.');
    expect(why(failing({ actual: 'x' }), bad('SET_INVALID'))).toBe('ANNOTATION_MISMATCH, SET_INVALID.');
    expect(why(failing({ actual: `a\u001b[2J\n\u202e${'x'.repeat(300)}` }))).toBe(
      `ANNOTATION_MISMATCH (found: a?[2J??${'x'.repeat(193)}…).`,
    );
    expect(why(failing({ actual: 'a\u2028b\u2029c\u009b' }))).toBe('ANNOTATION_MISMATCH (found: a?b?c?).');
  });

  test('names what is missing', () => {
    const a = good(key('a'));
    expect(refusal(requirement([a, bad('SET_INVALID')], { threshold: 2 }))).toBe(
      'POLICY_THRESHOLD: Signatures by 2 different keys are required; only 1 counts (a): SET_INVALID.',
    );
    expect(refusal(requirement([good(key(undefined, 'f'))], { threshold: 2 }))).toBe(
      'POLICY_THRESHOLD: Signatures by 2 different keys are required; only 1 counts (sha256:f).',
    );
    expect(refusal(requirement([a]), requirement([], attested))).toBe(
      'POLICY_THRESHOLD: An attestation of type https://a/b by a trusted key is required; none was found.',
    );
    for (const code of ['BUNDLE_MALFORMED', 'BUNDLE_UNSUPPORTED', 'PAYLOAD_MALFORMED'])
      expect(refusal(requirement([a, bad(code)]), requirement([], attested)), code).toBe(
        'POLICY_THRESHOLD: An attestation of type https://a/b by a trusted key is required; none that can be read was found.',
      );
    expect(refusal(requirement([a]), requirement([], { ...attested, threshold: 2 }))).toContain(
      'Attestations of type https://a/b by 2 different keys are required; none was found.',
    );
    expect(refusal(requirement([a]), requirement([bad('SET_INVALID')]), requirement([], attested))).toBe(
      'POLICY_THRESHOLD: A signature by a trusted key is required; none of those found counts: SET_INVALID. ' +
        'An attestation of type https://a/b by a trusted key is required; none was found.',
    );
    expect(refusal(requirement([a, good(key('b'))], { threshold: 3 }))).toBe(
      'POLICY_THRESHOLD: Signatures by 3 different keys are required; only 2 count (a, b).',
    );
    expect(refusal(requirement([a], { threshold: 2, keys: [key('a'), key('b')] }))).toBe(
      'POLICY_THRESHOLD: Signatures by 2 different keys are required, of a, b; only 1 counts (a).',
    );
  });
});

describe('undecided', () => {
  const expected = {
    verdict: 'undecided',
    code: 'REGISTRY_UNAVAILABLE',
    summary: 'The registry is down.',
    undecided,
  };

  test('gives the reason, whether it is in a result or beside the results', () => {
    expect(judge([requirement([unknown])], [])).toEqual(expected);
    expect(judge([requirement([bad('SET_INVALID'), unknown])], [])).toEqual(expected);
    expect(judge([requirement([])], [undecided])).toEqual(expected);
    expect(judge([requirement([bad('SET_INVALID')])], [undecided])).toEqual(expected);
  });

  test('gives the retryable reason first, in whatever order the reasons come', () => {
    const reason = (
      code: 'REGISTRY_MALFORMED' | 'REGISTRY_UNAVAILABLE' | 'LIMIT_EXCEEDED',
      retryAfter?: string,
    ) =>
      new Undecided(code, code, {
        retryable: code === 'REGISTRY_UNAVAILABLE',
        ...(retryAfter !== undefined && { retryAfter }),
      });
    const ranked = [
      reason('REGISTRY_UNAVAILABLE', '9'),
      reason('REGISTRY_UNAVAILABLE'),
      reason('LIMIT_EXCEEDED'),
      reason('REGISTRY_MALFORMED'),
    ];
    for (const [at, first] of ranked.entries()) {
      const reasons = ranked.slice(at);
      for (const order of [reasons, reasons.toReversed()]) {
        expect(judge([requirement([])], order).undecided).toBe(first);
        const open = order.map((one) => requirement([{ ...unknown, undecided: one }]));
        expect(judge(open, []).undecided).toBe(first);
      }
    }
    const equals = [reason('REGISTRY_UNAVAILABLE'), reason('REGISTRY_UNAVAILABLE')];
    expect(judge([requirement([])], equals).undecided).toBe(equals[0]);
  });

  test('is not the verdict if the requirements are met, or one definitely is not', () => {
    expect(judge([requirement([good(key('a')), unknown])], [undecided]).verdict).toBe('verified');
    expect(judge([requirement([unknown]), requirement([bad('SET_INVALID')])], []).verdict).toBe('refused');
    expect(judge([requirement([good(key('a'))]), requirement([unknown])], [])).toEqual(expected);
    expect(judge([], [undecided]).verdict).toBe('refused');
  });
});
