// payload-digest, payload-type, subject-digest: the payload is the one listed, is of its kind, and names this image.
import type { Bytes } from '../bytes.ts';
import { fail, pass, type Step } from '../checks.ts';
import { digestFromHash } from '../digest.ts';
import { attempt, Malformed } from '../malformed.ts';
import type { HashName } from '../public_key.ts';
import { payloadSha256 } from '../reading.ts';
import { parseSimpleSigning, SIMPLE_SIGNING_TYPE } from '../simple_signing.ts';
import type { Verification } from '../verification.ts';

/** OCI image-spec descriptor.md: content must have the digest and the size that its descriptor states. */
export const payloadDigest: Step<Verification> = {
  name: 'payload-digest',
  applies: ({ evidence }) => evidence.layer !== undefined,
  async run(state) {
    const { layer, payload } = state.evidence;
    const actual = digestFromHash(await payloadHash(state, 'sha256'));
    if (layer?.digest !== actual)
      return fail('PAYLOAD_DIGEST_MISMATCH', { expected: layer?.digest ?? '', actual });
    if (layer.size !== payload.length) {
      return fail('PAYLOAD_DIGEST_MISMATCH', {
        expected: `${layer.size} bytes`,
        actual: `${payload.length} bytes`,
      });
    }
    return pass({ expected: layer.digest, actual });
  },
};

export const payloadType: Step<Verification> = {
  name: 'payload-type',
  applies: () => true,
  run(state) {
    const payload = attempt(() => parseSimpleSigning(state.evidence.payload));
    if (payload instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: payload.message });
    const compared = { expected: SIMPLE_SIGNING_TYPE, actual: payload.type, source: 'critical.type' };
    if (payload.type !== SIMPLE_SIGNING_TYPE) return fail('PAYLOAD_TYPE_MISMATCH', compared);
    state.payload = payload;
    return pass(compared);
  },
};

export const subjectDigest: Step<Verification> = {
  name: 'subject-digest',
  applies: () => true,
  run({ evidence, payload }) {
    const compared = {
      expected: evidence.subject,
      actual: payload?.digest ?? '',
      source: 'critical.image.docker-manifest-digest',
    };
    return payload?.digest === evidence.subject ? pass(compared) : fail('SUBJECT_MISMATCH', compared);
  },
};

/** The hash of the payload's bytes; SHA-256, which several checks compare, is computed once for evidence. */
export async function payloadHash(state: Verification, algorithm: HashName): Promise<Bytes> {
  const { payload } = state.evidence;
  if (algorithm !== 'sha256')
    return new Uint8Array(await crypto.subtle.digest(algorithm.replace('sha', 'SHA-'), payload));
  return payloadSha256(state.evidence);
}
