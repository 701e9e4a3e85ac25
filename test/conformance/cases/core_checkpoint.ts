// Checkpoints: signed notes, and which of them count as signed by the log.
import { parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { toHex, utf8 } from '../../../src/core/encoding/bytes.ts';
import {
  isSignedByLog,
  MAX_CHECKPOINT_SIGNATURES,
  parseCheckpoint,
} from '../../../src/core/log/checkpoint.ts';
import { leafHash } from '../../../src/core/log/merkle.ts';
import { keyHints, type LogVersion } from '../../../src/core/trust/trusted_log.ts';
import { base64, flip, join, unbase64, unhex } from '../../support/bytes.ts';
import { makeLog, noteLine } from '../../support/fake_log.ts';
import { type Hash, makeKey, type Signer } from '../../support/keys.ts';
import { falseIfMalformed } from '../../support/problem.ts';
import { equal, includes, ok, throws } from '../support/assert.ts';
import { makeSubject, trusted, trustedLog, trustIn, verify } from '../support/harness.ts';
import { isIncluded } from '../support/included.ts';
import { test } from '../table.ts';

const NAME = 'rekor.example';
const ROOT = base64(new Uint8Array(32).fill(9));
const TEXT = `${NAME} - 42\n7\n${ROOT}\n`;
const V2 = `${NAME}\n7\n${ROOT}\n`;

async function signedBy(
  signer: Signer,
  note: string,
  name = NAME,
  version: LogVersion = 1,
): Promise<boolean> {
  return falseIfMalformed(async () => {
    const key = await parsePublicKeyPem(signer.pem);
    return isSignedByLog(parseCheckpoint(note), { name, version, key });
  });
}

test('A54 a checkpoint’s own signature line is found anywhere among witness lines, and must be there', async () => {
  const [log, witness] = [await makeKey(), await makeKey('ed25519')];
  const own = await noteLine(NAME, log, TEXT);
  const others = [
    await noteLine('witness.example', witness, TEXT),
    await noteLine(NAME, witness, TEXT),
    '\u2014 stranger AAAAAAAA\n',
  ];
  for (let at = 0; at <= others.length; at++) {
    ok(await signedBy(log, `${TEXT}\n${others.toSpliced(at, 0, own).join('')}`), `at line ${at}`);
  }
  equal(await signedBy(log, `${TEXT}\n${others.join('')}`), false, 'without the log’s own line');
  equal(
    await signedBy(log, `${TEXT}\n${own}${await noteLine(NAME, log, `${TEXT}x\n`)}`),
    false,
    'with a second line of the log that does not verify',
  );
});

test('A54 a checkpoint that violates the specification is refused', async () => {
  const log = await makeKey();
  const sign = async (text: string) => `${text}\n${await noteLine(NAME, log, text)}`;
  ok(await signedBy(log, await sign(TEXT)), 'the control');
  ok(await signedBy(log, await sign(`${TEXT}extension line\n`)), 'further lines are allowed');
  ok(await signedBy(log, await sign(`${NAME} - 42\n0\n${ROOT}\n`)), 'size 0 is allowed');
  const bad: Record<string, string> = {
    'no origin': await sign(`7\n${ROOT}\n`),
    'empty origin': await sign(`\n7\n${ROOT}\n`),
    'no size': await sign(`${NAME} - 42\n${ROOT}\n`),
    'no root': await sign(`${NAME} - 42\n7\n`),
    'leading zero': await sign(`${NAME} - 42\n07\n${ROOT}\n`),
    'signed size': await sign(`${NAME} - 42\n+7\n${ROOT}\n`),
    'negative size': await sign(`${NAME} - 42\n-7\n${ROOT}\n`),
    'size in hexadecimal': await sign(`${NAME} - 42\n0x7\n${ROOT}\n`),
    'size with a space': await sign(`${NAME} - 42\n7 \n${ROOT}\n`),
    'short root': await sign(`${NAME} - 42\n7\n${base64(new Uint8Array(31))}\n`),
    'long root': await sign(`${NAME} - 42\n7\n${base64(new Uint8Array(33))}\n`),
    'root without padding': await sign(`${NAME} - 42\n7\n${ROOT.replace(/=/g, '')}\n`),
    'blank line inside': await sign(`${NAME} - 42\n7\n${ROOT}\n\nmore\n`),
    CRLF: (await sign(TEXT)).replaceAll('\n', '\r\n'),
    'carriage return in the text': await sign(TEXT.replace('\n7', '\r\n7')),
    'no signature': `${TEXT}\n`,
    'no blank line': `${TEXT}${await noteLine(NAME, log, TEXT)}`,
    'no newline at the end': (await sign(TEXT)).trimEnd(),
    'text after the signatures': `${await sign(TEXT)}more\n`,
    'blank line after the signatures': `${await sign(TEXT)}\n`,
    'a hyphen for the dash': (await sign(TEXT)).replace('\u2014', '-'),
    'no hint': `${TEXT}\n\u2014 ${NAME} AAAA\n`,
    'a signature that is not base64': `${await sign(TEXT)}\u2014 x !!!!\n`,
    'too many lines': `${await sign(TEXT)}${'\u2014 witness AAAAAAAA\n'.repeat(MAX_CHECKPOINT_SIGNATURES)}`,
    'too long': await sign(`${TEXT}${'x'.repeat(64 * 1024)}\n`),
    'a control character in a further line': await sign(`${TEXT}more\u0001\n`),
    'a NUL': await sign(TEXT.replace('42', '4\u00002')),
    nothing: '',
  };
  for (const [what, note] of Object.entries(bad)) equal(await signedBy(log, note), false, what);
  ok(
    await signedBy(
      log,
      `${await sign(TEXT)}${'\u2014 witness AAAAAAAA\n'.repeat(MAX_CHECKPOINT_SIGNATURES - 1)}`,
    ),
    'a hundred lines are allowed',
  );
});

test('A55 a checkpoint’s origin, name and key hint must be exactly the log’s', async () => {
  const log = await makeKey();
  const note = async (origin: string, name: string) => {
    const text = `${origin}\n7\n${ROOT}\n`;
    return `${text}\n${await noteLine(name, log, text)}`;
  };
  ok(await signedBy(log, await note(`${NAME} - 42`, NAME)), 'a Rekor v1 origin');
  ok(await signedBy(log, await note(NAME, NAME)), 'the name alone');
  for (const [origin, name] of [
    [NAME, 'other.example'],
    [` ${NAME}`, NAME],
    ['other.example - 42', NAME],
    ['other.example', NAME],
    [`${NAME}.evil - 42`, NAME],
    [`evil.${NAME} - 42`, NAME],
    [`${NAME} - x`, NAME],
    [`${NAME} - `, NAME],
    [`${NAME}- 42`, NAME],
    ['rekorXexample - 42', NAME],
    [`${NAME} - 42`, '.'],
    [`${NAME} - 42`, '.*'],
    [`${NAME} - 42`, 'other.example'],
    [`${NAME} - 42`, `${NAME}.evil`],
  ] as const) {
    equal(await signedBy(log, await note(origin, name)), false, `${origin} by ${name}`);
  }
  equal(
    await signedBy(log, await note(`${NAME} - 42`, NAME), 'rekorXexample'),
    false,
    'checked for another log',
  );
  equal(await signedBy(await makeKey(), await note(`${NAME} - 42`, NAME)), false, 'another key');
  const [, line = ''] = (await note(`${NAME} - 42`, NAME)).split('\n\n');
  const bytes = Uint8Array.from(atob(line.trim().split(' ')[2] ?? ''), (c) => c.charCodeAt(0));
  for (let at = 0; at < 4; at++) {
    equal(
      await signedBy(log, `${TEXT}\n\u2014 ${NAME} ${base64(flip(bytes, at, 1))}\n`),
      false,
      'another hint',
    );
  }
});

test('a key hint is the SHA-256 of the SPKI for ECDSA, and of name and key for Ed25519', async () => {
  const [p256, ed25519] = [await makeKey(), await makeKey('ed25519')];
  for (const signer of [p256, ed25519]) {
    const line = await noteLine(NAME, signer, TEXT);
    const hint = Uint8Array.from(atob(line.split(' ')[2]?.trim() ?? ''), (c) => c.charCodeAt(0)).slice(0, 4);
    const key = await parsePublicKeyPem(signer.pem);
    includes((await keyHints({ name: NAME, key, version: 1 })).map(toHex), toHex(hint), signer.algorithm);
    ok(await signedBy(signer, `${TEXT}\n${line}`), signer.algorithm);
  }
});

test('a v1 log may sign as its name with or without the port, and with Ed25519 may also use the SPKI’s hint; a v2 log may not', async () => {
  const [log, ed] = [await makeKey(), await makeKey('ed25519')];
  const isSigned = async (
    by: Signer,
    name: string,
    version: LogVersion,
    line = noteLine(name, by, text(name, version)),
  ) =>
    isSignedByLog(parseCheckpoint(`${text(name, version)}\n${await line}`), {
      name: 'rekor.example',
      alias: 'rekor.example:3000',
      key: await parsePublicKeyPem(by.pem),
      version,
    });
  const text = (name: string, version: LogVersion) =>
    TEXT.replace(/^.*/, version === 1 ? `${name} - 42` : name);
  for (const [name, version, counts] of [
    ['rekor.example', 1, true],
    ['rekor.example:3000', 1, true],
    ['rekor.example:30', 1, false],
    ['rekor.example', 2, true],
    ['rekor.example:3000', 2, false],
  ] as const)
    equal(await isSigned(log, name, version), counts, `${name} of v${version}`);
  const name = 'rekor.example';
  const hint = unhex(ed.fingerprint.slice(7, 15));
  for (const version of [1, 2] as const) {
    const signature = await ed.sign(utf8(text(name, version)));
    const plain = Promise.resolve(`\u2014 ${name} ${base64(join(hint, signature))}\n`);
    ok(await isSigned(ed, name, version), `C2SP's hint, v${version}`);
    equal(await isSigned(ed, `${name}:3000`, version), version === 1, `the same with the port, v${version}`);
    equal(await isSigned(ed, name, version, plain), version === 1, `the SPKI's hint, v${version}`);
  }
});

test('a log signs checkpoints with its curve’s own hash; a v1 log may use SHA-256 on any curve', async () => {
  for (const [algorithm, own, other] of [
    ['P-256', 'SHA-256', 'SHA-384'],
    ['P-384', 'SHA-384', 'SHA-512'],
    ['P-521', 'SHA-512', 'SHA-384'],
  ] as const) {
    const key = await makeKey(algorithm);
    const by = async (hash: Hash) =>
      `${TEXT}\n${await noteLine(NAME, { ...key, sign: (message) => key.sign(message, hash) }, TEXT)}`;
    ok(await signedBy(key, await by(own)), `${algorithm} ${own}`);
    equal(await signedBy(key, await by(other)), false, `${algorithm} ${other}`);
    ok(await signedBy(key, await by('SHA-256')), `${algorithm} SHA-256`);
    const log = await makeLog({ signer: { ...key, sign: (message) => key.sign(message, own) } });
    const subject = await makeSubject({ log });
    const trust = await trustIn([await trusted(subject.signer)], [await trustedLog(log)]);
    equal((await verify({ ...subject, trust })).code, 'VERIFIED', algorithm);
  }
  const wide = await makeKey('P-384');
  const bare = (hash: Hash) => noteLine(NAME, { ...wide, sign: (message) => wide.sign(message, hash) }, V2);
  ok(await signedBy(wide, `${V2}\n${await bare('SHA-384')}`, NAME, 2));
  equal(await signedBy(wide, `${V2}\n${await bare('SHA-256')}`, NAME, 2), false, 'v2 allows no other hash');
});

test('the fake log of these tests is consistent: its checkpoints and proofs verify, also for an old entry after the tree has grown', async () => {
  const log = await makeLog();
  const append = async (count: number) => {
    for (let i = 0; i < count; i++) await log.append(`{"n":${i}}`);
  };
  const verified = async (index: number) => {
    const { body, verification } = (await log.get(index)).entry;
    const { inclusionProof: proof } = verification;
    ok(proof);
    ok(await signedBy(log.signer, proof.checkpoint, log.name), 'the checkpoint');
    const note = parseCheckpoint(proof.checkpoint);
    const leaf = await leafHash(unbase64(body));
    const [at, size] = [BigInt(index), BigInt(proof.treeSize)];
    ok(await isIncluded(leaf, at, size, proof.hashes.map(unhex), note.root), 'the proof');
    return { body, size: note.size, origin: note.origin };
  };
  await append(5);
  const origin = `${log.name} - 1193050959916656506`;
  const old = await verified(3);
  equal(old, { body: base64('{"n":3}'), size: 5n, origin });
  await append(4);
  equal(await verified(3), { ...old, size: 9n });
});

test('a checkpoint without a blank line before its signatures is malformed', async () => {
  const log = await makeLog();
  await log.append('{}');
  const { inclusionProof: proof } = (await log.get(0)).entry.verification;
  ok(proof);
  await throws(() => parseCheckpoint(proof.checkpoint.replace('\n\n', '\n')), 'Malformed');
});
