// Selects the rule of a policy that decides about a name: the first match, after mirrors are applied. Patterns never match tags.
import { attempt, Malformed } from '../encoding/malformed.ts';
import { fullName, parseImageReference, parseRepositoryName } from '../reference.ts';
import { matchesName } from '../trust/name_pattern.ts';
import { isExempting, type Mirror, type Policy, type Rule } from './policy.ts';

const NO_PATTERN = 'no pattern matches';

export interface Selection {
  /** The name that rules and scopes match against. */
  name: string;
  /** Absent if no rule matches. */
  rule?: Rule;
  /** If no rule matches: the first one whose pattern does, and why it does not apply. */
  near?: string;
  /** The rules examined, in order; the deciding one is last. */
  readonly tried: { rule: string; result: string }[];
}

/**
 * @param name a normalised full name
 * @param now milliseconds since the epoch, because exemptions may have ended
 */
export function selectRule({ mirrors, rules }: Policy, name: string, now: number): Selection {
  const mapped = nameAfterMirrors(mirrors, name);
  let near: string | undefined;
  const at = rules.findIndex((rule) => {
    const problem = whyNot(rule, mapped, now);
    if (problem === undefined) return true;
    if (problem !== NO_PATTERN) near ??= `${rule.name}: ${problem}`;
    return false;
  });
  const rule = rules[at];
  return {
    name: mapped,
    ...(rule === undefined ? near !== undefined && { near } : { rule }),
    // Made on demand: only the test of a policy shows it, and one review may be about thousands of images.
    get tried() {
      return rules.slice(0, rule === undefined ? undefined : at + 1).map((one) => ({
        rule: one.name,
        result: whyNot(one, mapped, now) ?? `matched by ${patternFor(one, mapped)}`,
      }));
    },
  };
}

function patternFor(rule: Rule, name: string): string | undefined {
  return rule.match.find((pattern) => matchesName(pattern, name));
}

function whyNot(rule: Rule, name: string, now: number): string | undefined {
  if (patternFor(rule, name) === undefined) return NO_PATTERN;
  const exception = rule.except.find((pattern) => matchesName(pattern, name));
  if (exception !== undefined) return `excluded by ${exception}`;
  return isExempting(rule) && now >= (rule.until ?? Number.POSITIVE_INFINITY)
    ? 'the exemption has ended'
    : undefined;
}

/**
 * Applies the mirror with the longest prefix of whole segments, only once: the result is not mapped again. A mirror for the entire name
 * applies only if its `to` includes a repository.
 */
export function nameAfterMirrors(mirrors: Mirror[], name: string): string {
  const fitting = mirrors.filter(
    ({ from, to }) => name.startsWith(`${from}/`) || (name === from && to.includes('/')),
  );
  const [longest] = fitting.sort((a, b) => b.from.length - a.from.length);
  if (longest === undefined) return name;
  return normalized(`${longest.to}${name.slice(longest.from.length)}`);
}

/** Names in a mirror of Docker Hub may omit `library/`. */
function normalized(mapped: string): string {
  const reference = attempt(() => parseImageReference(mapped));
  return reference instanceof Malformed ? mapped : fullName(reference);
}

/**
 * Parses a registry, optionally with the beginning of a repository, in normalised spelling.
 * @throws Malformed
 */
export function parseNamePrefix(text: string): string {
  const { registry, repository } = parseRepositoryName(`${text}/x`);
  const prefix = `${registry}/${repository}`.slice(0, -'/x'.length);
  // A host without a dot has become a path on Docker Hub, so the text differs.
  if (prefix.replace(/\/library$/, '') !== text.replace(/\/library$/, ''))
    throw new Malformed('mirror', `write it as a registry, with or without a path: ${prefix}`);
  return text;
}
