// The verdict in one line of text.
import { expect, test } from 'vitest';
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { textLine } from '../../../src/http/answer/send_report.ts';
import type { Report } from '../../../src/verify/report.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);
const LEAF = parseDigest(`sha256:${'cd'.repeat(32)}`);
const key = { fingerprint: 'sha256:f' };
const TIME = Date.parse('2026-01-02T03:04:05Z');

const other = (report: object) => report as Report;
/** A verified report whose deciding signature is by this key, with this entry. */
const verified = (trusted: object, transparency?: object, about = DIGEST) =>
  ({
    verdict: 'verified',
    subject: { digest: DIGEST, platform: { digest: LEAF } },
    deciding: {
      evidence: { subject: messageOfDigest(about) },
      signer: { trusted },
      ...(transparency !== undefined && { transparency }),
    },
  }) as unknown as Report;

test.each<[string, Report, string]>([
  [
    'who signed, when it was logged and where',
    verified({ id: 'a', key }, { entry: {}, integratedTime: TIME, logIndex: 7n }),
    `verified ${DIGEST} by a (sha256:f) logged 2026-01-02T03:04:05Z #7`,
  ],
  [
    'no time and no index that nothing proves',
    verified({ id: 'a', key }, { entry: {} }),
    `verified ${DIGEST} by a (sha256:f) logged`,
  ],
  ['that it is not logged', verified({ id: 'a', key }), `verified ${DIGEST} by a (sha256:f) not logged`],
  [
    'the digest of the platform that was signed',
    verified({ id: 'a', key }, undefined, LEAF),
    `verified ${LEAF} by a (sha256:f) not logged`,
  ],
  ["a caller's key", verified({ key }), `verified ${DIGEST} by caller's key (sha256:f) not logged`],
  [
    'why it was refused',
    other({ verdict: 'refused', code: 'C', summary: 'S.', subject: { digest: DIGEST } }),
    `refused ${DIGEST} C S.`,
  ],
  [
    'no digest that is not known',
    other({ verdict: 'undecided', code: 'C', summary: 'S.' }),
    'undecided C S.',
  ],
  [
    'that no signature is needed',
    other({ verdict: 'exempt', code: 'EXEMPT', summary: 'S.' }),
    'exempt EXEMPT S.',
  ],
])('a line says %s', (_, report, line) => expect(textLine(report)).toBe(line));
