// Sigstore bundles: for each check of the log (v1 and v2), a bundle that fails only that check.
import type { CheckName } from '../../../src/core/checks.ts';
import { verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import { BUNDLE_TYPE } from '../../support/bundles.ts';
import { base64, unbase64, utf8 } from '../../support/bytes.ts';
import { makeLog } from '../../support/fake_log.ts';
import { makeLogV2 } from '../../support/fake_log_v2.ts';
import { makeKey } from '../../support/keys.ts';
import { MerkleTree } from '../../support/merkle_tree.ts';
import { equal } from '../support/assert.ts';
import { checksOf, KINDS, V1, V2 } from '../support/bundle_checks.ts';
import { logEntry, makeBundle, rebuild, trustedLogV2 } from '../support/bundle_harness.ts';
import { failsAlone, passes, without } from '../support/check_alone.ts';
import { failing } from '../support/explain.ts';
import { LOGGED_AT, NOW, trustedLog, trustIn, verify } from '../support/harness.ts';
import { test } from '../table.ts';

test('A26 check log-known: LOG_UNKNOWN if no log is trusted, LOG_ENTRY_MISSING if a bundle has no entry', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    subject.trust = await trustIn(subject.trust.keys, []);
    await failsAlone(subject, 'log-known', 'LOG_UNKNOWN', checksOf(kind));
  }
  const bare = await makeBundle();
  for (const tlogEntries of [[], undefined]) {
    await rebuild(bare, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = tlogEntries;
    });
    const applying = [
      'payload-digest',
      'payload-type',
      'subject-digest',
      'key-known',
      'signature',
      'log-known',
      'predicate-type',
    ] as CheckName[];
    await failsAlone(bare, 'log-known', 'LOG_ENTRY_MISSING', applying);
  }
});

test('A41 inclusion proofs are counted per request; beyond 256 the result is undecided, LIMIT_EXCEEDED', async () => {
  const subject = await makeBundle();
  const judge = (proofs: number) =>
    verifySignatureEvidence(subject.evidence, subject.trust, { annotations: [] }, NOW, {
      verifications: 0,
      proofs,
    });
  equal((await judge(255)).code, 'VERIFIED');
  const { verdict, code } = await judge(256);
  equal([verdict, code], ['undecided', 'LIMIT_EXCEEDED']);
});

test('A1 entries of unknown logs are ignored beside an entry of a trusted log; a bad entry of a trusted log is refused', async () => {
  const [subject, other] = [await makeBundle(), await makeBundle({ kind: 'v2' })];
  const [own] = subject.parts.tlogEntries ?? [];
  const [foreign] = other.parts.tlogEntries ?? [];
  for (const entries of [
    [own, foreign],
    [foreign, own],
  ]) {
    await rebuild(subject, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = entries;
    });
    await passes(subject, V1);
  }
  const both = await makeBundle();
  const second = await logEntry(both, 'v2');
  both.parts.tlogEntries?.push(second);
  await rebuild(both);
  await passes(both, V1);
  for (const at of [0, 1]) {
    await rebuild(both, ({ verificationMaterial }) => {
      const { inclusionProof } = verificationMaterial.tlogEntries[at];
      inclusionProof.rootHash = base64(new Uint8Array(32));
    });
    await failsAlone(both, 'inclusion-proof', 'INCLUSION_PROOF_INVALID', V1);
  }
});

test('for a log whose id fits Rekor v1 and v2, each entry decides the version', async () => {
  const key = await makeKey();
  const [log, logV2] = [
    await makeLog({ signer: key }),
    await makeLogV2({ signer: key, name: 'rekor.example' }),
  ];
  const { version: _, ...unsaid } = await trustedLog(log);
  for (const [kind, version, applying] of [
    ['dsse', 1, V1],
    ['v2', 2, V2],
  ] as const) {
    const subject = await makeBundle({ kind, log, logV2 });
    subject.trust = await trustIn(subject.trust.keys, [unsaid]);
    await passes(subject, applying);
    equal((await verify(subject)).transparency?.version, version);
  }
  // An origin as v1 writes it is refused for a v2 entry, even if the key could be of either version.
  const subject = await makeBundle({ kind: 'v2', log, logV2 });
  subject.trust = await trustIn(subject.trust.keys, [unsaid]);
  const proof = subject.parts.tlogEntries?.[0]?.inclusionProof;
  const { treeSize = '', rootHash = '' } = proof ?? {};
  const origin = 'rekor.example - 1';
  const envelope = await logV2.checkpoint(Number(treeSize), unbase64(rootHash), { origin });
  await rebuild(subject, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].inclusionProof.checkpoint.envelope = envelope;
  });
  await failsAlone(subject, 'checkpoint', 'CHECKPOINT_INVALID', V2);
});

test('A57 a bundle that lists one entry twice is BUNDLE_MALFORMED', async () => {
  const subject = await makeBundle();
  const [entry] = subject.parts.tlogEntries ?? [];
  await rebuild(subject, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries = [entry, entry];
  });
  equal((await verify(subject)).code, 'BUNDLE_MALFORMED');
});

test('A59 check log-key-valid: LOG_KEY_NOT_VALID outside the log key’s window; for a v2 log, only before its start', async () => {
  const v1 = await makeBundle();
  const { keys } = v1.trust;
  v1.trust = await trustIn(keys, [await trustedLog(v1.log, { validUntil: 0 })]);
  await failsAlone(v1, 'log-key-valid', 'LOG_KEY_NOT_VALID', V1);
  const v2 = await makeBundle({ kind: 'v2' });
  v2.trust = await trustIn(v2.trust.keys, [await trustedLogV2(v2.logV2, { validFrom: v2.now + 1 })]);
  await failsAlone(v2, 'log-key-valid', 'LOG_KEY_NOT_VALID', V2);
  v2.trust = await trustIn(v2.trust.keys, [await trustedLogV2(v2.logV2, { validUntil: v2.now - 1 })]);
  const { checks } = await passes(v2, V2);
  equal(checks.find(({ name }) => name === 'log-key-valid')?.actual, 'an entry without a time');
});

test('A56 check set: SET_INVALID for the promise of another entry, and for a v0.1 bundle without a promise', async () => {
  const subject = await makeBundle();
  const other = await makeBundle({ log: subject.log });
  const promise = other.parts.tlogEntries?.[0]?.inclusionPromise;
  await rebuild(subject, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].inclusionPromise = promise;
  });
  await failsAlone(subject, 'set', 'SET_INVALID', V1);
  const old = await makeBundle({ mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1' });
  await passes(old, V1);
  await rebuild(old, ({ verificationMaterial }) => {
    delete verificationMaterial.tlogEntries[0].inclusionPromise;
  });
  await failsAlone(old, 'set', 'SET_INVALID', V1);
});

test('A60 check set: SET_INVALID for a promise by a Rekor v2, which issues none, both beside a proof and in place of one', async () => {
  for (const mediaType of [BUNDLE_TYPE, 'application/vnd.dev.sigstore.bundle+json;version=0.1']) {
    const subject = await makeBundle({ kind: 'v2', mediaType });
    const [entry] = subject.parts.tlogEntries ?? [];
    const time = LOGGED_AT;
    const promised = {
      body: entry?.canonicalizedBody,
      integratedTime: time,
      logID: subject.logV2.id,
      logIndex: Number(entry?.logIndex),
    };
    const signature = await subject.logV2.signer.sign(utf8(JSON.stringify(promised)));
    await rebuild(subject, ({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries[0].integratedTime = String(time);
      tlogEntries[0].inclusionPromise = { signedEntryTimestamp: base64(signature) };
      if (mediaType !== BUNDLE_TYPE) delete tlogEntries[0].inclusionProof;
    });
    const applying = mediaType === BUNDLE_TYPE ? V1 : without(V1, 'inclusion-proof', 'checkpoint');
    await failsAlone(subject, 'set', 'SET_INVALID', applying);
    const { expected, actual } = await failing(subject);
    equal([expected, actual], ['no signed entry timestamp: Rekor v2 does not issue them', 'one']);
  }
});

test('the result omits what the log did not sign: the log-wide index without a promise, and the promise of another entry', async () => {
  const subject = await makeBundle();
  const promised = (await verify(subject)).transparency;
  equal([promised?.logIndex, promised?.proof], [promised?.entry.logIndex, 'both']);
  await rebuild(subject, ({ verificationMaterial }) => {
    delete verificationMaterial.tlogEntries[0].inclusionPromise;
    verificationMaterial.tlogEntries[0].logIndex = '9007199254740993';
  });
  const { transparency } = await passes(subject, V2);
  equal([transparency?.logIndex, transparency?.proof], [undefined, 'inclusion']);
  const v2 = (await verify(await makeBundle({ kind: 'v2' }))).transparency;
  equal([v2?.logIndex, v2?.proof], [v2?.entry.logIndex, 'inclusion']);
  const two = await makeBundle();
  const [first] = two.parts.tlogEntries ?? [];
  two.parts.tlogEntries = [await logEntry(two, 'v2'), ...(first === undefined ? [] : [first])];
  await rebuild(two);
  equal((await passes(two, V1)).transparency?.proof, 'inclusion', 'only the second entry has a promise');
});

test('check inclusion-proof: a v0.1 bundle may have only a promise; a later version must have a proof', async () => {
  const withoutProof = async (mediaType: string) => {
    const subject = await makeBundle({ mediaType });
    await rebuild(subject, ({ verificationMaterial }) => {
      delete verificationMaterial.tlogEntries[0].inclusionProof;
    });
    return subject;
  };
  const old = await withoutProof('application/vnd.dev.sigstore.bundle+json;version=0.1');
  await passes(old, without(V1, 'inclusion-proof', 'checkpoint'));
  for (const version of ['+json;version=0.2', '+json;version=0.3', '.v0.3+json'])
    await failsAlone(
      await withoutProof(`application/vnd.dev.sigstore.bundle${version}`),
      'inclusion-proof',
      'INCLUSION_PROOF_INVALID',
      V1,
    );
});

test('A51 check inclusion-proof: v1 uses the index within the shard, v2 the entry’s only index', async () => {
  const v1 = await makeBundle();
  await rebuild(v1, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].inclusionProof.logIndex = '0';
  });
  await failsAlone(v1, 'inclusion-proof', 'INCLUSION_PROOF_INVALID', V1);
  const v2 = await makeBundle({ kind: 'v2' });
  await rebuild(v2, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].inclusionProof.logIndex = '0';
  });
  await passes(v2, V2);
  await rebuild(v2, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].logIndex = '0';
  });
  await failsAlone(v2, 'inclusion-proof', 'INCLUSION_PROOF_INVALID', V2);
});

test('A53 check checkpoint: CHECKPOINT_INVALID for another root, size, signer or origin, and without a checkpoint', async () => {
  const subject = await makeBundle({ kind: 'v2' });
  const { logV2 } = subject;
  const [entry] = subject.parts.tlogEntries ?? [];
  const body = utf8(atob(entry?.canonicalizedBody ?? ''));
  const filler = utf8(atob((await logV2.get(0)).canonicalizedBody));
  const root = await new MerkleTree([filler, body]).root();
  const stranger = await makeKey('ed25519');
  const own = { name: logV2.name, by: logV2.signer };
  const good = await logV2.checkpoint(2, root);
  const bad: Record<string, string | undefined> = {
    'another root': await logV2.checkpoint(2, new Uint8Array(32)),
    'another size': await logV2.checkpoint(3, root),
    'another signer under its name': await logV2.checkpoint(2, root, {
      lines: [{ name: logV2.name, by: stranger }],
    }),
    'only witness signatures': await logV2.checkpoint(2, root, {
      lines: [{ name: 'witness.example', by: stranger }],
    }),
    'another origin': await logV2.checkpoint(2, root, { origin: 'other.example' }),
    'an origin as v1 writes it': await logV2.checkpoint(2, root, { origin: `${logV2.name} - 42` }),
    'a line by another name': await logV2.checkpoint(2, root, {
      lines: [{ name: 'other.example', by: logV2.signer }],
    }),
    'a changed signature': good.replace(/.{6}\n$/, 'AAAA==\n'),
    none: undefined,
  };
  for (const [what, envelope] of Object.entries(bad)) {
    await rebuild(subject, ({ verificationMaterial }) => {
      const { inclusionProof } = verificationMaterial.tlogEntries[0];
      if (envelope === undefined) delete inclusionProof.checkpoint;
      else inclusionProof.checkpoint.envelope = envelope;
    });
    const { code } = await verify(subject);
    equal(code, 'CHECKPOINT_INVALID', what);
    await failsAlone(subject, 'checkpoint', 'CHECKPOINT_INVALID', V2);
  }
  const witness = { name: 'witness.example', by: stranger };
  for (const lines of [
    [witness, own],
    [own, witness],
    [witness, own, witness],
  ]) {
    const envelope = await logV2.checkpoint(2, root, { lines });
    await rebuild(subject, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries[0].inclusionProof.checkpoint.envelope = envelope;
    });
    await passes(subject, V2);
  }
});

test('a v1 log’s checkpoint may have just the log’s name as its origin, and an entry in it needs no time', async () => {
  for (const kind of ['intoto', 'dsse', 'hashedrekord'] as const) {
    const subject = await makeBundle({ kind });
    const { log } = subject;
    const { treeSize = '', rootHash = '' } = subject.parts.tlogEntries?.[0]?.inclusionProof ?? {};
    const envelope = await log.checkpoint(Number(treeSize), unbase64(rootHash), { origin: log.name });
    await rebuild(subject, ({ verificationMaterial }) => {
      const [entry] = verificationMaterial.tlogEntries;
      entry.inclusionProof.checkpoint.envelope = envelope;
      delete entry.inclusionPromise;
      entry.integratedTime = '0';
    });
    await passes(subject, without(V1, 'set'));
  }
});
