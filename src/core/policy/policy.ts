// A policy: ordered rules over image names. What it says is plain data; which rule decides is in select_rule.ts, and whether what
// the rule requires is there is judged in verdict.ts.
import type { PredicateCondition } from './predicate_condition.ts';

export interface Policy {
  /** Names that are the same thing elsewhere: `from` and `to` are prefixes of whole segments. */
  mirrors: Mirror[];
  /** The first that matches decides. */
  rules: Rule[];
}

export interface Mirror {
  from: string;
  to: string;
}

/** `warn` still refuses; a gate or an admission lets what is refused pass, and says so. */
export type Enforcement = 'enforce' | 'warn';

interface NamedRule {
  name: string;
  /** Patterns over full names, as in name_pattern.ts; any one is enough. */
  match: string[];
  /** Any one of these makes the rule not match. */
  except: string[];
}

export interface RequiringRule extends NamedRule {
  mode: Enforcement;
  require: RuleRequirement;
}

/** A named exemption. */
export interface ExemptingRule extends NamedRule {
  /** The reason. */
  unsafeAllowUnsigned: string;
  /** Milliseconds since the epoch; from then on the rule matches nothing. */
  until?: number;
}

export type Rule = RequiringRule | ExemptingRule;

export interface RuleRequirement {
  /** Signatures by so many different keys. */
  threshold: number;
  /** Ids in the trust store. */
  keys: string[];
  /** All must stand in what is signed. */
  annotations: [name: string, value: string][];
  transparency?: 'required' | 'online';
  attestations: AttestationRequirement[];
}

export interface AttestationRequirement {
  /** Predicate type. */
  type: string;
  keys: string[];
  threshold: number;
  /** All must hold of the predicate. */
  where: PredicateCondition[];
}

export function isExempting(rule: Rule): rule is ExemptingRule {
  return 'unsafeAllowUnsigned' in rule;
}
