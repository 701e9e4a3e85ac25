// The check timestamp: signatures that fail only that check, and what a timestamp proves.
import { base64, unbase64 } from '../../support/bytes.ts';
import { type FakeTsa, makeTsa, oid, remove, type StampOptions, set } from '../../support/fake_tsa.ts';
import { der } from '../../support/keys.ts';
import { equal, match } from '../support/assert.ts';
import { checksOf } from '../support/bundle_checks.ts';
import { type BundleSubject, makeBundle, rebuild } from '../support/bundle_harness.ts';
import { failsAlone, inOrder, passes, withThese } from '../support/check_alone.ts';
import { LOGGED_AT, makeSubject, trusted, verify } from '../support/harness.ts';
import { authorityOf, STAMPED } from '../support/timestamps.ts';
import { test } from '../table.ts';

const CHECKS = inOrder([...checksOf('dsse'), 'timestamp']);
const MINUTE = 60_000;

/** A genuine bundle with timestamps by these authorities over its signature; only the first authority is trusted. */
async function makeStamped(by: [FakeTsa, StampOptions?][]): Promise<BundleSubject> {
  const subject = await makeBundle();
  const [first] = by;
  if (first === undefined) throw new TypeError('no authority');
  subject.trust.findAuthorities = async () => [authorityOf(first[0])];
  subject.parts.timestamps = await Promise.all(
    by.map(([tsa, options]) => tsa.stamp(unbase64(subject.signature), options)),
  );
  await rebuild(subject);
  return subject;
}

/** The time as a GeneralizedTime. */
const generalized = (time: number) => new Date(time).toISOString().replace(/[-:T]|\.000/g, '');

test('A24 check timestamp: TIMESTAMP_INVALID for one that cannot be parsed, and for one over other bytes', async () => {
  const tsa = await makeTsa();
  await passes(await makeStamped([[tsa]]), CHECKS);
  const other = await makeStamped([[tsa]]);
  other.parts.timestamps = [await tsa.stamp(new Uint8Array(64))];
  await rebuild(other);
  await failsAlone(other, 'timestamp', 'TIMESTAMP_INVALID', CHECKS);
  other.parts.timestamps = [new Uint8Array([0x30, 0x00])];
  await rebuild(other);
  await failsAlone(other, 'timestamp', 'TIMESTAMP_INVALID', CHECKS);
});

test('A24 check timestamp: TIMESTAMP_INVALID for one more than five minutes in the future', async () => {
  const tsa = await makeTsa();
  const subject = await makeStamped([[tsa, { time: generalized(STAMPED) }]]);
  subject.now = Math.max(STAMPED, LOGGED_AT * 1000) - 5 * MINUTE;
  await passes(subject, CHECKS);
  const ahead = await makeStamped([[tsa, { time: generalized(subject.now + 6 * MINUTE) }]]);
  ahead.now = subject.now;
  await failsAlone(ahead, 'timestamp', 'TIMESTAMP_INVALID', CHECKS);
});

test('check timestamp: one by an untrusted authority proves no time, is ignored otherwise, and is named in the check', async () => {
  const [tsa, outsider] = [await makeTsa(), await makeTsa()];
  const subject = await makeStamped([[tsa, { time: generalized(STAMPED - MINUTE) }], [outsider]]);
  const { signedAt, checks } = await passes(subject, CHECKS);
  equal(signedAt, STAMPED - MINUTE);
  const actual = checks.find(({ name }) => name === 'timestamp')?.actual ?? '';
  match(actual, /^2025-06-01T11:59:00Z by tsa, proves no time: issued by .*, which is not trusted$/);
  subject.trust.findAuthorities = async () => [];
  const none = await passes(subject, CHECKS);
  equal(none.signedAt, LOGGED_AT * 1000, 'only the log’s time');
});

test('check timestamp: one in an unsupported form is ignored if its authority is not trusted, and TIMESTAMP_INVALID if it is', async () => {
  const [tsa, outsider] = [await makeTsa(), await makeTsa()];
  const ways: StampOptions[] = [
    { time: '20250601120000.120Z' },
    { signerInfo: set('algorithm', der(0x30, oid('1.2.840.113549.1.1.10'))) },
    { signerInfo: set('digest', der(0x30, oid('2.16.840.1.101.3.4.2.8'))) },
    { attributes: remove('signingCertificate') },
  ];
  for (const way of ways) {
    const { signedAt } = await passes(
      await makeStamped([
        [tsa, { time: generalized(STAMPED - MINUTE) }],
        [outsider, way],
      ]),
      CHECKS,
    );
    equal(signedAt, STAMPED - MINUTE, JSON.stringify(way));
    const trusted = await makeStamped([[tsa, way]]);
    await failsAlone(trusted, 'timestamp', 'TIMESTAMP_INVALID', CHECKS);
  }
});

test('of several proven times, the earliest is reported as the signing time', async () => {
  const tsa = await makeTsa();
  for (const apart of [-30 * MINUTE, 30 * MINUTE]) {
    const subject = await makeStamped([[tsa, { time: generalized(LOGGED_AT * 1000 + apart) }]]);
    const { signedAt, code } = await verify(subject);
    equal([code, signedAt], ['VERIFIED', LOGGED_AT * 1000 + Math.min(0, apart)]);
  }
});

test('the key must be valid at each of several proven times', async () => {
  const tsa = await makeTsa();
  for (const apart of [-30 * MINUTE, 30 * MINUTE]) {
    const subject = await makeStamped([[tsa, { time: generalized(LOGGED_AT * 1000 + apart) }]]);
    const between = LOGGED_AT * 1000 + apart / 2;
    const judge = async (window: { validFrom?: number; validUntil?: number }) => {
      subject.trust.keys = [await trusted(subject.signer, window)];
      return (await verify(subject)).code;
    };
    equal(await judge({ validUntil: between }), 'KEY_EXPIRED', `${apart}`);
    equal(await judge({ validFrom: between }), 'KEY_NOT_YET_VALID', `${apart}`);
  }
});

test('A24 a timestamp annotation as cosign writes it proves its time; any other form is TIMESTAMP_INVALID', async () => {
  const tsa = await makeTsa();
  const subject = await makeSubject();
  const names = withThese('timestamp');
  subject.trust.findAuthorities = async () => [authorityOf(tsa)];
  const own = unbase64(subject.evidence.signature ?? '');
  const early = STAMPED - MINUTE;
  const token = base64(await tsa.stamp(own, { time: generalized(early) }));
  const keep = (annotation: unknown) => {
    subject.evidence.timestamp = JSON.stringify(annotation);
  };
  keep({ SignedRFC3161Timestamp: token });
  equal((await passes(subject, names)).signedAt, early);
  for (const annotation of [
    {},
    null,
    [token],
    token,
    { SignedRFC3161Timestamp: null },
    { SignedRFC3161Timestamp: [token] },
    { SignedRFC3161Timestamp: `${token}!` },
    { SignedRFC3161Timestamp: '' },
    { SignedRFC3161Timestamp: token, more: 1 },
    { signedRFC3161Timestamp: token },
    { SignedRFC3161Timestamp: base64(await tsa.stamp(own.subarray(1))) },
  ]) {
    keep(annotation);
    await failsAlone(subject, 'timestamp', 'TIMESTAMP_INVALID', names);
  }
  subject.evidence.timestamp = '';
  await failsAlone(subject, 'timestamp', 'TIMESTAMP_INVALID', names);
});
