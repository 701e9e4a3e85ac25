// The schema of a policy as administrators write it, and the conversion to the core's form. The same schema validates on writing and on
// reading.
import * as z from 'zod';
import { parseDuration } from '../core/encoding/duration.ts';
import { parsePredicateType } from '../core/formats/in_toto.ts';
import type { AttestationRequirement, Policy, Rule, RuleRequirement } from '../core/policy/policy.ts';
import { type PredicateCondition, parsePointer } from '../core/policy/predicate_condition.ts';
import { parseNamePrefix } from '../core/policy/select_rule.ts';
import { parseNamePattern } from '../core/trust/name_pattern.ts';
import { readableBy } from './readable_by.ts';
import { idSchema, instantSchema } from './records.ts';

/** Each key costs two store reads and, at worst, a verification per signature. */
const MAX_RULE_KEYS = 16;
const MAX_PATTERNS = 100;
const MAX_ATTESTATIONS = 8;
const MAX_CONDITIONS = 32;
const MAX_TEXT = 1024;

const pattern = readableBy(parseNamePattern);
const patterns = z.array(pattern).min(1, 'an empty list would match nothing').max(MAX_PATTERNS);
const label = z
  .string()
  .min(1)
  .max(MAX_TEXT)
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, 'expected one line of text');
const keys = z
  .array(idSchema)
  .min(1, 'an empty list of keys would trust nobody')
  .max(MAX_RULE_KEYS)
  .refine((ids) => new Set(ids).size === ids.length, 'a key is listed twice');
const threshold = z.int().min(1).max(MAX_RULE_KEYS);
const scalar = z.union([z.string().max(MAX_TEXT), z.number(), z.boolean(), z.null()]);
const conditionSchema = z.union(
  [
    scalar,
    z.array(scalar).min(1).max(MAX_PATTERNS),
    z.strictObject({
      maxAge: readableBy(parseDuration).meta({
        description: 'The RFC 3339 time at the pointer is at most this long ago: 168h, 90m, …',
      }),
    }),
  ],
  {
    error: `expected a string, a number (no integer of 2^53 or more), true, false, null, a list of at most ${MAX_PATTERNS} of these, or {"maxAge": "168h"}`,
  },
);

/** A record with 1 to `most` entries. */
function entries<K extends z.ZodType<string, string>, V extends z.ZodType>(key: K, value: V, most: number) {
  return z.record(key, value).refine((record) => {
    const { length } = Object.keys(record);
    return length > 0 && length <= most;
  }, `expected 1 to ${most} entries; leave it out for none`);
}

const attestationSchema = z.strictObject({
  type: readableBy(parsePredicateType).meta({
    description: "A predicate type's URI, or cosign's short name",
  }),
  keys: keys.optional().meta({ description: "Key ids; default: the rule's own" }),
  threshold: threshold.optional(),
  where: entries(readableBy(parsePointer), conditionSchema, MAX_CONDITIONS).optional().meta({
    description:
      'JSON pointer into the predicate → the value or the list of values allowed there, or the greatest age of the time there',
  }),
});

const requireSchema = z.strictObject({
  threshold: threshold
    .optional()
    .meta({ description: 'Number of different keys that must have signed; default 1' }),
  keys,
  annotations: entries(z.string().min(1), z.string().max(MAX_TEXT), MAX_CONDITIONS).optional(),
  transparency: z.enum(['required', 'online']).optional(),
  attestations: z
    .array(attestationSchema)
    .min(1, 'an empty list requires nothing; leave it out')
    .max(MAX_ATTESTATIONS)
    .optional(),
});

const ruleSchema = z
  .strictObject({
    name: label,
    match: patterns,
    except: z.array(pattern).max(MAX_PATTERNS).optional(),
    mode: z.enum(['enforce', 'warn']).optional(),
    require: requireSchema.optional(),
    unsafeAllowUnsigned: label.optional().meta({ description: 'The reason' }),
    until: instantSchema.optional().meta({ description: 'When the exemption ends' }),
  })
  .superRefine((rule, context) => {
    const say = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if ((rule.require === undefined) === (rule.unsafeAllowUnsigned === undefined))
      say([], 'expected either require or unsafeAllowUnsigned');
    if (rule.require === undefined && rule.mode !== undefined)
      say(['mode'], 'is only allowed in a rule with require');
    if (rule.until !== undefined && rule.unsafeAllowUnsigned === undefined)
      say(['until'], 'is only allowed in a rule with unsafeAllowUnsigned');
    if (rule.require !== undefined) checkThresholds(rule.require, say);
  });

/** Rejects a threshold that can never be met: it is a mistake, not a strict rule. */
function checkThresholds(
  { threshold: wanted = 1, keys: ids, attestations = [] }: z.output<typeof requireSchema>,
  say: (path: string[], message: string) => void,
): void {
  const problem = (most: number) => `can never be met with ${most} keys`;
  if (wanted > ids.length) say(['require', 'threshold'], problem(ids.length));
  for (const [at, attestation] of attestations.entries()) {
    const most = (attestation.keys ?? ids).length;
    if ((attestation.threshold ?? 1) > most)
      say(['require', 'attestations', String(at), 'threshold'], problem(most));
  }
}

export const policyDocumentSchema = z.strictObject({
  description: label.optional(),
  mirrors: entries(readableBy(parseNamePrefix), readableBy(parseNamePrefix), MAX_PATTERNS).optional(),
  rules: z.array(ruleSchema).superRefine((rules, context) => {
    const names = new Set<string>();
    for (const [at, { name }] of rules.entries()) {
      if (names.has(name))
        context.addIssue({
          code: 'custom',
          path: [at, 'name'],
          message: 'is already the name of an earlier rule',
        });
      names.add(name);
    }
  }),
});
export type PolicyDocument = z.output<typeof policyDocumentSchema>;

export function toPolicy({ mirrors = {}, rules }: PolicyDocument): Policy {
  return {
    mirrors: Object.entries(mirrors).map(([from, to]) => ({ from, to })),
    rules: rules.map(toRule),
  };
}

function toRule(rule: PolicyDocument['rules'][number]): Rule {
  const { name, match, except = [], mode = 'enforce', require, unsafeAllowUnsigned, until } = rule;
  if (require !== undefined) return { name, match, except, mode, require: toRequirement(require) };
  if (unsafeAllowUnsigned === undefined) throw new TypeError('a rule without require or unsafeAllowUnsigned');
  const end = until === undefined ? {} : { until: Date.parse(until) };
  return { name, match, except, unsafeAllowUnsigned, ...end };
}

function toRequirement(document: z.output<typeof requireSchema>): RuleRequirement {
  const { threshold: wanted = 1, keys: ids, annotations = {}, transparency, attestations = [] } = document;
  return {
    threshold: wanted,
    keys: ids,
    annotations: Object.entries(annotations),
    ...(transparency !== undefined && { transparency }),
    attestations: attestations.map((attestation) => toAttestation(attestation, ids)),
  };
}

function toAttestation(
  { type, keys: own, threshold: wanted = 1, where = {} }: z.output<typeof attestationSchema>,
  ids: string[],
): AttestationRequirement {
  return {
    type: parsePredicateType(type),
    keys: own ?? ids,
    threshold: wanted,
    where: Object.entries(where).map(([pointer, condition]) => toCondition(pointer, condition)),
  };
}

function toCondition(pointer: string, condition: z.output<typeof conditionSchema>): PredicateCondition {
  if (typeof condition !== 'object' || condition === null) return { pointer, values: [condition] };
  if (Array.isArray(condition)) return { pointer, values: condition };
  const { maxAge } = condition;
  return { pointer, maxAge: { text: maxAge, milliseconds: parseDuration(maxAge) } };
}

/** All places where the policy names a key, such as `rules.0.require.keys.1`. */
export function keyPlaces({ rules }: PolicyDocument): { place: string; id: string }[] {
  const list = (ids: string[] | undefined, place: string) =>
    (ids ?? []).map((id, at) => ({ place: `${place}.keys.${at}`, id }));
  return rules.flatMap(({ require }, at) => [
    ...list(require?.keys, `rules.${at}.require`),
    ...(require?.attestations ?? []).flatMap(({ keys: ids }, i) =>
      list(ids, `rules.${at}.require.attestations.${i}`),
    ),
  ]);
}
