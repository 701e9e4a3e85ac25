// timestamp: a trusted timestamp authority states when the signature existed (RFC 3161). A timestamp by any other authority proves no
// time and does no harm. One that cannot be parsed, or that names a trusted authority and does not verify, fails.

import { fail, pass, type Step } from '../checks.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { formatInstant } from '../encoding/instant.ts';
import { Malformed } from '../encoding/malformed.ts';
import { countVerification } from '../meter.ts';
import { verifyTimestamp } from '../timestamp/verify_timestamp.ts';
import type { Verification } from '../verification.ts';
import { CLOCK_SKEW } from './log_proof.ts';

export const timestamp: Step<Verification> = {
  name: 'timestamp',
  applies: ({ reading: { timestamps } }) => timestamps instanceof Malformed || timestamps.length > 0,
  async run(state) {
    const { timestamps } = state.reading;
    const expected = 'a timestamp by a trusted authority';
    if (timestamps instanceof Malformed)
      return fail('TIMESTAMP_INVALID', { expected, actual: timestamps.message });
    const authorities = await state.trust.findAuthorities();
    const seen: string[] = [];
    for (const token of timestamps) {
      countVerification(state.meter);
      const result = await verifyTimestamp(token, timestamped(state), authorities);
      if (result.kind === 'invalid') return fail('TIMESTAMP_INVALID', { expected, actual: result.problem });
      if (result.kind === 'unknown-authority') {
        seen.push(`proves no time: issued by ${result.signer}, which is not trusted`);
        continue;
      }
      const actual = `${formatInstant(result.time)} by ${result.authority.name}`;
      if (result.time > state.now + CLOCK_SKEW)
        return fail('TIMESTAMP_INVALID', { expected: `a time up to ${formatInstant(state.now)}`, actual });
      state.provenTimes.push(result.time);
      seen.push(actual);
    }
    return pass({ expected, actual: seen.join(', ') });
  },
};

/** cosign timestamps the signature's bytes. For an attached attestation, cosign up to 2 timestamps the envelope; cosign 3 its signature. */
function timestamped({ evidence, signature }: Verification): Bytes[] {
  if (signature instanceof Malformed) throw new TypeError('signature has not passed');
  return evidence.format === 'dsse' ? [evidence.envelope, signature] : [signature];
}
