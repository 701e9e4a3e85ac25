// entry-kind, entry-signature, entry-payload, entry-key: the logged entry is about this very signature, payload and key. A
// genuine entry about something else is worth nothing (CVE-2022-36056).
import { equalBytes, toHex } from '../bytes.ts';
import { fail, pass, type Step } from '../checks.ts';
import { type LogBody, UnsupportedLogBody } from '../log_body.ts';
import { Malformed } from '../malformed.ts';
import type { Signer, Verification } from '../verification.ts';
import { hasEntry } from './log_proof.ts';
import { payloadHash } from './payload.ts';

export const entryKind: Step<Verification> = {
  name: 'entry-kind',
  applies: hasEntry,
  run(state) {
    const { body } = state;
    const expected = 'rekord 0.0.1 or hashedrekord 0.0.1';
    if (body instanceof UnsupportedLogBody)
      return fail('LOG_ENTRY_KIND_UNSUPPORTED', { expected, actual: body.message });
    if (body === undefined || body instanceof Malformed) {
      return fail('LOG_ENTRY_MALFORMED', { expected, actual: body?.message ?? 'no body', source: 'body' });
    }
    const { signer } = established(state);
    if (body.kind === 'hashedrekord' && signer.hash === 'none') {
      return fail('ALGORITHM_MISMATCH', {
        expected: 'a kind that logs the whole payload',
        actual: 'hashedrekord with plain Ed25519',
      });
    }
    return pass({ expected, actual: `${body.kind} 0.0.1` });
  },
};

export const entrySignature: Step<Verification> = {
  name: 'entry-signature',
  applies: hasEntry,
  run(state) {
    const { body } = established(state);
    const { signature } = state;
    const compared = { expected: 'the signature that was verified', source: 'spec.signature.content' };
    return !(signature instanceof Malformed) && equalBytes(body.signature, signature)
      ? pass(compared)
      : fail('ENTRY_SIGNATURE_MISMATCH', { ...compared, actual: 'another signature' });
  },
};

export const entryPayload: Step<Verification> = {
  name: 'entry-payload',
  applies: hasEntry,
  async run(state) {
    const { body, signer } = established(state);
    const hash = await payloadHash(state, body.hashAlgorithm);
    const compared = {
      expected: `${body.hashAlgorithm}:${toHex(hash)}`,
      actual: `${body.hashAlgorithm}:${toHex(body.hash)}`,
      source: 'spec.data.hash',
    };
    if (!equalBytes(hash, body.hash)) return fail('ENTRY_PAYLOAD_MISMATCH', compared);
    // A hashedrekord's hash is what the signature was made over; under another hash the log has verified another signature.
    if (body.kind === 'hashedrekord' && body.hashAlgorithm !== signer.hash) {
      return fail('ALGORITHM_MISMATCH', {
        expected: signer.hash,
        actual: body.hashAlgorithm,
        source: 'spec.data.hash.algorithm',
      });
    }
    return pass(compared);
  },
};

export const entryKey: Step<Verification> = {
  name: 'entry-key',
  applies: hasEntry,
  run(state) {
    const { body, signer } = established(state);
    const compared = { expected: signer.trusted.key.fingerprint, source: 'spec.signature.publicKey' };
    return equalBytes(body.keySpki, signer.trusted.key.spki)
      ? pass({ ...compared, actual: signer.trusted.key.fingerprint })
      : fail('ENTRY_KEY_MISMATCH', { ...compared, actual: 'another key' });
  },
};

/** Whether a body is about this signature, payload and key: the three bindings at once, for choosing among answers. */
export async function isBound(state: Verification, body: LogBody): Promise<boolean> {
  const { signature, signer } = state;
  if (signature instanceof Malformed || signer === undefined) return false;
  return (
    equalBytes(body.signature, signature) &&
    equalBytes(body.keySpki, signer.trusted.key.spki) &&
    equalBytes(body.hash, await payloadHash(state, body.hashAlgorithm))
  );
}

function established(state: Verification): { body: LogBody; signer: Signer } {
  const { body, signer } = state;
  if (body === undefined || !('keySpki' in body) || signer === undefined)
    throw new TypeError('entry-kind has not passed');
  return { body, signer };
}
