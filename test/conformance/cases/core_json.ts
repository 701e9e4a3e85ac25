// Signed JSON has one meaning: what two parsers could read differently is refused, even with a valid signature and log entry.
import { fromBase64 } from '../../../src/core/encoding/bytes.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import { MAX_JSON_DEPTH } from '../../../src/core/encoding/json_value.ts';
import { parseSimpleSigning } from '../../../src/core/formats/simple_signing.ts';
import { parseApiLogEntry, parseLogBundle } from '../../../src/core/log/log_entry.ts';
import { parseLogBody } from '../../../src/core/log/parse_log_body.ts';
import { base64, text, utf8 } from '../../support/bytes.ts';
import { makeLog } from '../../support/fake_log.ts';
import { logBody, payloadFor } from '../../support/sign_image.ts';
import { equal, match, ok, throws } from '../support/assert.ts';
import { answerWith, editBundle, makeSubject, resign, verify } from '../support/harness.ts';
import { test } from '../table.ts';

const D = `sha256:${'d'.repeat(64)}`;
const E = `sha256:${'e'.repeat(64)}`;

test('A19 validly signed payloads that parsers read differently are refused', async () => {
  const subject = await makeSubject();
  const right = subject.digest;
  const genuine = text(payloadFor(right));
  const field = `"docker-manifest-digest":"${right}"`;
  const twice: Record<string, string> = {
    'two digests, the right one last': genuine.replace(field, `"docker-manifest-digest":"${D}",${field}`),
    'two digests, the right one first': genuine.replace(field, `${field},"docker-manifest-digest":"${D}"`),
    'the same digest twice': genuine.replace(field, `${field},${field}`),
    'a second digest whose name has an escape': genuine.replace(
      field,
      `"docker-manif\\u0065st-digest":"${D}",${field}`,
    ),
    'a second digest whose name is in other letter case': genuine.replace(
      field,
      `${field},"Docker-Manifest-Digest":"${D}"`,
    ),
    'image twice': genuine.replace('"image"', `"image":{"docker-manifest-digest":"${D}"},"image"`),
    'Image in other case': genuine.replace('"image"', `"Image":{"docker-manifest-digest":"${D}"},"image"`),
    'critical twice': genuine.replace('"critical"', `"critical":null,"critical"`),
    'CRITICAL in other case': genuine.replace('"optional"', `"CRITICAL":{},"optional"`),
    'a long s, which folds to s': genuine.replace(field, `${field},"docker-manife\u017ft-digest":"${D}"`),
    'a Kelvin sign, which folds to k': genuine.replace(
      field,
      `${field},"doc\u212aer-manifest-digest":"${D}"`,
    ),
    'type twice': genuine.replace('"type"', '"type":"cosign container image signature","type"'),
    'optional twice': genuine.replace('"optional":null', '"optional":null,"optional":{"a":"b"}'),
    'an annotation twice': genuine.replace('"optional":null', '"optional":{"a":"b","a":"c"}'),
  };
  for (const [what, payload] of Object.entries(twice)) {
    ok(payload !== genuine, what);
    await resign(subject, utf8(payload));
    equal((await verify(subject)).code, 'PAYLOAD_MALFORMED', what);
  }
  await resign(subject, utf8(genuine.replace('"optional":null', '"optional":{"a":"b","A":"c"},"more":1')));
  equal(
    (await verify(subject)).code,
    'VERIFIED',
    'the signer’s own fields are accepted if no parser confuses them',
  );
});

test('A16 null, a number or a string in place of an object is malformed, and no other error', async () => {
  const wrong = ['null', '7', '"x"', '[]', 'true', '{}'];
  const good = text(payloadFor(D));
  for (const value of wrong) {
    for (const name of ['critical', 'identity', 'image']) {
      const at = good.indexOf(`"${name}":`) + name.length + 3;
      const payload = utf8(`${good.slice(0, at)}${value},"was":${good.slice(at)}`);
      await throws(() => parseSimpleSigning(payload), 'Malformed', `${name} ${value}`);
    }
    await throws(() => parseLogBundle(value), 'Malformed', value);
    await throws(
      () => parseLogBundle(`{"SignedEntryTimestamp":${value},"Payload":${value}}`),
      'Malformed',
      value,
    );
    await throws(() => parseApiLogEntry(parseJson(value, 'entry')), 'Malformed', value);
    if (value !== '{}')
      await throws(
        () => parseApiLogEntry(parseJson(apiEntry(`"verification":${value}`), 'entry')),
        'Malformed',
        value,
      );
    await throws(
      () => parseApiLogEntry(parseJson(apiEntry(`"verification":{"inclusionProof":${value}}`), 'entry')),
      'Malformed',
      value,
    );
  }
});

function apiEntry(more: string): string {
  return `{"body":"e30=","integratedTime":1,"logID":"${'a'.repeat(64)}","logIndex":1,${more}}`;
}

test('A20 base64 has one accepted encoding, apart from line breaks', async () => {
  equal(fromBase64('AA==', 'x'), Uint8Array.of(0));
  equal(fromBase64('A\r\nA=\n=', 'x'), Uint8Array.of(0));
  equal(fromBase64('+/+/', 'x'), Uint8Array.of(0xfb, 0xff, 0xbf));
  for (const bad of [
    'AB==',
    'AAB=',
    'AA',
    'AAA',
    'A===',
    'AA=',
    '====',
    'A',
    'AA==AA==',
    'AA==A',
    '-_-_',
    'A A=',
    'AA==\t',
    '\u0041\u00a0==',
    'AA=\u0000',
    'ＡA==',
  ]) {
    await throws(() => fromBase64(bad, 'x'), 'Malformed', JSON.stringify(bad));
  }
});

test('A20 unknown fields and duplicate names in a log entry annotation are refused', async () => {
  const subject = await makeSubject();
  const edits: Record<string, string> = {
    'a sibling of Payload': 'bundle.extra',
    'a sibling of body': 'payload.extra',
  };
  const good = subject.evidence.logBundle ?? '';
  for (const what of Object.keys(edits)) {
    subject.evidence.logBundle = good;
    editBundle(subject, (bundle) => {
      if (what === 'a sibling of body') bundle.Payload.extra = 1;
      else bundle.extra = 1;
    });
    equal((await verify(subject)).code, 'LOG_ENTRY_MALFORMED', what);
  }
  for (const repeated of ['body', 'logIndex', 'logID', 'integratedTime', 'Payload', 'SignedEntryTimestamp']) {
    const bundle = JSON.parse(good);
    const value = JSON.stringify(bundle[repeated] ?? bundle.Payload[repeated]);
    subject.evidence.logBundle = good.replace(`"${repeated}":`, `"${repeated}":${value},"${repeated}":`);
    equal((await verify(subject)).code, 'LOG_ENTRY_MALFORMED', `${repeated} twice`);
  }
});

test('A49 numbers in a log entry are JSON integers in their range; text that only converts to a number is malformed', async () => {
  const good = { body: 'e30=', integratedTime: 1, logID: 'a'.repeat(64), logIndex: 1 };
  const bundle = (fields: string) => `{"SignedEntryTimestamp":"AA==","Payload":${fields}}`;
  const withIndex = (value: string) =>
    bundle(JSON.stringify(good).replace('"logIndex":1', `"logIndex":${value}`));
  const withTime = (value: string) =>
    bundle(JSON.stringify(good).replace('"integratedTime":1', `"integratedTime":${value}`));
  equal(parseLogBundle(withIndex('1')).logIndex, 1n);
  for (const bad of [
    '""',
    '"1"',
    '" 5 "',
    '"0x10"',
    '-1',
    '-0',
    '007',
    '0x10',
    '1.5',
    '+1',
    '1e400',
    'NaN',
    'Infinity',
    'null',
    '[1]',
    '9223372036854775808',
    '1_000',
  ]) {
    await throws(() => parseLogBundle(withIndex(bad)), 'Malformed', `logIndex ${bad}`);
    await throws(() => parseLogBundle(withTime(bad)), 'Malformed', `integratedTime ${bad}`);
  }
  await throws(() => parseLogBundle(withTime('9007199254740993')), 'Malformed', 'a time beyond 2^53');
});

test('A49 A52 log indices and tree sizes beyond 2^53 keep every digit, and a root hash is 64 hexadecimal digits', async () => {
  const entry = (number: string) =>
    parseApiLogEntry(
      parseJson(
        apiEntry(
          `"verification":{"inclusionProof":{"logIndex":${number},"treeSize":${number},"rootHash":"${'0'.repeat(64)}","hashes":[]}}`,
        ),
        'entry',
      ),
    );
  const proof = entry('9223372036854775807').inclusionProof;
  equal([proof?.logIndex, proof?.treeSize], [9223372036854775807n, 9223372036854775807n]);
  equal(entry('9007199254740993').inclusionProof?.treeSize, 9007199254740993n);
  for (const bad of ['-1', '9223372036854775808', '"1"', '1.5'])
    await throws(() => entry(bad), 'Malformed', bad);
  for (const hash of ['0'.repeat(62), '0'.repeat(66), '0'.repeat(63), `${'0'.repeat(63)}g`, '']) {
    const json = `"verification":{"inclusionProof":{"logIndex":0,"treeSize":1,"rootHash":"${hash}","hashes":[]}}`;
    await throws(
      () => parseApiLogEntry(parseJson(apiEntry(json), 'entry')),
      'Malformed',
      `a root of ${hash.length} digits`,
    );
  }
});

test('A50 an entry at index 0 verifies', async () => {
  const subject = await makeSubject();
  const fields = {
    body: subject.logged.entry.body,
    integratedTime: subject.logged.entry.integratedTime,
    logID: subject.log.id,
    logIndex: 0,
  };
  subject.evidence.logBundle = subject.log.annotation({
    ...fields,
    verification: { signedEntryTimestamp: await subject.log.promise(fields) },
  });
  const result = await verify(subject);
  equal([result.code, result.transparency?.entry.logIndex], ['VERIFIED', 0n]);
});

test('A51 in a sharded log, the inclusion proof uses the index within the shard, not the log-wide one', async () => {
  const subject = await makeSubject({ log: await makeLog({ offset: 121_904_262 }) });
  delete subject.evidence.logBundle;
  subject.requirements.transparency = 'online';
  answerWith(subject, subject.logged.entry);
  const result = await verify(subject);
  equal([result.code, result.transparency?.entry.logIndex], ['VERIFIED', 121_904_263n]);
  const { inclusionProof } = subject.logged.entry.verification;
  ok(inclusionProof);
  const swapped = { ...inclusionProof, logIndex: 121_904_263 };
  answerWith(subject, {
    ...subject.logged.entry,
    verification: { ...subject.logged.entry.verification, inclusionProof: swapped },
  });
  equal((await verify(subject)).code, 'INCLUSION_PROOF_INVALID');
});

test('entries with an index beyond 2^31 or 2^53 verify', async () => {
  const subject = await makeSubject();
  for (const logIndex of [2 ** 31 + 5, 2 ** 53 - 1]) {
    const fields = {
      body: subject.logged.entry.body,
      integratedTime: subject.logged.entry.integratedTime,
      logID: subject.log.id,
      logIndex,
    };
    subject.evidence.logBundle = subject.log.annotation({
      ...fields,
      verification: { signedEntryTimestamp: await subject.log.promise(fields) },
    });
    equal((await verify(subject)).code, 'VERIFIED', String(logIndex));
  }
  const { body, integratedTime } = subject.logged.entry;
  const promised = `{"body":"${body}","integratedTime":${integratedTime},"logID":"${subject.log.id}","logIndex":9007199254740993}`;
  const set = base64(await subject.log.signer.sign(utf8(promised)));
  subject.evidence.logBundle = `{"SignedEntryTimestamp":"${set}","Payload":${promised}}`;
  equal((await verify(subject)).code, 'VERIFIED', '2^53+1');
});

test('A19 the strict JSON parser refuses invalid JSON, duplicate names and deep nesting', async () => {
  const bad = [
    '',
    ' ',
    '{',
    '}',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    '01',
    '.5',
    '5.',
    '-',
    '1e',
    '"\u0000"',
    '"\\x41"',
    '"\\u12"',
    '"\\ud800"',
    '"a',
    'tru',
    'nul',
    'undefined',
    '// x\n1',
    '1 1',
    '\ufeff1',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    `${'['.repeat(MAX_JSON_DEPTH + 2)}${']'.repeat(MAX_JSON_DEPTH + 2)}`,
    '['.repeat(100_000),
  ];
  for (const json of bad)
    await throws(() => parseJson(json, 'x'), 'Malformed', JSON.stringify(json.slice(0, 40)));
  const proto = parseJson('{"__proto__":{"polluted":true}}', 'x');
  equal(Object.keys(proto as object), ['__proto__'], '__proto__ is a name like any other');
  equal(({} as { polluted?: boolean }).polluted, undefined);
  const error = await throws(() => parseJson(`{"${E}":1,"${E}":1}`, 'x'), 'Malformed');
  match(error.message, /duplicate field/);
});

test('A56 a log entry is malformed with an invalid log id, promise or body, or beyond its limits', async () => {
  const good = { body: 'e30=', integratedTime: 1, logID: 'a'.repeat(64), logIndex: 1 };
  const bundle = (payload: object, set: unknown = 'AA==') =>
    JSON.stringify({ SignedEntryTimestamp: set, Payload: payload });
  equal(parseLogBundle(bundle(good)).logId, good.logID, 'the control');
  for (const logID of [
    '',
    'A'.repeat(64),
    'a'.repeat(63),
    'a'.repeat(65),
    `${'a'.repeat(63)}g`,
    `${'a'.repeat(63)}"`,
    `${'a'.repeat(64)}\n`,
    7,
    null,
  ]) {
    await throws(() => parseLogBundle(bundle({ ...good, logID })), 'Malformed', String(logID));
    await throws(
      () => parseApiLogEntry(parseJson(JSON.stringify({ ...good, logID }), 'entry')),
      'Malformed',
      String(logID),
    );
  }
  for (const set of ['', '*', 7, null])
    await throws(() => parseLogBundle(bundle(good, set)), 'Malformed', String(set));
  for (const body of ['*', 7, null, 'e30'])
    await throws(() => parseLogBundle(bundle({ ...good, body })), 'Malformed', String(body));
  const long = { ...good, body: base64(' '.repeat(200 * 1024)) };
  await throws(() => parseLogBundle(bundle(long)), 'Malformed', 'longer than any entry');
  const hashes = (count: number) =>
    apiEntry(
      `"verification":{"inclusionProof":{"logIndex":0,"treeSize":1,"rootHash":"${'0'.repeat(64)}","hashes":${JSON.stringify(Array(count).fill('0'.repeat(64)))}}}`,
    );
  equal(parseApiLogEntry(parseJson(hashes(64), 'entry')).inclusionProof?.hashes.length, 64);
  await throws(() => parseApiLogEntry(parseJson(hashes(65), 'entry')), 'Malformed', '65 hashes');
});

test('a log entry body without a signature or a key is malformed', async () => {
  const { signer, evidence } = await makeSubject();
  const layer = { payload: evidence.payload, signature: evidence.signature ?? '' };
  const good = await logBody('hashedrekord', layer, signer);
  ok((parseLogBody(utf8(good)).signature?.length ?? 0) > 0, 'the control');
  for (const bad of [
    good.replace(layer.signature, ''),
    good.replace(base64(signer.pem), ''),
    good.replace(base64(signer.pem), base64('x')),
  ]) {
    await throws(() => parseLogBody(utf8(bad)), 'Malformed');
  }
});
