// The checks inclusion-proof, checkpoint and online-entry: for each, a signature that fails only that check, and the same signature
// without the fault.
import { Undecided } from '../../../src/core/errors/undecided.ts';
import { base64 } from '../../support/bytes.ts';
import type { ApiEntry } from '../../support/fake_log.ts';
import { makeKey } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { makeBundle, rebuild } from '../support/bundle_harness.ts';
import { failsAlone, NO_ENTRY, passes, without, withThese } from '../support/check_alone.ts';
import {
  answerWith,
  LOGGED_AT,
  makeSubject,
  type Subject,
  trusted,
  twinOf,
  verify,
} from '../support/harness.ts';
import { test } from '../table.ts';

const ONLINE = withThese('inclusion-proof', 'checkpoint', 'online-entry');

/** A signature without an entry; the log returns the entry when asked. */
async function onlineOnly(): Promise<Subject> {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  subject.requirements.transparency = 'online';
  answerWith(subject, subject.logged.entry);
  return subject;
}

test('A47 check inclusion-proof: INCLUSION_PROOF_INVALID for an entry fetched from the log with a wrong proof or none', async () => {
  const subject = await onlineOnly();
  const result = await passes(subject, ONLINE);
  equal([result.transparency?.proof, result.signedAt], ['online', LOGGED_AT * 1000]);
  equal(subject.questions.length, 1, 'the log is asked once');
  const { entry } = subject.logged;
  const { signedEntryTimestamp, inclusionProof } = entry.verification;
  ok(inclusionProof && signedEntryTimestamp);
  const bad = [
    { signedEntryTimestamp },
    { signedEntryTimestamp, inclusionProof: { ...inclusionProof, logIndex: inclusionProof.logIndex + 1 } },
    { signedEntryTimestamp, inclusionProof: { ...inclusionProof, hashes: [] } },
    {
      signedEntryTimestamp,
      inclusionProof: { ...inclusionProof, hashes: [...inclusionProof.hashes, '00'.repeat(32)] },
    },
    { signedEntryTimestamp, inclusionProof: { ...inclusionProof, rootHash: '00'.repeat(32) } },
  ];
  for (const verification of bad) {
    answerWith(subject, { ...entry, verification });
    await failsAlone(subject, 'inclusion-proof', 'INCLUSION_PROOF_INVALID', ONLINE);
  }
});

test('A52 check inclusion-proof: roots are compared as bytes: one that differs by a case bit fails, upper-case hexadecimal passes', async () => {
  const subject = await onlineOnly();
  const { entry } = subject.logged;
  const proof = entry.verification.inclusionProof;
  ok(proof);
  for (let at = 0; at < 32; at++) {
    const byte = Number.parseInt(proof.rootHash.slice(2 * at, 2 * at + 2), 16) ^ 0x20;
    const rootHash = `${proof.rootHash.slice(0, 2 * at)}${byte.toString(16).padStart(2, '0')}${proof.rootHash.slice(2 * at + 2)}`;
    const inclusionProof = { ...proof, rootHash };
    answerWith(subject, { ...entry, verification: { ...entry.verification, inclusionProof } });
    await failsAlone(subject, 'inclusion-proof', 'INCLUSION_PROOF_INVALID', ONLINE);
  }
  const inclusionProof = { ...proof, rootHash: proof.rootHash.toUpperCase() };
  answerWith(subject, { ...entry, verification: { ...entry.verification, inclusionProof } });
  await passes(subject, ONLINE);
});

test('A53 check checkpoint: CHECKPOINT_INVALID for a proof whose root the log has not signed', async () => {
  const subject = await onlineOnly();
  const { entry } = subject.logged;
  const proof = entry.verification.inclusionProof;
  ok(proof);
  const evil = await makeKey();
  const root = new Uint8Array(32).fill(7);
  const { checkpoint, ...unsigned } = proof;
  const realRoot = Uint8Array.from(proof.rootHash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const bad = [
    unsigned,
    { ...proof, checkpoint: '' },
    { ...proof, checkpoint: checkpoint.slice(0, checkpoint.indexOf('\n\n') + 2) },
    { ...proof, checkpoint: await subject.log.checkpoint(proof.treeSize, root) },
    { ...proof, checkpoint: await subject.log.checkpoint(proof.treeSize + 1, realRoot) },
    { ...proof, checkpoint: await subject.log.checkpoint(proof.treeSize, realRoot, { by: evil }) },
    {
      ...proof,
      checkpoint: await subject.log.checkpoint(proof.treeSize, realRoot, { origin: 'other.example - 1' }),
    },
    {
      ...proof,
      checkpoint: await subject.log.checkpoint(proof.treeSize, realRoot, { name: 'other.example' }),
    },
  ];
  for (const inclusionProof of bad) {
    answerWith(subject, {
      ...entry,
      verification: { ...entry.verification, inclusionProof: inclusionProof as typeof proof },
    });
    await failsAlone(subject, 'checkpoint', 'CHECKPOINT_INVALID', ONLINE);
  }
});

test('A23 an entry fetched from the log without a promise proves inclusion, but no signing time', async () => {
  const subject = await onlineOnly();
  const { inclusionProof } = subject.logged.entry.verification;
  ok(inclusionProof);
  answerWith(subject, { ...subject.logged.entry, verification: { inclusionProof } });
  const result = await passes(subject, without(ONLINE, 'set'));
  equal(result.signedAt, undefined, 'the time is not proven');
  subject.trust.keys = [await trusted(subject.signer, { validFrom: 0 })];
  await failsAlone(subject, 'key-valid', 'NO_TRUSTED_TIME', without([...ONLINE, 'key-valid'], 'set'));
});

test('for a bundle with only a proof, the result takes index and time from the promise that the log gives when asked', async () => {
  const bundle = await makeBundle();
  await rebuild(bundle, ({ verificationMaterial }) => {
    delete verificationMaterial.tlogEntries[0].inclusionPromise;
  });
  const { transparency, signedAt } = await verify(bundle);
  equal([transparency?.logIndex, transparency?.proof, signedAt], [undefined, 'inclusion', undefined]);
  equal(transparency?.integratedTime, undefined);
  bundle.requirements.transparency = 'online';
  const { entry } = await bundle.log.get(1);
  answerWith(bundle, entry);
  const online = await verify(bundle);
  equal([online.code, online.transparency?.proof], ['VERIFIED', 'online']);
  equal(
    [online.transparency?.logIndex, online.transparency?.integratedTime, online.signedAt],
    [BigInt(entry.logIndex), LOGGED_AT * 1000, LOGGED_AT * 1000],
  );
  const { signedEntryTimestamp: _, ...proven } = entry.verification;
  answerWith(bundle, { ...entry, verification: proven });
  const unpromised = await verify(bundle);
  equal([unpromised.transparency?.logIndex, unpromised.signedAt], [undefined, undefined]);
});

test('A58 an entry fetched from the log about another signature is refused', async () => {
  const subject = await onlineOnly();
  const second = twinOf(subject);
  const { entry } = await subject.log.append(
    await logBody('hashedrekord', second, subject.signer),
    LOGGED_AT,
  );
  answerWith(subject, entry);
  await failsAlone(subject, 'entry-signature', 'ENTRY_SIGNATURE_MISMATCH', ONLINE);
  answerWith(subject);
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MISSING', NO_ENTRY);
  const { entry: genuine } = await subject.log.get(1);
  answerWith(subject, entry, genuine);
  await passes(subject, ONLINE);
});

/** A signature with an entry, which the log is asked to confirm. */
async function confirmed(): Promise<Subject> {
  const subject = await makeSubject();
  subject.requirements.transparency = 'online';
  answerWith(subject, subject.logged.entry);
  return subject;
}

test('check online-entry: ENTRY_ONLINE_MISMATCH if the log holds another entry or none', async () => {
  const subject = await confirmed();
  const names = withThese('online-entry');
  equal((await passes(subject, names)).transparency?.proof, 'online');
  const { entry: other } = await subject.log.get(0);
  for (const answer of [
    [],
    [other],
    [{ ...subject.logged.entry, logIndex: 7 }],
    [{ ...subject.logged.entry, body: base64('{}') }],
  ]) {
    answerWith(subject, ...answer);
    await failsAlone(subject, 'online-entry', 'ENTRY_ONLINE_MISMATCH', names);
  }
});

test('check online-entry: the log’s own entry must have a valid promise, inclusion proof and checkpoint', async () => {
  const subject = await confirmed();
  const names = withThese('online-entry');
  const { entry } = subject.logged;
  const { inclusionProof, signedEntryTimestamp } = entry.verification;
  ok(inclusionProof && signedEntryTimestamp);
  const evilCheckpoint = await subject.log.checkpoint(inclusionProof.treeSize, new Uint8Array(32));
  const bad: [ApiEntry['verification'], string][] = [
    [{ signedEntryTimestamp }, 'INCLUSION_PROOF_INVALID'],
    [{ inclusionProof, signedEntryTimestamp: base64('x') }, 'SET_INVALID'],
    [{ inclusionProof: { ...inclusionProof, hashes: [] }, signedEntryTimestamp }, 'INCLUSION_PROOF_INVALID'],
    [
      { inclusionProof: { ...inclusionProof, checkpoint: evilCheckpoint }, signedEntryTimestamp },
      'CHECKPOINT_INVALID',
    ],
  ];
  for (const [verification, code] of bad) {
    answerWith(subject, { ...entry, verification });
    await failsAlone(subject, 'online-entry', code, names);
  }
});

test('A62 if the log cannot be reached, the signature is undecided, not verified', async () => {
  const subject = await confirmed();
  const outage = new Undecided('REKOR_UNAVAILABLE', 'The log does not answer.');
  subject.trust.askLog = async () => {
    throw outage;
  };
  const result = await verify(subject);
  equal([result.verdict, result.code], ['undecided', 'REKOR_UNAVAILABLE']);
  const last = result.checks.at(-1);
  equal([last?.name, last?.result, last?.code], ['online-entry', 'not-run', 'REKOR_UNAVAILABLE']);
  delete subject.requirements.transparency;
  await passes(subject);
});

test('check online-entry: passes without a second promise if the bundle has one, and names the URL that was asked', async () => {
  const subject = await confirmed();
  const { inclusionProof } = subject.logged.entry.verification;
  ok(inclusionProof);
  answerWith(subject, { ...subject.logged.entry, verification: { inclusionProof } });
  const { checks } = await passes(subject, withThese('online-entry'));
  const check = checks.find(({ name }) => name === 'online-entry');
  equal(check?.source, `${subject.log.url}/api/v1/log/entries`);
  equal(
    (await onlineOnly().then(verify)).checks.find(({ name }) => name === 'online-entry')?.source,
    check?.source?.replace(subject.log.name, 'rekor.example'),
  );
});
