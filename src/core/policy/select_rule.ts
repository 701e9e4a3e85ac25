// Which rule of a policy decides about a name: the first that matches, after mirrors. No pattern looks at tags.
import { attempt, Malformed } from '../encoding/malformed.ts';
import { fullName, parseImageReference, parseRepositoryName } from '../reference.ts';
import { matchesName } from '../trust/name_pattern.ts';
import { isExempting, type Mirror, type Policy, type Rule } from './policy.ts';

export interface Selection {
  /** The name that rules and scopes are matched against. */
  name: string;
  /** Absent when none matches. */
  rule?: Rule;
  /** The rules looked at, in order, the deciding one last. */
  tried: { rule: string; result: string }[];
}

/**
 * @param name a full name, normalised
 * @param now milliseconds since the epoch: an exemption may have ended
 */
export function selectRule({ mirrors, rules }: Policy, name: string, now: number): Selection {
  const mapped = nameAfterMirrors(mirrors, name);
  const tried: Selection['tried'] = [];
  for (const rule of rules) {
    const problem = whyNot(rule, mapped, now);
    const matching = rule.match.find((pattern) => matchesName(pattern, mapped));
    tried.push({ rule: rule.name, result: problem ?? `matched by ${matching}` });
    if (problem === undefined) return { name: mapped, rule, tried };
  }
  return { name: mapped, tried };
}

function whyNot(rule: Rule, name: string, now: number): string | undefined {
  if (!rule.match.some((pattern) => matchesName(pattern, name))) return 'no pattern matches';
  const exception = rule.except.find((pattern) => matchesName(pattern, name));
  if (exception !== undefined) return `excepted by ${exception}`;
  return isExempting(rule) && now >= (rule.until ?? Number.POSITIVE_INFINITY)
    ? 'the exemption has ended'
    : undefined;
}

/**
 * The longest prefix of whole segments wins, and counts once: what it leads to is not mapped again. A prefix that is an image itself
 * stands for one only where it leads to a repository.
 */
export function nameAfterMirrors(mirrors: Mirror[], name: string): string {
  const fitting = mirrors.filter(
    ({ from, to }) => name.startsWith(`${from}/`) || (name === from && to.includes('/')),
  );
  const [longest] = fitting.sort((a, b) => b.from.length - a.from.length);
  if (longest === undefined) return name;
  return normalized(`${longest.to}${name.slice(longest.from.length)}`);
}

/** A mirror of Docker Hub may leave out `library/`. */
function normalized(mapped: string): string {
  const reference = attempt(() => parseImageReference(mapped));
  return reference instanceof Malformed ? mapped : fullName(reference);
}

/**
 * A registry, or a registry and the beginning of a repository, in its one spelling.
 * @throws Malformed
 */
export function parseNamePrefix(text: string): string {
  const { registry, repository } = parseRepositoryName(`${text}/x`);
  const prefix = `${registry}/${repository}`.slice(0, -'/x'.length);
  // A host without a dot has become a path on Docker Hub, which then is another text.
  if (prefix.replace(/\/library$/, '') !== text.replace(/\/library$/, ''))
    throw new Malformed('mirror', `write it as a registry with or without a path, as in ${prefix}`);
  return text;
}
