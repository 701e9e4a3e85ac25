// Properties of policies, over random rules, names and sets of signatures.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Policy, Rule } from '../../src/core/policy/policy.ts';
import { nameAfterMirrors, parseNamePrefix, selectRule } from '../../src/core/policy/select_rule.ts';
import { fullName, parseImageReference } from '../../src/core/reference.ts';
import { matchesName, parseNamePattern } from '../../src/core/trust/name_pattern.ts';
import type { TrustedKey } from '../../src/core/trust/trusted_key.ts';
import { judge } from '../../src/core/verdict.ts';
import type { SignatureResult } from '../../src/core/verify_signature.ts';
import { runs } from '../support/fuzz.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const segment = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/);
const name = fc
  .tuple(
    fc.constantFrom('ghcr.io', 'docker.io', 'r.example:5000'),
    fc.array(segment, { minLength: 1, maxLength: 3 }),
  )
  .map(([host, path]) => fullName(parseImageReference([host, ...path].join('/'))));
const pattern = fc
  .tuple(
    fc.constantFrom('ghcr.io', 'docker.io', 'r.example:5000', '*.io', '**'),
    fc.array(
      fc.oneof(
        segment,
        fc.constant('*'),
        fc.constant('**'),
        segment.map((text) => `${text}*`),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map((parts) => parts.flat().join('/'))
  .filter((text) => {
    try {
      return parseNamePattern(text) === text;
    } catch {
      return false;
    }
  });
const rule: fc.Arbitrary<Omit<Rule, 'name'>> = fc.record({
  match: fc.array(pattern, { minLength: 1, maxLength: 3 }),
  except: fc.array(pattern, { maxLength: 2 }),
  unsafeAllowUnsigned: fc.constant('x'),
});
const policy: fc.Arbitrary<Policy> = fc.array(rule, { maxLength: 6 }).map((rules) => ({
  mirrors: [],
  rules: rules.map((one, at) => ({ ...one, name: `rule ${at}` }) as Rule),
}));

/** A naive second implementation of matching, by a regular expression. */
function matchesByExpression(text: string, full: string): boolean {
  const parts = text
    .split('/')
    .map((one) => (one === '**' ? '**' : one.replace(/[.]/g, '\\.').replaceAll('*', '[^/]*')));
  const source = parts.reduce((all, one, at) => {
    if (one === '**') return at === 0 ? '(?:[^/]+(?:/[^/]+)*)?' : `${all}(?:/[^/]+)*`;
    const isAfterAny = at === 1 && parts[0] === '**';
    return at === 0 ? one : isAfterAny ? `(?:[^/]+/)*${one}` : `${all}/${one}`;
  }, '');
  return new RegExp(`^${source}$`).test(full);
}

describe('names and patterns', () => {
  it('a name matches a pattern exactly if it matches the equivalent regular expression', () => {
    const simple = pattern.filter((text) => !text.startsWith('**/**') && !/\*\*\/.*\*\*/.test(text));
    fc.assert(
      fc.property(simple, name, (text, full) => {
        expect(matchesName(text, full)).toBe(matchesByExpression(text, full));
      }),
      runs(5000),
    );
  });

  it('a pattern without wildcards matches only itself, never a prefix', () => {
    fc.assert(
      fc.property(name, fc.stringMatching(/^[a-z0-9/._-]{1,4}$/), (full, tail) => {
        expect(matchesName(full, full)).toBe(true);
        expect(matchesName(full, `${full}${tail}`)).toBe(false);
        expect(matchesName(full, `${tail}${full}`)).toBe(false);
        if (!tail.startsWith('/')) expect(matchesName(`${full}/**`, `${full}${tail}`)).toBe(false);
      }),
    );
  });

  it('mirrors replace only whole segments, and only once', () => {
    fc.assert(
      fc.property(name, name, name, (full, from, to) => {
        const mapped = nameAfterMirrors([{ from, to }], full);
        const isInside = full === from || full.startsWith(`${from}/`);
        if (!isInside) expect(mapped).toBe(full);
        else expect(mapped.endsWith(full.slice(from.length))).toBe(true);
        expect(parseNamePrefix(from)).toBe(from);
      }),
    );
  });
});

describe('rules', () => {
  it('the deciding rule matches, and no rule before it does', () => {
    fc.assert(
      fc.property(policy, name, (tried, full) => {
        const { rule: deciding } = selectRule(tried, full, NOW);
        const fits = ({ match, except }: Rule) =>
          match.some((one) => matchesName(one, full)) && !except.some((one) => matchesName(one, full));
        expect(deciding).toBe(tried.rules.find(fits));
      }),
      runs(2000),
    );
  });

  it('a rule added at the end decides only names that no other rule decides', () => {
    fc.assert(
      fc.property(policy, rule, name, (tried, more, full) => {
        const before = selectRule(tried, full, NOW).rule;
        const after = selectRule(
          { ...tried, rules: [...tried.rules, { ...more, name: 'more' } as Rule] },
          full,
          NOW,
        ).rule;
        if (before !== undefined) expect(after).toBe(before);
        else expect([undefined, 'more']).toContain(after?.name);
      }),
    );
  });
});

const KEYS = ['a', 'b', 'c', 'd'].map(
  (id) => ({ id, key: { fingerprint: `sha256:${id}` } }) as unknown as TrustedKey,
);
const undecided = new Undecided('REGISTRY_UNAVAILABLE', 'down');

/** One signature: by a key, by nobody trusted, or undecided. */
const result = fc.oneof(
  fc.nat(KEYS.length - 1).map((at) => ({ by: at })),
  fc.constant({ by: undefined }),
  fc.constant({ by: 'unknown' as const }),
);

function resultsFor(found: { by: number | undefined | 'unknown' }[], keys: TrustedKey[]): SignatureResult[] {
  return found.map(({ by }) => {
    if (by === 'unknown')
      return { verdict: 'undecided', code: undecided.code, undecided, checks: [] } as never;
    const trusted = by === undefined ? undefined : KEYS[by];
    const isGood = trusted !== undefined && keys.includes(trusted);
    return (
      isGood
        ? { verdict: 'verified', code: 'VERIFIED', signer: { trusted }, checks: [] }
        : { verdict: 'refused', code: 'UNTRUSTED_KEY', checks: [] }
    ) as never;
  });
}

const setting = fc.record({
  found: fc.array(result, { maxLength: 6 }),
  keys: fc.subarray(KEYS),
  threshold: fc.integer({ min: 1, max: 4 }),
  gaps: fc.array(fc.constant(undecided), { maxLength: 1 }),
});

function verdictOf({ found, keys, threshold, gaps }: Parameters<Parameters<typeof setting.map>[0]>[0]) {
  const requirement = { keys, threshold, perSignature: { annotations: [] } };
  return judge([{ requirement, results: resultsFor(found, keys) }], gaps).verdict;
}

describe('verdicts', () => {
  it('one more signature never changes verified', () => {
    fc.assert(
      fc.property(setting, result, (one, more) => {
        if (verdictOf(one) === 'verified')
          expect(verdictOf({ ...one, found: [...one.found, more] })).toBe('verified');
      }),
      runs(2000),
    );
  });

  it('one key less never turns refused or undecided into verified', () => {
    fc.assert(
      fc.property(setting, (one) => {
        for (const gone of one.keys) {
          const fewer = { ...one, keys: one.keys.filter((key) => key !== gone) };
          if (verdictOf(one) !== 'verified') expect(verdictOf(fewer)).not.toBe('verified');
        }
      }),
      runs(2000),
    );
  });

  it('with an undecided signature the verdict is undecided, unless the other signatures decide it', () => {
    fc.assert(
      fc.property(setting, (one) => {
        const known = { ...one, gaps: [], found: one.found.filter(({ by }) => by !== 'unknown') };
        const hasUnknown = one.gaps.length > 0 || known.found.length < one.found.length;
        const [all, some] = [verdictOf(one), verdictOf(known)];
        if (some === 'verified') expect(all).toBe('verified');
        else expect(all).toBe(hasUnknown ? 'undecided' : 'refused');
      }),
      runs(2000),
    );
  });

  it('a requirement that is definitely not met refuses, even if another one is undecided', () => {
    const one = { keys: KEYS, threshold: 1, perSignature: { annotations: [] } };
    const [known, unknown] = [resultsFor([{ by: undefined }], KEYS), resultsFor([{ by: 'unknown' }], KEYS)];
    const both = (a: SignatureResult[], b: SignatureResult[]) =>
      judge(
        [a, b].map((results) => ({ requirement: one, results })),
        [],
      );
    expect(both(known, unknown).verdict).toBe('refused');
    expect(both(unknown, known).verdict).toBe('refused');
    expect(both(unknown, unknown).verdict).toBe('undecided');
    expect(both(resultsFor([{ by: 0 }], KEYS), unknown).verdict).toBe('undecided');
  });

  it('a threshold is met only by signatures of one digest, in any order', () => {
    const about = (thing: string, by: number) => {
      const [result] = resultsFor([{ by }], KEYS);
      const digest = { digests: { sha256: new TextEncoder().encode(thing) } };
      return { ...result, evidence: { subject: digest } } as unknown as SignatureResult;
    };
    const two = { keys: KEYS, threshold: 2, perSignature: { annotations: [] } };
    const verdict = (...results: SignatureResult[]) => judge([{ requirement: two, results }], []).verdict;
    expect(verdict(about('index', 0), about('index', 1), about('leaf', 2))).toBe('verified');
    expect(verdict(about('leaf', 2), about('index', 0), about('index', 1))).toBe('verified');
    expect(verdict(about('index', 0), about('leaf', 1))).toBe('refused');
    expect(verdict(about('index', 0), about('index', 0))).toBe('refused');
  });

  it('an empty list of requirements is never verified', () => {
    expect(judge([], []).verdict).toBe('refused');
    const requirement = { keys: KEYS, threshold: 0, perSignature: { annotations: [] } };
    expect(judge([{ requirement, results: resultsFor([{ by: 0 }], KEYS) }], []).verdict).toBe('refused');
  });
});
