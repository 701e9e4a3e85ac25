// Which rule decides about a name, and what is reported about the rules that do not.
import { describe, expect, test, vi } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import type { Rule } from '../../src/core/policy/policy.ts';
import { nameAfterMirrors, parseNamePrefix, selectRule } from '../../src/core/policy/select_rule.ts';

const UNTIL = Date.parse('2026-01-01T00:00:00Z');
const exempting: Rule = {
  name: 'legacy',
  match: ['ghcr.io/other/*', 'ghcr.io/acme/*'],
  except: ['ghcr.io/acme/web'],
  unsafeAllowUnsigned: 'until it is signed',
  until: UNTIL,
};
const requiring: Rule = {
  name: 'all',
  match: ['**'],
  except: [],
  mode: 'enforce',
  require: { threshold: 1, keys: ['release'], annotations: [], attestations: [] },
};
const select = (name: string, now: number, rules = [exempting, requiring]) =>
  selectRule({ mirrors: [{ from: 'mirror.example', to: 'ghcr.io' }], rules }, name, now);

describe('a rule', () => {
  test('decides by its first pattern that matches, after mirrors', () => {
    expect(select('mirror.example/acme/app', UNTIL - 1)).toEqual({
      name: 'ghcr.io/acme/app',
      rule: exempting,
      tried: [{ rule: 'legacy', result: 'matched by ghcr.io/acme/*' }],
    });
  });

  test('is sought with one match of each pattern, and what was tried is told only on demand', () => {
    const rules = Array.from({ length: 50 }, (_, at) => ({ ...exempting, match: [`r${at}.example/**`] }));
    const splits = vi.spyOn(String.prototype, 'split');
    const segments = vi.spyOn(String.prototype, Symbol.iterator as unknown as 'split');
    const selection = select('ghcr.io/acme/app', UNTIL - 1, rules);
    // Each match splits the pattern and the name.
    expect([splits.mock.calls.length, segments.mock.calls.length]).toEqual([100, 0]);
    vi.restoreAllMocks();
    expect(selection.tried).toHaveLength(50);
  });

  test('whose exception or patterns do not match leaves the decision to the next', () => {
    expect(select('ghcr.io/acme/web', UNTIL - 1).tried).toEqual([
      { rule: 'legacy', result: 'excluded by ghcr.io/acme/web' },
      { rule: 'all', result: 'matched by **' },
    ]);
    expect(select('quay.io/acme/web', UNTIL - 1).tried[0]?.result).toBe('no pattern matches');
  });

  test('that exempts no longer applies from its `until` on, to the millisecond', () => {
    const ended = { rule: 'legacy', result: 'the exemption has ended' };
    expect(select('ghcr.io/acme/app', UNTIL - 1).rule).toBe(exempting);
    for (const now of [UNTIL, UNTIL + 1]) {
      expect(select('ghcr.io/acme/app', now).rule).toBe(requiring);
      expect(select('ghcr.io/acme/app', now).tried[0]).toEqual(ended);
    }
    const { until: _, ...endless } = exempting as typeof exempting & { until?: number };
    expect(select('ghcr.io/acme/app', UNTIL, [endless as Rule]).rule).toBe(endless);
  });

  test('is not selected if none matches', () => {
    expect(select('quay.io/x', 0, [exempting])).toEqual({
      name: 'quay.io/x',
      tried: [{ rule: 'legacy', result: 'no pattern matches' }],
    });
    const stray = { ...requiring, until: UNTIL } as Rule;
    expect(select('quay.io/x', UNTIL, [stray]).rule).toBe(stray);
  });
});

describe('mirrors', () => {
  const mirrors = [
    { from: 'mirror.example', to: 'docker.io' },
    { from: 'mirror.example/deep/path', to: 'ghcr.io/acme' },
    { from: 'mirror.example/deep', to: 'quay.io' },
  ];
  test.each([
    ['mirror.example/nginx', 'docker.io/library/nginx'],
    ['mirror.example/acme/app', 'docker.io/acme/app'],
    ['mirror.example/deep/app', 'quay.io/app'],
    ['mirror.example/deep/path/app', 'ghcr.io/acme/app'],
    ['mirror.example/deep/path', 'ghcr.io/acme'],
    // `quay.io` alone is not a repository name: the longest prefix that leads to one counts.
    ['mirror.example/deep', 'docker.io/library/deep'],
    ['mirror.example.org/x', 'mirror.example.org/x'],
    ['mirror.example/deeper/x', 'docker.io/deeper/x'],
    ['other.example/mirror.example/x', 'other.example/mirror.example/x'],
  ])('%s stands for %s', (name, mapped) => expect(nameAfterMirrors(mirrors, name)).toBe(mapped));

  test('a result that is not a valid name is kept as it is', () => {
    expect(nameAfterMirrors([{ from: 'a.example', to: 'B' }], 'a.example/UPPER')).toBe('B/UPPER');
  });
});

describe('a prefix', () => {
  test.each([
    'ghcr.io',
    'ghcr.io/acme',
    'docker.io',
    'docker.io/library',
    'docker.io/acme',
    'docker.iox',
    'localhost:5000/x',
  ])('%s is accepted unchanged', (text) => expect(parseNamePrefix(text)).toBe(text));
  test.each(['acme', 'acme/app', 'docker', 'index.docker.io', 'GHCR.io', 'ghcr.io/', '', 'docker.io.'])(
    '%s is refused',
    (text) => expect(() => parseNamePrefix(text)).toThrow(Malformed),
  );
});
