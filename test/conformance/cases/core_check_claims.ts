// The checks key-valid, annotations and certificate: for each, a signature that fails only that check, and the same signature without the
// fault.
import { certificatePem, makeKey } from '../../support/keys.ts';
import { equal } from '../support/assert.ts';
import { failsAlone, inOrder, NO_ENTRY, passes, without, withThese } from '../support/check_alone.ts';
import { LOGGED_AT, makeSubject, NOW, type Subject, trusted, verify } from '../support/harness.ts';
import { test } from '../table.ts';

const VALID = withThese('key-valid');
const at = LOGGED_AT * 1000;

test('A22 check key-valid: KEY_NOT_YET_VALID or KEY_EXPIRED if the proven time is outside the window; both ends are inclusive', async () => {
  const subject = await makeSubject();
  const window = async (limits: object) => {
    subject.trust.keys = [await trusted(subject.signer, limits)];
  };
  for (const limits of [
    { validFrom: at },
    { validUntil: at },
    { validFrom: at, validUntil: at },
    { validFrom: at - 1, validUntil: at + 1 },
  ]) {
    await window(limits);
    await passes(subject, VALID);
  }
  await window({ validFrom: at + 1 });
  await failsAlone(subject, 'key-valid', 'KEY_NOT_YET_VALID', VALID);
  await window({ validUntil: at - 1 });
  await failsAlone(subject, 'key-valid', 'KEY_EXPIRED', VALID);
  await window({ validFrom: at - 2, validUntil: at - 1 });
  await failsAlone(subject, 'key-valid', 'KEY_EXPIRED', VALID);
});

test('A22 check key-valid: NO_TRUSTED_TIME for a key with a window if nothing proves the signing time', async () => {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  const names = inOrder([...without(NO_ENTRY, 'log-known'), 'key-valid']);
  for (const limits of [{ validFrom: 0 }, { validUntil: NOW * 2 }, { validFrom: 0, validUntil: NOW * 2 }]) {
    subject.trust.keys = [await trusted(subject.signer, { transparency: 'unsafe-none', ...limits })];
    await failsAlone(subject, 'key-valid', 'NO_TRUSTED_TIME', names);
  }
});

test('A74 check key-valid: KEY_REVOKED, unless the proven signing time is before the compromise', async () => {
  const subject = await makeSubject();
  const revoke = async (revoked: { compromisedAt?: number }, limits: object = {}) => {
    subject.trust.keys = [await trusted(subject.signer, { revoked, ...limits })];
  };
  await revoke({});
  await failsAlone(subject, 'key-valid', 'KEY_REVOKED', VALID);
  await revoke({ compromisedAt: at });
  await failsAlone(subject, 'key-valid', 'KEY_REVOKED', VALID);
  await revoke({ compromisedAt: at - 1 });
  await failsAlone(subject, 'key-valid', 'KEY_REVOKED', VALID);
  await revoke({ compromisedAt: at + 1 });
  await passes(subject, VALID);
  delete subject.evidence.logBundle;
  await revoke({ compromisedAt: NOW * 2 }, { transparency: 'unsafe-none' });
  await failsAlone(
    subject,
    'key-valid',
    'KEY_REVOKED',
    inOrder([...without(NO_ENTRY, 'log-known'), 'key-valid']),
  );
});

test('A8 check annotations: ANNOTATION_MISMATCH unless every required annotation is present with exactly that string', async () => {
  const optional = {
    ref: 'main',
    n: 1,
    yes: true,
    none: null,
    list: ['main'],
    '': 'empty',
    constructor: 'x',
  };
  const subject = await makeSubject({ payload: { optional } });
  const names = withThese('annotations');
  subject.requirements.annotations = [
    ['ref', 'main'],
    ['', 'empty'],
    ['constructor', 'x'],
  ];
  await passes(subject, names);
  for (const [name, value] of [
    ['ref', 'Main'],
    ['ref', ''],
    ['Ref', 'main'],
    ['n', '1'],
    ['yes', 'true'],
    ['none', 'null'],
    ['list', 'main'],
    ['absent', ''],
    ['toString', ''],
    ['__proto__', ''],
  ] as [string, string][]) {
    subject.requirements.annotations = [
      ['ref', 'main'],
      [name, value],
    ];
    await failsAlone(subject, 'annotations', 'ANNOTATION_MISMATCH', names);
  }
});

test('A8 check annotations: ANNOTATION_MISMATCH for a payload without annotations', async () => {
  for (const optional of [null, {}]) {
    const subject = await makeSubject({ payload: { optional } });
    subject.requirements.annotations = [['ref', 'main']];
    await failsAlone(subject, 'annotations', 'ANNOTATION_MISMATCH', withThese('annotations'));
  }
});

test('check certificate: CERTIFICATE_UNSUPPORTED unless the certificate is for the key that signed', async () => {
  const subject = await makeSubject();
  const names = withThese('certificate');
  subject.evidence.certificate = certificatePem(subject.signer);
  await passes(subject, names);
  for (const certificate of [
    certificatePem(await makeKey()),
    '',
    'not PEM',
    subject.signer.pem.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
  ]) {
    subject.evidence.certificate = certificate;
    await failsAlone(subject, 'certificate', 'CERTIFICATE_UNSUPPORTED', names);
  }
});

test('a failed check states what it expected and what it found', async () => {
  const failureOf = async (subject: Subject) => {
    const { checks } = await verify(subject);
    const failed = checks.find(({ result }) => result === 'fail');
    return `${failed?.name}: ${failed?.expected} / ${failed?.actual}`;
  };
  const subject = await makeSubject({ payload: { optional: { ref: 'main', n: 1 } } });
  const limit = async (limits: object) => {
    subject.trust.keys = [await trusted(subject.signer, limits)];
    return failureOf(subject);
  };
  equal(
    await limit({ validFrom: NOW }),
    'key-valid: signed from 2026-01-01T00:00:00Z / signed at 2025-06-01T12:00:00Z',
  );
  equal(
    await limit({ validUntil: 0 }),
    'key-valid: signed until 1970-01-01T00:00:00Z / signed at 2025-06-01T12:00:00Z',
  );
  equal(
    await limit({ revoked: {} }),
    'key-valid: a key that is not revoked / signed at 2025-06-01T12:00:00Z',
  );
  equal(
    await limit({ revoked: { compromisedAt: 0 } }),
    'key-valid: signed before 1970-01-01T00:00:00Z / signed at 2025-06-01T12:00:00Z',
  );
  subject.trust.keys = [await trusted(subject.signer)];
  for (const [name, actual] of [
    ['ref', 'ref=main'],
    ['n', 'not a string'],
    ['x', 'absent'],
  ] as const) {
    subject.requirements.annotations = [[name, 'v']];
    equal(await failureOf(subject), `annotations: ${name}=v / ${actual}`);
  }
  subject.requirements.annotations = [];
  delete subject.evidence.logBundle;
  equal(
    await limit({ transparency: 'unsafe-none', validFrom: 0 }),
    'key-valid: signed from 1970-01-01T00:00:00Z / no proven signing time',
  );
});
