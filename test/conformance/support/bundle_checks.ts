// The checks that apply to a bundle, by the kind of its log entry.
import type { CheckName } from '../../../src/core/checks.ts';
import type { Kind } from './bundle_harness.ts';
import { inOrder, without } from './check_alone.ts';

const PROVEN: CheckName[] = [
  'payload-digest',
  'payload-type',
  'subject-digest',
  'key-known',
  'signature',
  'log-known',
  'log-key-valid',
  'inclusion-proof',
  'checkpoint',
  'entry-kind',
  'entry-signature',
  'entry-payload',
  'entry-key',
  'predicate-type',
];
/** With an entry of a v1 log, which has a promise and an inclusion proof. */
export const V1 = inOrder([...PROVEN, 'set']);
/** With an entry of a v2 log, which has only an inclusion proof. */
export const V2 = PROVEN;
export const checksOf = (kind: Kind) => (kind === 'v2' ? V2 : V1);
export const KINDS: Kind[] = ['dsse', 'intoto', 'hashedrekord', 'v2'];
/** For a bare signature over an artifact that the caller has. */
export const BARE = without(V1, 'payload-digest', 'predicate-type');
