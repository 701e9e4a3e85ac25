// transparency=online: how the log is searched, and which of its answers count.
import { describe, expect, test } from 'vitest';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { makeAttached, makeBundle, rebuild, trustedLogV2 } from '../conformance/support/bundle_harness.ts';
import {
  answerWith,
  LOGGED_AT,
  makeSubject,
  type Subject,
  trustedLog,
  trustIn,
} from '../conformance/support/harness.ts';
import { dsseBody, intotoBody } from '../support/bundles.ts';
import { base64, hex, unhex } from '../support/bytes.ts';
import { makeLogV2 } from '../support/fake_log_v2.ts';
import { makeKey } from '../support/keys.ts';
import { fresh, run } from './run_checks.ts';

describe('the log itself', () => {
  test('must hold the same entry: body, index, log and time', async () => {
    const subject = await makeSubject();
    subject.requirements.transparency = 'online';
    const { entry } = subject.logged;
    const other = hex(unhex(entry.logID).map((byte) => byte ^ 1));
    const answers = [
      { ...entry, logID: other },
      { ...entry, logIndex: entry.logIndex + 1 },
      { ...entry, integratedTime: entry.integratedTime + 1 },
      { ...entry, body: base64('{}') },
    ];
    for (const answer of answers) {
      answerWith(subject, answer);
      expect((await run(fresh(subject))).code).toBe('ENTRY_ONLINE_MISMATCH');
      answerWith(subject, answer, entry);
      expect((await run(fresh(subject))).code).toBe('VERIFIED');
    }
  });

  test('is searched by the signed hash, and with the artifact if it is available', async () => {
    const subject: Subject<SignatureEvidence> = await makeSubject({ algorithm: 'P-521' });
    const artifact = crypto.getRandomValues(new Uint8Array(9));
    const signature = base64(await subject.signer.sign(artifact, 'SHA-512'));
    const hash = async (name: string) => new Uint8Array(await crypto.subtle.digest(name, artifact));
    subject.requirements = { annotations: [], transparency: 'online' };
    const [sha256, sha512] = [await hash('SHA-256'), await hash('SHA-512')];
    const digest = sha512;
    for (const [about, message] of [
      [{ digests: { sha512 } }, { hash: 'sha512', digest }],
      [{ digests: { sha512, sha256 } }, { hash: 'sha512', digest }],
      [
        { digests: {}, bytes: artifact },
        { hash: 'sha512', digest, bytes: artifact },
      ],
    ] as const) {
      subject.questions.length = 0;
      subject.evidence = {
        format: 'blob',
        source: { index: 0, via: 'request' },
        subject: about,
        signature,
        facts: new Map(),
      };
      expect((await run(subject)).code).toBe('LOG_ENTRY_MISSING');
      expect(subject.questions).toMatchObject([{ message }]);
    }
  });

  test('is searched with the envelope’s original bytes if they are known, and the entry about them is used', async () => {
    const attached = await makeAttached();
    const bundle = await makeBundle();
    for (const subject of [attached, bundle]) {
      const { entry } = 'envelope' in subject.evidence ? subject.logged : await subject.log.get(1);
      const stray = await subject.log.append('{"stray":1}');
      if ('logBundle' in subject.evidence) delete subject.evidence.logBundle;
      else
        await rebuild(bundle, ({ verificationMaterial }) => {
          verificationMaterial.tlogEntries = [];
        });
      subject.requirements.transparency = 'online';
      answerWith(subject, stray.entry, entry);
      const { code, transparency } = await run(subject as Subject<SignatureEvidence>);
      expect([code, transparency?.proof]).toEqual(['VERIFIED', 'online']);
      const [query] = subject.questions;
      expect(query !== undefined && 'envelope' in query && query.envelope.given !== undefined).toBe(
        subject === attached,
      );
    }
  });

  test('may answer with several entries: the first that fully matches the signature is used', async () => {
    const attached = await makeAttached({ kind: 'intoto 0.0.1' });
    const bundle = await makeBundle();
    const { envelope: signed, signer } = bundle;
    if (signed === undefined) throw new TypeError('no envelope');
    const { entry: unbound } = await bundle.log.append(
      // Without the envelope's original bytes, an entry of this kind cannot be matched with the signature.
      await intotoBody('0.0.1', signed, signer, JSON.stringify(signed)),
      LOGGED_AT,
    );
    const { entry: twin } = await bundle.log.append(
      await dsseBody(
        { ...signed, signatures: [{ sig: base64(await signer.sign(bundle.message)) }] },
        signer,
        'x',
      ),
      LOGGED_AT,
    );
    const given = JSON.stringify(signed);
    const { entry: stranger } = await bundle.log.append(
      await dsseBody(signed, await makeKey(), given),
      LOGGED_AT,
    );
    await rebuild(bundle, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [];
    });
    delete attached.evidence.logBundle;
    for (const [subject, before, own] of [
      [attached, [(await attached.log.append('{"stray":1}')).entry], attached.logged.entry],
      [bundle, [unbound, twin, stranger], (await bundle.log.get(1)).entry],
    ] as const) {
      subject.requirements.transparency = 'online';
      answerWith(subject, ...before, own);
      expect((await run<SignatureEvidence>(subject)).code).toBe('VERIFIED');
    }
  });

  test('cannot be asked if it is a v2 log', async () => {
    const subject = await makeBundle({ kind: 'v2' });
    subject.requirements.transparency = 'online';
    const log = await makeLogV2();
    subject.trust = await trustIn(
      subject.trust.keys,
      [await trustedLog(subject.log), await trustedLogV2(subject.logV2), await trustedLogV2(log)],
      subject.questions,
    );
    expect((await run(subject)).code).toBe('LOG_ENTRY_KIND_UNSUPPORTED');
    expect(subject.questions).toEqual([]);
  });
});
