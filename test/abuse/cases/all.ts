// Every published failure, in the order of their ids.
import type { AbuseCase } from '../abuse_case.ts';
import { admission } from './admission.ts';
import { gateAnswers } from './gate_answers.ts';
import { gatePassing } from './gate_passing.ts';
import { logEntries } from './log_entries.ts';
import { logProofs } from './log_proofs.ts';
import { registryAnswers } from './registry_answers.ts';
import { registryHosts } from './registry_hosts.ts';
import { registryManifests } from './registry_manifests.ts';
import { service } from './service.ts';
import { signaturesBinding } from './signatures_binding.ts';
import { signaturesForms } from './signatures_forms.ts';
import { signaturesTrust } from './signatures_trust.ts';
import { trustKeys } from './trust_keys.ts';
import { trustPolicies } from './trust_policies.ts';

export const abuseCases: AbuseCase[] = [
  ...signaturesBinding,
  ...signaturesForms,
  ...signaturesTrust,
  ...registryManifests,
  ...registryHosts,
  ...registryAnswers,
  ...logProofs,
  ...logEntries,
  ...trustPolicies,
  ...trustKeys,
  ...gatePassing,
  ...gateAnswers,
  ...admission,
  ...service,
];
