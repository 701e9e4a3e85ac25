// The core on the other forms of signatures, each with its floor: the WebCrypto calls that such a verification makes, recorded once and
// repeated on their own.
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import { makeAttached, makeBundle } from '../../test/conformance/support/bundle_harness.ts';
import type { Subject } from '../../test/conformance/support/harness.ts';
import type { Work } from './work.ts';

export const FORMS = ['bundle', 'bundle-v2', 'attestation'] as const;
export type Form = (typeof FORMS)[number];

const MAKERS: Record<Form, () => Promise<Subject<SignatureEvidence>>> = {
  /** Signature, promise and checkpoint. */
  bundle: () => makeBundle({ kind: 'dsse' }),
  /** Signature and an Ed25519 checkpoint. */
  'bundle-v2': () => makeBundle({ kind: 'v2' }),
  /** Signature and promise, with the envelope attached to the image. */
  attestation: () => makeAttached(),
};

export async function makeForm(form: Form): Promise<{ core: Work; floor: Work }> {
  const { evidence, trust, requirements, now } = await MAKERS[form]();
  const core = async () => {
    const fresh = { ...evidence, facts: new Map() } as SignatureEvidence;
    const { code } = await verifySignatureEvidence(fresh, trust, requirements, now, {
      verifications: 0,
      proofs: 0,
    });
    if (code !== 'VERIFIED') throw new Error(`the core returned ${code}`);
  };
  const verifies = await recordVerifies(core);
  const floor = async () => {
    for (const args of verifies)
      if (!(await crypto.subtle.verify(...args))) throw new Error('the floor did not verify');
  };
  return { core, floor };
}

type VerifyArguments = Parameters<typeof crypto.subtle.verify>;

async function recordVerifies(work: Work): Promise<VerifyArguments[]> {
  const recorded: VerifyArguments[] = [];
  const { subtle } = crypto;
  const genuine = subtle.verify.bind(subtle);
  subtle.verify = (...args: VerifyArguments) => {
    recorded.push(args);
    return genuine(...args);
  };
  try {
    await work();
  } finally {
    subtle.verify = genuine;
  }
  if (recorded.length < 2)
    throw new Error(`only ${recorded.length} calls of crypto.subtle.verify were recorded`);
  return recorded;
}
