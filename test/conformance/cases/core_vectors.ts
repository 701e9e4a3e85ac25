// Published test vectors: Merkle proofs, Wycheproof's signatures, reference syntax and normalisation, canonical JSON.
import { type PublicKey, parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { verifySignature } from '../../../src/core/crypto/signature.ts';
import { fromBase64, fromHex, toBase64, utf8 } from '../../../src/core/encoding/bytes.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import {
  formatReference,
  fullName,
  parseImageReference,
  parseReference,
} from '../../../src/core/reference.ts';
import { type Bytes, hex, join } from '../../support/bytes.ts';
import { der, derInteger } from '../../support/keys.ts';
import { falseIfMalformed } from '../../support/problem.ts';
import { equal, ok, throws } from '../support/assert.ts';
import { isIncluded } from '../support/included.ts';
import { test } from '../table.ts';

test('A47 merkle/inclusion: every vector gets its expected verdict', async (t) => {
  const files = t.files('merkle/inclusion');
  equal(files.length, 53, 'the number of vectors');
  for (const path of files) {
    const vector = t.json(path);
    const proof = (vector.proof ?? []).map((hash: string) => fromBase64(hash, 'hash'));
    const included = await falseIfMalformed(() =>
      isIncluded(
        fromBase64(vector.leafHash, 'leaf'),
        BigInt(vector.leafIdx),
        BigInt(vector.treeSize),
        proof,
        fromBase64(vector.root, 'root'),
      ),
    );
    equal(included, !vector.wantErr, path);
  }
});

test('A17 wycheproof ECDSA P-256: raw signatures, re-encoded as DER, get their expected verdict', async (t) => {
  let count = 0;
  for (const group of t.json('wycheproof/ecdsa_secp256r1_sha256_p1363_test.json').testGroups) {
    const key = await parsePublicKeyPem(group.publicKeyPem);
    for (const { tcId, msg, sig, result } of group.tests) {
      const signature = halvesAsDer(fromHex(sig, 'sig'));
      const actual = await falseIfMalformed(() =>
        verifySignature(key, 'sha256', fromHex(msg, 'msg'), signature),
      );
      // A raw signature of another length has no DER form of its own, so its verdict is only checked if it is valid.
      const expected = sig.length === 128 || result === 'valid' ? result === 'valid' : undefined;
      if (expected !== undefined) equal(actual, expected, `tcId ${tcId}`);
      count++;
    }
  }
  equal(count, 262, 'the number of vectors');
});

test('A17 wycheproof ECDSA P-256: raw signatures are refused in place of DER', async (t) => {
  for (const group of t.json('wycheproof/ecdsa_secp256r1_sha256_p1363_test.json').testGroups) {
    const key = await parsePublicKeyPem(group.publicKeyPem);
    for (const { tcId, msg, sig } of group.tests) {
      equal(
        await falseIfMalformed(() =>
          verifySignature(key, 'sha256', fromHex(msg, 'msg'), fromHex(sig, 'sig')),
        ),
        false,
        `tcId ${tcId}`,
      );
    }
  }
});

test('A17 wycheproof Ed25519: every vector gets its expected verdict', async (t) => {
  let count = 0;
  for (const group of t.json('wycheproof/ed25519_test.json').testGroups) {
    const key = await parsePublicKeyPem(group.publicKeyPem);
    for (const { tcId, msg, sig, result } of group.tests) {
      const actual = await falseIfMalformed(() =>
        verifySignature(key, 'none', fromHex(msg, 'msg'), fromHex(sig, 'sig')),
      );
      equal(actual, result === 'valid', `tcId ${tcId}`);
      count++;
    }
  }
  equal(count, 151, 'the number of vectors');
});

test('A18 wycheproof RSA-PSS: no PSS signature verifies, since only PKCS#1 v1.5 is supported', async (t) => {
  let pss = 0;
  for (const group of t.json('wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json').testGroups) {
    const key: PublicKey = await parsePublicKeyPem(group.publicKeyPem);
    for (const { tcId, msg, sig, flags } of group.tests) {
      // These are not PSS signatures but valid ones by PKCS#1 v1.5.
      const isPkcs1 = flags.includes('WrongPrimitive');
      const actual = await falseIfMalformed(() =>
        verifySignature(key, 'sha256', fromHex(msg, 'msg'), fromHex(sig, 'sig')),
      );
      if (isPkcs1) continue;
      equal(actual, false, `tcId ${tcId}`);
      pss++;
    }
  }
  ok(pss > 100, 'there were PSS signatures');
});

test('oci/reference-cases TestReferenceParse: references are parsed or refused as expected', async (t) => {
  for (const { input, err, domain, repository, tag, digest } of t.json('oci/reference-cases.json')
    .TestReferenceParse) {
    if (err !== undefined || !isSha256OrNone(digest)) {
      await throws(() => parseReference(input), 'Malformed', input);
      continue;
    }
    const parsed = parseReference(input);
    const name = parsed.domain === undefined ? parsed.path : `${parsed.domain}/${parsed.path}`;
    equal(
      [name, parsed.domain ?? '', parsed.tag ?? '', parsed.digest ?? ''],
      [repository, domain ?? '', tag ?? '', digest ?? ''],
      input,
    );
  }
});

test('oci/reference-cases TestParseNamed, TestDomainAndPath: names are split into registry and path as expected', (t) => {
  const { TestParseNamed, TestDomainAndPath } = t.json('oci/reference-cases.json');
  for (const { input, err, domain, path } of TestParseNamed) {
    if (err === undefined) equal(fullName(parseImageReference(input)), `${domain}/${path}`, input);
    // Names that the vectors call invalid here are those that normalisation changes.
    else ok(fullName(parseImageReference(input)) !== input, input);
  }
  for (const { input, domain, path } of TestDomainAndPath) {
    const parsed = parseReference(input);
    equal([parsed.domain ?? '', parsed.path], [domain, path], input);
  }
});

test('A65 all spellings of one image give one normalised name', () => {
  const nginx = 'docker.io/library/nginx:latest';
  for (const written of [
    'nginx',
    'docker.io/nginx',
    'index.docker.io/library/nginx:latest',
    'registry-1.docker.io/library/nginx',
    'DOCKER.IO/nginx',
    'docker.io:443/nginx',
    'Index.Docker.io/nginx',
  ]) {
    equal(formatReference(parseImageReference(written)), nginx, written);
  }
  for (const written of [
    'ghcr.io/acme/app:1',
    'GHCR.IO/acme/app:1',
    'ghcr.io:443/acme/app:1',
    'Ghcr.Io:443/acme/app:1',
  ]) {
    equal(formatReference(parseImageReference(written)), 'ghcr.io/acme/app:1', written);
  }
  equal(fullName(parseImageReference('reg.example:5000/a/b')), 'reg.example:5000/a/b');
  equal(fullName(parseImageReference('localhost/a')), 'localhost/a');
});

test('A65 upper case is refused in a repository and kept in a tag', async () => {
  for (const written of ['ghcr.io/Acme/app', 'docker.io/NGINX', 'ghcr.io/acme/App:1']) {
    await throws(() => parseImageReference(written), 'Malformed', written);
  }
  equal(parseImageReference('ghcr.io/acme/app:V1').tag, 'V1');
});

const D = `sha256:${'a'.repeat(64)}`;

test('A33 a reference may have both a tag and a digest; malformed combinations are refused', async () => {
  const both = parseImageReference(`ghcr.io/acme/app:1@${D}`);
  equal([both.tag, both.digest], ['1', D]);
  equal(parseImageReference(`ghcr.io/acme/app@${D}`).tag, undefined, 'a digest gets no default tag');
  for (const bad of [
    `ghcr.io/acme/app@${D}:1`,
    `ghcr.io/acme/app@${D}@${D}`,
    'ghcr.io/acme/app:',
    `ghcr.io/acme/app:@${D}`,
    'ghcr.io/acme/app@',
    `@${D}`,
  ]) {
    await throws(() => parseImageReference(bad), 'Malformed', bad);
  }
});

test('A10 A31 a reference’s digest must be sha256: and 64 lower-case hexadecimal digits', async () => {
  const bad = [
    '',
    'sha256:',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(65)}`,
    D.toUpperCase(),
    `SHA256:${'a'.repeat(64)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    `md5:${'a'.repeat(32)}`,
    'sha256:../../x',
    `sha256:${'a'.repeat(62)}%2f`,
    `${D}\n`,
    ` ${D}`,
  ];
  for (const digest of bad)
    await throws(() => parseImageReference(`ghcr.io/acme/app@${digest}`), 'Malformed', digest);
});

test('jcs: the strict JSON parser reads canonical and other forms alike', (t) => {
  for (const name of ['arrays', 'french', 'values']) {
    const read = (folder: string) => parseJson(t.text(`jcs/${folder}/${name}.json`), name);
    equal(read('input'), read('output'), name);
    equal(read('output'), JSON.parse(t.text(`jcs/output/${name}.json`)), name);
  }
});

/** Encodes r ‖ s as DER without checking the numbers: zero and numbers out of range stay. */
function halvesAsDer(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return der(0x30, derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
}

function isSha256OrNone(digest: string | undefined): boolean {
  return digest === undefined || digest.startsWith('sha256:');
}

test('A17 ECDSA signatures that are not strict DER are malformed', async (t) => {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const key = await parsePublicKeyPem(file.verifierPem);
  const payload = fromBase64(file.payloadB64, 'payload');
  const good = fromBase64(file.signatureB64, 'signature');
  ok(await verifySignature(key, 'sha256', payload, good), 'the control');
  const [r, s] = integers(good);
  const sequence = (...parts: (Uint8Array | number[])[]) => der(0x30, ...parts);
  const n = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'n');
  const bad: Record<string, Uint8Array> = {
    'trailing byte': join(good, [0]),
    'trailing byte inside': sequence(der(2, r), der(2, s), [0]),
    'third integer': sequence(der(2, r), der(2, s), der(2, [1])),
    'one integer': sequence(der(2, r)),
    'long-form length': join([0x30, 0x81, good.length - 2], good.subarray(2)),
    'long-form length with a zero': join([0x30, 0x82, 0, good.length - 2], good.subarray(2)),
    'long-form length of r': sequence(join([2, 0x81, r.length], r), der(2, s)),
    'indefinite length': join([0x30, 0x80], good.subarray(2), [0, 0]),
    'spare leading zero': sequence(der(2, [0], r), der(2, s)),
    'negative r': sequence(der(2, r.subarray(1)), der(2, s)),
    'r is zero': sequence(der(2, [0]), der(2, s)),
    's is zero': sequence(der(2, r), der(2, [0])),
    'r is n': sequence(derInteger(n), der(2, s)),
    's plus n': sequence(der(2, r), derInteger(plus(s, n))),
    'empty integer': sequence(der(2, []), der(2, s)),
    'SET instead of SEQUENCE': join([0x31], good.subarray(1)),
    'OCTET STRING for r': sequence(der(4, r), der(2, s)),
    'BOOLEAN for s': sequence(der(2, r), der(1, s)),
    null: sequence(der(5), der(5)),
    'cut short': good.subarray(0, -1),
    empty: new Uint8Array(),
    'raw r and s': join(r.slice(-32), s.slice(-32)),
    'text of base64': utf8(toBase64(good)),
  };
  for (const [what, signature] of Object.entries(bad)) {
    await throws(() => verifySignature(key, 'sha256', payload, signature as Bytes), 'Malformed', what);
  }
});

/** The contents of the two INTEGERs in the seed image's signature; both begin with a zero byte. */
function integers(signature: Bytes): [Bytes, Bytes] {
  const length = signature[3] ?? 0;
  return [signature.slice(4, 4 + length), signature.slice(6 + length)];
}

function plus(a: Uint8Array, b: Uint8Array): Bytes {
  const sum = BigInt(`0x${hex(a)}`) + BigInt(`0x${hex(b)}`);
  const digits = sum.toString(16);
  return fromHex(digits.length % 2 === 0 ? digits : `0${digits}`, 'sum');
}
