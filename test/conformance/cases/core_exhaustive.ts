// Nothing verifies after a single-byte change: every byte of the seed image's payload, signature, promise and log entry body, and of one
// entry's inclusion proof and checkpoint, is changed, and each change is refused with the code of its own check. The seed image is the
// one that `npm start` serves.
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { type PublicKey, parsePublicKey } from '../../../src/core/crypto/public_key.ts';
import { fromBase64, fromHex, toBase64 } from '../../../src/core/encoding/bytes.ts';
import { Malformed } from '../../../src/core/encoding/malformed.ts';
import { isSignedByLog, parseCheckpoint } from '../../../src/core/log/checkpoint.ts';
import { leafHash } from '../../../src/core/log/merkle.ts';
import { logIdOf } from '../../../src/core/trust/trusted_log.ts';
import { type Bytes, flip, hex } from '../../support/bytes.ts';
import { falseIfMalformed } from '../../support/problem.ts';
import { equal, includes, ok } from '../support/assert.ts';
import {
  answerWith,
  editBundle,
  makeSubject,
  NOW,
  type Subject,
  setPayload,
  trusted,
  trustIn,
  verify,
} from '../support/harness.ts';
import { isIncluded } from '../support/included.ts';
import { type TestContext, test } from '../table.ts';

const MASKS = [0x01, 0x20, 0x80];

test('the seed image’s payload with one changed byte is PAYLOAD_DIGEST_MISMATCH if the layer digest stays', async (t) => {
  const seed = await seedSubject(t);
  const good = seed.evidence.payload;
  await control(seed);
  await everyByte(good, async (changed, where) => {
    seed.evidence.payload = changed;
    await refused(seed, ['PAYLOAD_DIGEST_MISMATCH'], where);
  });
});

test('the seed image’s payload with one changed byte is refused, also if the layer digest matches it', async (t) => {
  const seed = await seedSubject(t);
  const good = seed.evidence.payload;
  await control(seed);
  const codes = ['PAYLOAD_MALFORMED', 'PAYLOAD_TYPE_MISMATCH', 'SUBJECT_MISMATCH', 'SIGNATURE_INVALID'];
  const seen = await everyByte(good, async (changed, where) => {
    await setPayload(seed, changed);
    return refused(seed, codes, where);
  });
  equal([...seen].sort(), codes.sort(), 'each of these codes occurred');
});

test('the seed image’s signature with one changed byte is refused', async (t) => {
  const seed = await seedSubject(t);
  const good = fromBase64(seed.evidence.signature ?? '', 'signature');
  await control(seed);
  await everyByte(good, async (changed, where) => {
    seed.evidence.signature = toBase64(changed);
    await refused(seed, ['SIGNATURE_MALFORMED', 'SIGNATURE_INVALID'], where);
  });
});

test('the seed image’s signature annotation with one changed character is refused', async (t) => {
  const seed = await seedSubject(t);
  const good = seed.evidence.signature ?? '';
  await everyCharacter(good, async (changed, where) => {
    seed.evidence.signature = changed;
    await refused(seed, ['SIGNATURE_MALFORMED', 'SIGNATURE_INVALID'], where);
  });
});

test('the seed image’s signed entry timestamp with one changed byte is SET_INVALID', async (t) => {
  const seed = await seedSubject(t);
  const good = fromBase64(JSON.parse(seed.evidence.logBundle ?? '').SignedEntryTimestamp, 'SET');
  await everyByte(good, async (changed, where) => {
    editBundle(seed, (bundle) => {
      bundle.SignedEntryTimestamp = toBase64(changed);
    });
    await refused(seed, ['SET_INVALID'], where);
  });
});

test('the seed image’s log entry with one changed byte in its body is SET_INVALID', async (t) => {
  const seed = await seedSubject(t);
  const good = fromBase64(JSON.parse(seed.evidence.logBundle ?? '').Payload.body, 'body');
  await everyByte(good, async (changed, where) => {
    editBundle(seed, (bundle) => {
      bundle.Payload.body = toBase64(changed);
    });
    await refused(seed, ['SET_INVALID'], where);
  });
});

test('the seed image’s log entry annotation with one changed character is refused', async (t) => {
  const seed = await seedSubject(t);
  const good = seed.evidence.logBundle ?? '';
  const codes = ['SET_INVALID', 'LOG_ENTRY_MALFORMED', 'LOG_UNKNOWN'];
  const seen = await everyCharacter(good, async (changed, where) => {
    seed.evidence.logBundle = changed;
    return refused(seed, codes, where);
  });
  equal([...seen].sort(), codes.sort(), 'each of these codes occurred');
});

test('a trusted key with one changed byte cannot be parsed or does not verify the seed image', async (t) => {
  const seed = await seedSubject(t);
  const good = seed.trust.keys[0]?.key.spki ?? new Uint8Array();
  await everyByte(good, async (changed, where) => {
    const key = await parsePublicKey(changed).catch((error) => error);
    if (key instanceof Malformed) return;
    ok(!(key instanceof Error), where);
    seed.trust.keys = [{ id: 'release', key, transparency: 'required' }];
    await refused(seed, ['UNTRUSTED_KEY'], where);
  });
});

test('a subject digest with one changed digit is SUBJECT_MISMATCH', async (t) => {
  const seed = await seedSubject(t);
  const good = SEED_DIGEST;
  for (let at = 'sha256:'.length; at < good.length; at++) {
    const digit = good[at] === '0' ? '1' : '0';
    seed.evidence.subject = messageOfDigest(parseDigest(good.slice(0, at) + digit + good.slice(at + 1)));
    await refused(seed, ['SUBJECT_MISMATCH'], `digit ${at}`);
  }
});

test('an inclusion proof with a changed byte, index or size is refused', async () => {
  const { subject, entry } = await onlineSubject();
  const proof = entry.verification.inclusionProof;
  ok(proof !== undefined && proof.hashes.length >= 2, 'a proof with several hashes');
  for (const [at, hash] of proof.hashes.entries()) {
    await everyByte(fromHex(hash, 'hash'), async (changed, where) => {
      answerWith(subject, {
        ...entry,
        verification: {
          ...entry.verification,
          inclusionProof: { ...proof, hashes: proof.hashes.with(at, hex(changed)) },
        },
      });
      await refused(subject, ['INCLUSION_PROOF_INVALID'], `hash ${at}, ${where}`);
    });
  }
  await everyByte(fromHex(proof.rootHash, 'root'), async (changed, where) => {
    answerWith(subject, {
      ...entry,
      verification: { ...entry.verification, inclusionProof: { ...proof, rootHash: hex(changed) } },
    });
    await refused(subject, ['INCLUSION_PROOF_INVALID'], `root, ${where}`);
  });
  for (const [name, from, to] of [
    ['logIndex', 0, 40],
    ['treeSize', 0, 40],
  ] as const) {
    for (let value = from; value < to; value++) {
      if (value === proof[name]) continue;
      answerWith(subject, {
        ...entry,
        verification: { ...entry.verification, inclusionProof: { ...proof, [name]: value } },
      });
      await refused(subject, ['INCLUSION_PROOF_INVALID', 'CHECKPOINT_INVALID'], `${name} ${value}`);
    }
  }
});

test('a checkpoint with one changed character, in its text or its signature line, is CHECKPOINT_INVALID', async () => {
  const { subject, entry } = await onlineSubject();
  const proof = entry.verification.inclusionProof;
  ok(proof, 'a proof');
  await everyCharacter(proof.checkpoint, async (changed, where) => {
    answerWith(subject, {
      ...entry,
      verification: { ...entry.verification, inclusionProof: { ...proof, checkpoint: changed } },
    });
    await refused(subject, ['CHECKPOINT_INVALID'], where);
  });
});

test('the inclusion proof and checkpoint of a real entry do not verify with one changed byte', async (t) => {
  const { entry } = t.json('rekor-api/entries.json')[1];
  const { hashes, rootHash, logIndex, treeSize, checkpoint } = entry.verification.inclusionProof;
  const proof = hashes.map((hash: string) => fromHex(hash, 'hash'));
  const leaf = await leafHash(fromBase64(entry.body, 'body'));
  const included = (path: Bytes[], root: Bytes) =>
    isIncluded(leaf, BigInt(logIndex), BigInt(treeSize), path, root);
  const root = fromHex(rootHash, 'root');
  ok(await included(proof, root), 'the control');
  for (const [at, hash] of proof.entries()) {
    await everyByte(hash, async (changed, where) =>
      equal(await included(proof.with(at, changed), root), false, `hash ${at}, ${where}`),
    );
  }
  await everyByte(root, async (changed, where) =>
    equal(await included(proof, changed), false, `root, ${where}`),
  );
  const { tlogs } = t.json('keys/trusted_root.staging.json');
  const key = await parsePublicKey(fromBase64(tlogs[0].publicKey.rawBytes, 'key'));
  ok(
    await isSignedByLog(parseCheckpoint(checkpoint), { name: 'rekor.sigstage.dev', version: 1, key }),
    'the control',
  );
  const signedPart = checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1);
  await everyCharacter(signedPart, async (changed, where) => {
    const text = changed + checkpoint.slice(signedPart.length);
    equal(await isSigned(text, key), false, where);
  });
});

async function isSigned(text: string, key: PublicKey): Promise<boolean> {
  const log = { name: 'rekor.sigstage.dev', version: 1, key } as const;
  return falseIfMalformed(() => isSignedByLog(parseCheckpoint(text), log));
}

/** The seed image's evidence under its own key and the production log. */
const SEED_DIGEST = parseDigest('sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b');

async function seedSubject(t: TestContext): Promise<Subject> {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const [log] = t.json('keys/trusted_root.prod.json').tlogs;
  const key = await parsePublicKey(fromBase64(log.publicKey.rawBytes, 'key'));
  const payload = fromBase64(file.payloadB64, 'payload');
  const subject = await makeSubject();
  Object.assign(subject.evidence, {
    subject: messageOfDigest(SEED_DIGEST),
    signature: file.signatureB64,
    logBundle: JSON.stringify(file.bundle),
  });
  await setPayload(subject, payload);
  subject.trust = await trustIn(
    [await trusted({ pem: file.verifierPem })],
    [
      {
        name: 'rekor.sigstore.dev',
        url: log.baseUrl,
        key,
        version: 1,
        logId: await logIdOf(1, 'rekor.sigstore.dev', key),
        validFrom: Date.parse(log.publicKey.validFor.start),
      },
    ],
  );
  subject.now = NOW;
  return subject;
}

/** A signature without an entry; the log holds it in a tree of ten leaves. */
async function onlineSubject() {
  const subject = await makeSubject();
  for (let i = 0; i < 8; i++) await subject.log.append(`{"other":${i}}`);
  const { entry } = await subject.log.get(1);
  subject.requirements.transparency = 'online';
  answerWith(subject, entry);
  await control(subject);
  return { subject, entry };
}

async function control(subject: Subject): Promise<void> {
  equal((await verify(subject)).code, 'VERIFIED', 'the unchanged control');
}

async function refused(subject: Subject, codes: string[], where: string): Promise<string> {
  const { verdict, code } = await verify(subject);
  equal(verdict, 'refused', where);
  includes(codes, code, where);
  return code;
}

/** Calls `check` with each byte changed in three ways. @returns the results */
async function everyByte<T>(
  good: Uint8Array,
  check: (changed: Bytes, where: string) => Promise<T>,
): Promise<Set<T>> {
  const seen = new Set<T>();
  for (let at = 0; at < good.length; at++) {
    for (const mask of MASKS) seen.add(await check(flip(good, at, mask), `byte ${at} xor ${mask}`));
  }
  return seen;
}

async function everyCharacter<T>(
  good: string,
  check: (changed: string, where: string) => Promise<T>,
): Promise<Set<T>> {
  const seen = new Set<T>();
  for (let at = 0; at < good.length; at++) {
    for (const mask of MASKS) {
      const character = String.fromCharCode(good.charCodeAt(at) ^ mask);
      seen.add(
        await check(good.slice(0, at) + character + good.slice(at + 1), `character ${at} xor ${mask}`),
      );
    }
  }
  return seen;
}
