// A policy: ordered rules for image names, as plain data. select_rule.ts selects the rule that applies; verdict.ts decides whether its
// requirements are met.
import type { PredicateCondition } from './predicate_condition.ts';

export interface Policy {
  /** Other locations of the same images. `from` and `to` are prefixes that consist of whole segments. */
  mirrors: Mirror[];
  /** The first matching rule decides. */
  rules: Rule[];
}

export interface Mirror {
  from: string;
  to: string;
}

/** With `warn`, the verdict is still a refusal, but the gate and admission let the image pass with a warning. */
export type Enforcement = 'enforce' | 'warn';

interface NamedRule {
  name: string;
  /** Patterns for full names, as in name_pattern.ts. One match is enough. */
  match: string[];
  /** If any of these matches, the rule does not apply. */
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
  /** Milliseconds since the epoch. From then on, the rule matches nothing. */
  until?: number;
}

export type Rule = RequiringRule | ExemptingRule;

export interface RuleRequirement {
  /** The number of different keys that must have signed. */
  threshold: number;
  /** Ids in the trust store. */
  keys: string[];
  /** All must be in the signed payload. */
  annotations: [name: string, value: string][];
  transparency?: 'required' | 'online';
  attestations: AttestationRequirement[];
}

export interface AttestationRequirement {
  /** Predicate type. */
  type: string;
  keys: string[];
  threshold: number;
  /** All must hold for the predicate. */
  where: PredicateCondition[];
}

export function isExempting(rule: Rule): rule is ExemptingRule {
  return 'unsafeAllowUnsigned' in rule;
}
