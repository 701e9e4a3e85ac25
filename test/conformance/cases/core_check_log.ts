// The checks log-known, log-key-valid and set: for each, a signature that fails only that check, and the same signature without the
// fault.
import { base64, utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { equal } from '../support/assert.ts';
import { failsAlone, NO_ENTRY, passes, without } from '../support/check_alone.ts';
import {
  editBundle,
  LOGGED_AT,
  makeSubject,
  trusted,
  trustedLog,
  trustIn,
  verify,
} from '../support/harness.ts';
import { test } from '../table.ts';

test('check log-known: LOG_ENTRY_MISSING, unless the key needs no log', async () => {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MISSING', NO_ENTRY);
  subject.trust.keys = [await trusted(subject.signer, { transparency: 'unsafe-none' })];
  await passes(subject, without(NO_ENTRY, 'log-known'));
});

test('check log-known: a request may require the log for a key that needs none', async () => {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  subject.trust.keys = [await trusted(subject.signer, { transparency: 'unsafe-none' })];
  subject.requirements.transparency = 'required';
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MISSING', NO_ENTRY);
});

test('A1 check log-known: LOG_ENTRY_MALFORMED for an entry that cannot be parsed, even if the key needs no log', async () => {
  const subject = await makeSubject();
  await passes(subject);
  const good = subject.evidence.logBundle ?? '';
  for (const transparency of ['required', 'unsafe-none'] as const) {
    subject.trust.keys = [await trusted(subject.signer, { transparency })];
    for (const bad of [
      '',
      '{}',
      'null',
      '[]',
      good.slice(1),
      `${good} x`,
      good.replace('Payload', 'payload'),
      good.replace('"logIndex"', '"logindex"'),
      good.replace('{', '{"extra":1,'),
    ]) {
      subject.evidence.logBundle = bad;
      await failsAlone(subject, 'log-known', 'LOG_ENTRY_MALFORMED', NO_ENTRY);
    }
  }
});

test('A26 check log-known: LOG_UNKNOWN for an untrusted log, and if no log is trusted', async () => {
  const subject = await makeSubject();
  const { keys } = subject.trust;
  subject.trust = await trustIn(keys, [await trustedLog((await makeSubject()).log)]);
  await failsAlone(subject, 'log-known', 'LOG_UNKNOWN');
  subject.trust = await trustIn(keys, []);
  await failsAlone(subject, 'log-known', 'LOG_UNKNOWN');
  subject.trust.keys = [await trusted(subject.signer, { transparency: 'unsafe-none' })];
  await failsAlone(subject, 'log-known', 'LOG_UNKNOWN');
});

test('A59 check log-key-valid: LOG_KEY_NOT_VALID outside the window; both ends are inclusive', async () => {
  const subject = await makeSubject();
  const at = LOGGED_AT * 1000;
  const windows: [number, number | undefined, boolean][] = [
    [at, at, true],
    [at, undefined, true],
    [at + 1, undefined, false],
    [at - 1000, at - 1, false],
    [at - 1000, at + 1000, true],
  ];
  for (const [validFrom, validUntil, good] of windows) {
    const log = await trustedLog(subject.log, { validFrom, ...(validUntil !== undefined && { validUntil }) });
    subject.trust = await trustIn(subject.trust.keys, [log]);
    const check = (await verify(subject)).checks.find(({ name }) => name === 'log-key-valid');
    const text = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
    const end = validUntil === undefined ? '' : ` to ${text(validUntil)}`;
    equal([check?.expected, check?.actual], [`from ${text(validFrom)}${end}`, text(at)]);
    if (good) await passes(subject);
    else await failsAlone(subject, 'log-key-valid', 'LOG_KEY_NOT_VALID');
  }
});

test('A23 A56 check set: SET_INVALID if a promised field is changed, or the promise is by another signer or for another entry', async () => {
  const subject = await makeSubject();
  await passes(subject);
  const good = subject.evidence.logBundle ?? '';
  const other = await makeSubject({ signer: subject.signer, log: subject.log });
  const evil = await makeKey();
  const { entry } = subject.logged;
  const fields = {
    body: entry.body,
    integratedTime: entry.integratedTime,
    logID: entry.logID,
    logIndex: entry.logIndex,
  };
  const byEvil = base64(await evil.sign(utf8(JSON.stringify(fields))));
  const uncanonical = base64(
    await subject.log.signer.sign(
      utf8(
        JSON.stringify({
          logID: fields.logID,
          body: fields.body,
          integratedTime: fields.integratedTime,
          logIndex: fields.logIndex,
        }),
      ),
    ),
  );
  // biome-ignore lint/suspicious/noExplicitAny: the annotation is edited freely
  const edits: ((bundle: any) => void)[] = [
    (bundle) => {
      bundle.Payload.logIndex++;
    },
    (bundle) => {
      bundle.Payload.integratedTime++;
    },
    (bundle) => {
      bundle.Payload.body = base64(`${atob(bundle.Payload.body)} `);
    },
    (bundle) => {
      bundle.SignedEntryTimestamp = other.logged.entry.verification.signedEntryTimestamp;
    },
    (bundle) => {
      bundle.SignedEntryTimestamp = byEvil;
    },
    (bundle) => {
      bundle.SignedEntryTimestamp = uncanonical;
    },
    (bundle) => {
      bundle.SignedEntryTimestamp = base64('x');
    },
  ];
  for (const edit of edits) {
    subject.evidence.logBundle = good;
    editBundle(subject, edit);
    await failsAlone(subject, 'set', 'SET_INVALID');
  }
});

test('A56 check set: SET_INVALID for the promise of another trusted log, and for one from the future', async () => {
  const [subject, other] = [await makeSubject(), await makeSubject()];
  subject.trust = await trustIn(subject.trust.keys, [
    await trustedLog(subject.log),
    await trustedLog(other.log),
  ]);
  await passes(subject);
  const good = subject.evidence.logBundle ?? '';
  editBundle(subject, (bundle) => {
    bundle.Payload.logID = other.log.id;
  });
  await failsAlone(subject, 'set', 'SET_INVALID');
  subject.evidence.logBundle = good;
  subject.now = LOGGED_AT * 1000 - 5 * 60 * 1000;
  await passes(subject);
  subject.now--;
  await failsAlone(subject, 'set', 'SET_INVALID');
});

test('A56 check set: a promise verifies whatever the field order and white space of the stored JSON', async () => {
  const subject = await makeSubject();
  const { SignedEntryTimestamp, Payload } = JSON.parse(subject.evidence.logBundle ?? '');
  const { body, integratedTime, logIndex, logID } = Payload;
  subject.evidence.logBundle = JSON.stringify(
    { Payload: { logID, logIndex, integratedTime, body }, SignedEntryTimestamp },
    null,
    3,
  );
  await passes(subject);
});

test('check log-known: the key that signed decides whether a log is required, not another trusted key', async () => {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  const other = await makeKey();
  const keys = (own: 'required' | 'unsafe-none', others: 'required' | 'unsafe-none') =>
    Promise.all([
      trusted(other, { id: 'other', transparency: others }),
      trusted(subject.signer, { transparency: own }),
    ]);
  subject.trust.keys = await keys('unsafe-none', 'required');
  equal((await verify(subject)).code, 'VERIFIED');
  subject.trust.keys = await keys('required', 'unsafe-none');
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MISSING', NO_ENTRY);
});
