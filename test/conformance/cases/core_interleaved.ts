// Concurrent verifications share no state: 200 at once, with mixed keys, images and faults, give the same results as one after the other.
// Imported keys are shared on purpose; verdicts must not be.
import { type FakeLog, makeLog } from '../../support/fake_log.ts';
import { makeKey, type Signer } from '../../support/keys.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { equal } from '../support/assert.ts';
import { makeSubject, type Subject, setPayload, verify } from '../support/harness.ts';
import { test } from '../table.ts';

const FAULTS: ((subject: Subject) => unknown)[] = [
  () => undefined,
  ({ evidence }) => delete evidence.logBundle,
  (subject) => setPayload(subject, payloadFor(subject.digest, { optional: { changed: 'yes' } })),
  ({ requirements }) => requirements.annotations.push(['a', 'b']),
  ({ trust }) => trust.keys.reverse(),
];

test('A15 200 concurrent verifications give the same results as one after the other', async () => {
  const logs = await Promise.all(Array.from({ length: 10 }, () => makeLog()));
  const signers = [await makeKey(), await makeKey('P-384'), await makeKey('rsa-2048')];
  const subjects: Subject[] = [];
  for (let i = 0; i < 200; i++) {
    const subject = await makeSubject({
      log: logs[i % 10] as FakeLog,
      signer: signers[i % 3] as Signer,
    });
    await FAULTS[i % FAULTS.length]?.(subject);
    subjects.push(subject);
  }
  const alone = [];
  for (const subject of subjects) {
    alone.push(await outcome(subject));
  }
  equal(await Promise.all(subjects.map(outcome)), alone);
  equal([...new Set(alone.map(({ code }) => code))].sort(), [
    'ANNOTATION_MISMATCH',
    'LOG_ENTRY_MISSING',
    'SIGNATURE_INVALID',
    'VERIFIED',
  ]);
});

async function outcome(subject: Subject) {
  const { code, signer, checks, transparency } = await verify(subject);
  return {
    code,
    fingerprint: signer?.trusted.key.fingerprint,
    checks,
    logIndex: transparency?.entry.logIndex,
  };
}
