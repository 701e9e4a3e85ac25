// The checks that apply to a bundle, by the kind of its entry.
import type { CheckName } from '../../src/core/checks.ts';
import type { Kind } from './bundle_harness.ts';
import { inOrder, without } from './check_alone.ts';

export const PROVEN: CheckName[] = [
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
/** With a v1 log: a promise and a proof. */
export const V1 = inOrder([...PROVEN, 'set']);
/** With a v2 log: a proof alone. */
export const V2 = PROVEN;
export const checksOf = (kind: Kind) => (kind === 'v2' ? V2 : V1);
export const KINDS: Kind[] = ['dsse', 'intoto', 'hashedrekord', 'v2'];
/** A bare signature over an artifact in hand. */
export const BARE = without(V1, 'payload-digest', 'predicate-type');
