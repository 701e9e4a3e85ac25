// Turns a caller's trust into requirements: named keys make one requirement, a policy's rule several.

import type { PublicKey } from '../core/crypto/public_key.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../core/formats/in_toto.ts';
import {
  type ExemptingRule,
  isExempting,
  type RequiringRule,
  type RuleRequirement,
} from '../core/policy/policy.ts';
import { selectRule } from '../core/policy/select_rule.ts';
import type { SignatureRequirements } from '../core/signature_requirements.ts';
import type { Wanted } from '../registry/find_evidence.ts';
import { findPolicy, noPolicy, type StoredPolicy } from '../store/policies.ts';
import type { PolicyChoice, Question } from './question.ts';
import { Refused } from './refused.ts';
import type { Progress } from './report.ts';
import type { Session } from './session.ts';

/** A requirement whose keys are not loaded yet. */
export interface PlannedRequirement {
  keys: NamedKeys;
  threshold: number;
  perSignature: SignatureRequirements;
}

export type NamedKeys =
  /** Ids or fingerprints that the caller named; all of them must exist. */
  | { named: string[] }
  /** Ids that a rule lists; one that is not stored counts as having signed nothing. */
  | { listed: string[] }
  | { own: PublicKey[]; isLogWaived: boolean };

export interface Plan {
  requirements: PlannedRequirement[];
}

export interface Exemption {
  exemption: ExemptingRule;
}

/**
 * @param name the full name that the image is used under, before any mirror
 * @param progress receives the policy and rule that decide
 * Errors: `NO_TRUST_NAMED`, `POLICY_NOT_FOUND`, `BAD_REQUEST`; `Refused` if no rule matches.
 */
export async function planFor(
  session: Session,
  question: Question,
  name: string | undefined,
  progress: Progress,
): Promise<Plan | Exemption> {
  const { trust } = question;
  if ('policy' in trust) return planByPolicy(session, question, trust.policy, name, progress);
  const keys: NamedKeys =
    'keys' in trust ? { named: trust.keys } : { own: trust.publicKeys, isLogWaived: trust.isLogWaived };
  return { requirements: [{ keys, threshold: 1, perSignature: asked(question, name) }] };
}

/** What the caller requires of each signature or attestation. */
function asked(
  { annotations, transparency, attestation }: Question,
  name: string | undefined,
): SignatureRequirements {
  return {
    annotations,
    ...(name !== undefined && { name }),
    ...(transparency !== undefined && { transparency }),
    ...(attestation !== undefined && { attestation }),
  };
}

async function planByPolicy(
  session: Session,
  question: Question,
  choice: PolicyChoice,
  name: string | undefined,
  progress: Progress,
): Promise<Plan | Exemption> {
  const { id, version, policy } = await choosePolicy(session, choice);
  if (name === undefined)
    throw new CallerError(
      'BAD_REQUEST',
      'A policy decides by name; say where the artifact is meant to go with reference=NAME.',
    );
  const selection = selectRule(policy, name, session.verifier.ports.now());
  const { rule } = selection;
  const enforcement = rule === undefined || isExempting(rule) ? 'enforce' : rule.mode;
  progress.policy = {
    id,
    version,
    enforcement,
    selection,
    ...(rule !== undefined && { rule: rule.name }),
  };
  const nearly = selection.near === undefined ? '' : ` (${selection.near})`;
  if (rule === undefined)
    throw new Refused('POLICY_NO_RULE', `No rule of the policy ${id} matches ${selection.name}${nearly}.`);
  if (!isExempting(rule)) return planByRule(question, rule, selection.name);
  refuseMoreThanExempt(question, rule);
  return { exemption: rule };
}

async function choosePolicy({ store }: Session, choice: PolicyChoice): Promise<StoredPolicy> {
  if ('draft' in choice) return choice.draft;
  const found = await findPolicy(store, choice.id);
  if (found !== undefined) return found;
  if (!choice.isImplied) throw noPolicy(choice.id);
  throw new CallerError(
    'NO_TRUST_NAMED',
    'There is no policy "default", which decides at the gate and where a call names neither keys nor a policy. Have an administrator store it with PUT /v1/policies/default, or name one of these in the call.',
  );
}

/** An exemption has no keys that could meet the caller's own requirements, and these must not be ignored. */
function refuseMoreThanExempt({ annotations, attestation, transparency }: Question, { name }: ExemptingRule) {
  if (annotations.length === 0 && attestation === undefined && transparency === undefined) return;
  throw new CallerError(
    'BAD_REQUEST',
    `The rule ${name} exempts this image from signing; name keys instead of a policy to require annotations, attestations or a log entry.`,
  );
}

/** Combines the rule's requirements with the caller's own: a request may only strengthen a rule. */
function planByRule(question: Question, { require }: RequiringRule, name: string): Plan {
  const transparency = strongest(require.transparency, question.transparency);
  const common = { name, ...(transparency !== undefined && { transparency }) };
  const signatures: PlannedRequirement = {
    keys: { listed: require.keys },
    threshold: require.threshold,
    perSignature: { ...common, annotations: [...require.annotations, ...question.annotations] },
  };
  const attestations = [...require.attestations, ...askedAttestation(question, require)].map(
    ({ type, keys, threshold, where }): PlannedRequirement => ({
      keys: { listed: keys },
      threshold,
      perSignature: { ...common, annotations: [], attestation: type, predicate: where },
    }),
  );
  return { requirements: [signatures, ...attestations] };
}

/** An attestation that the rule already requires must be by the rule's keys for it; one of another type, by the rule's signing keys. */
function askedAttestation({ attestation }: Question, { keys, attestations }: RuleRequirement) {
  if (attestation === undefined || attestations.some(({ type }) => type === attestation)) return [];
  return [{ type: attestation, keys, threshold: 1, where: [] }];
}

function strongest(
  ...wishes: SignatureRequirements['transparency'][]
): SignatureRequirements['transparency'] {
  return wishes.includes('online') ? 'online' : wishes.find((wish) => wish !== undefined);
}

/** Where to look: signatures, attestations, or both. */
export function wantedBy({ requirements }: Plan): Wanted {
  const types = requirements.flatMap(({ perSignature: { attestation } }) => attestation ?? []);
  if (types.length === 0) return { what: 'signatures', predicateTypes: [SIGNATURE_PREDICATE_TYPE] };
  return types.length === requirements.length
    ? { what: 'attestations', predicateTypes: types }
    : { what: 'everything', predicateTypes: [SIGNATURE_PREDICATE_TYPE, ...types] };
}
