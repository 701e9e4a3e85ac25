// RFC 3161 timestamps: genuine ones prove their time, others do not.
import { MAX_TIMESTAMP_BYTES } from '../../../src/core/timestamp/timestamp_token.ts';
import { verifyTimestamp } from '../../../src/core/timestamp/verify_timestamp.ts';
import type { TrustedAuthority } from '../../../src/core/trust/trusted_authority.ts';
import { type Bytes, flip, unbase64, utf8 } from '../../support/bytes.ts';
import {
  bySubjectKeyId,
  change,
  type FakeTsa,
  makeTsa,
  OID,
  oid,
  remove,
  set,
  withCertificates,
} from '../../support/fake_tsa.ts';
import { type Algorithm, der, type Hash, makeKey } from '../../support/keys.ts';
import { equal, ok, throws } from '../support/assert.ts';
import { authorityOf, invalid, MESSAGE, STAMPED } from '../support/timestamps.ts';
import { type TestContext, test } from '../table.ts';

const FIXTURES: [name: string, root: string, time: string][] = [
  [
    'conformance/rekor2-happy-path',
    'conformance/rekor2-happy-path/trusted_root.json',
    '2025-06-12T12:02:20Z',
  ],
  ['conformance/rekor2-happy-path', 'keys/trusted_root.staging.json', '2025-06-12T12:02:20Z'],
  [
    'conformance/rekor2-checkpoint-cosigned',
    'conformance/rekor2-checkpoint-cosigned/trusted_root.json',
    '2025-06-12T12:02:20Z',
  ],
  [
    'conformance/rekor2-dsse-happy-path',
    'conformance/rekor2-dsse-happy-path/trusted_root.json',
    '2026-05-13T19:23:33Z',
  ],
  ['conformance/managed-key-happy-path', 'keys/trusted_root.prod.json', '2025-12-18T17:04:39Z'],
  [
    'conformance/intoto-with-custom-trust-root',
    'conformance/intoto-with-custom-trust-root/trusted_root.json',
    '2023-02-01T00:00:00Z',
  ],
];

test('timestamps of public authorities prove their time, as a response and as a token alone', async (t) => {
  for (const [name, root, time] of FIXTURES) {
    const { token, message } = stamped(t, `${name}/bundle.sigstore.json`);
    const authorities = rootAuthorities(t, root);
    // TimeStampResp is SEQUENCE { SEQUENCE { INTEGER }, token }: the header and the status have nine bytes.
    for (const form of [token, token.slice(9)]) {
      const result = await verifyTimestamp(form, [message], authorities);
      ok(result.kind === 'proven', `${name}: ${JSON.stringify(result)}`);
      equal(result.time, Date.parse(time), name);
      ok(authorities.includes(result.authority), 'the authority is one that was given');
    }
    invalid(await verifyTimestamp(token, [MESSAGE], authorities), /something other than/, name);
  }
});

test('A26 a timestamp without a trusted authority is unknown-authority, whatever certificates it brings', async (t) => {
  const { token, message } = stamped(t, 'conformance/rekor2-happy-path/bundle.sigstore.json');
  const serial = '0a35a10661d5e24173c68996a7f27df27e037ca7';
  const signer = `O=sigstore.dev, CN=sigstore-tsa-selfsigned, serial ${serial}`;
  for (const authorities of [[], rootAuthorities(t, 'keys/trusted_root.prod.json')]) {
    equal(await verifyTimestamp(token, [message], authorities), { kind: 'unknown-authority', signer });
  }
  const local = stamped(t, 'bundles/sigstore-go/public-key-validity.sigstore.json');
  equal(await verifyTimestamp(local.token, [local.message], []), {
    kind: 'unknown-authority',
    signer: 'O=sigstore.dev, CN=sigstore-tsa-intermediate, serial 01',
  });
});

function stamped(t: TestContext, path: string): { token: Bytes; message: Bytes } {
  const { verificationMaterial, messageSignature, dsseEnvelope } = t.json(path);
  const [{ signedTimestamp }] = verificationMaterial.timestampVerificationData.rfc3161Timestamps;
  const signature = messageSignature?.signature ?? dsseEnvelope.signatures[0].sig;
  return { token: unbase64(signedTimestamp), message: unbase64(signature) };
}

function rootAuthorities(t: TestContext, path: string): TrustedAuthority[] {
  type Listed = {
    uri: string;
    certChain: { certificates: { rawBytes: string }[] };
    validFor: { start: string };
  };
  return t.json(path).timestampAuthorities.map(({ uri, certChain, validFor }: Listed) => ({
    name: new URL(uri).host,
    chain: certChain.certificates.map(({ rawBytes }) => unbase64(rawBytes)),
    validFrom: Date.parse(validFor.start),
  }));
}

for (const [algorithm, hash] of [
  ['P-256', 'SHA-256'],
  ['P-384', 'SHA-384'],
  ['P-384', 'SHA-256'],
  ['P-521', 'SHA-512'],
  ['rsa-2048', 'SHA-256'],
  ['rsa-3072', 'SHA-512'],
  ['ed25519', 'SHA-512'],
] satisfies [Algorithm, Hash][]) {
  test(`a timestamp by ${algorithm} with ${hash} proves its time`, async () => {
    const tsa = await makeTsa({ algorithm, hash });
    const token = await tsa.stamp(MESSAGE, { hash, imprintHash: hash });
    const authority = authorityOf(tsa);
    equal(await verifyTimestamp(token, [MESSAGE], [authority]), { kind: 'proven', time: STAMPED, authority });
    invalid(
      await verifyTimestamp(token, [utf8('another')], [authority]),
      /something other than/,
      'another message',
    );
    const forged = await tsa.stamp(MESSAGE, { hash, by: await makeKey(algorithm, hash) });
    invalid(
      await verifyTimestamp(forged, [MESSAGE], [authority]),
      /signature does not verify/,
      'another key',
    );
  });
}

test('A24 fractions of a second in a timestamp are read to the millisecond', async () => {
  const tsa = await makeTsa();
  const authority = authorityOf(tsa);
  for (const [fraction, milliseconds] of [
    ['.5', 500],
    ['.001', 1],
    ['.0009', 0],
    ['.123456789', 123],
  ] as const) {
    const token = await tsa.stamp(MESSAGE, {
      info: set('time', der(0x18, utf8(`20250601120000${fraction}Z`))),
    });
    const time = STAMPED + milliseconds;
    equal(
      await verifyTimestamp(token, [MESSAGE], [authority]),
      { kind: 'proven', time, authority },
      fraction,
    );
  }
});

test('A22 A24 a timestamp must be within its authority’s window; both ends are inclusive', async () => {
  const tsa = await makeTsa();
  const token = await tsa.stamp(MESSAGE);
  const within = authorityOf(tsa, { validFrom: STAMPED, validUntil: STAMPED });
  equal((await verifyTimestamp(token, [MESSAGE], [within])).kind, 'proven');
  const early = authorityOf(tsa, { validFrom: STAMPED + 1 });
  const late = authorityOf(tsa, { validUntil: STAMPED - 1 });
  for (const authorities of [[early], [late], [early, late]]) {
    invalid(
      await verifyTimestamp(token, [MESSAGE], authorities),
      /outside the authority's window/,
      'outside',
    );
  }
  for (const authorities of [
    [early, within, late],
    [late, early, within],
  ]) {
    const authority = within;
    equal(await verifyTimestamp(token, [MESSAGE], authorities), { kind: 'proven', time: STAMPED, authority });
  }
});

test('A24 a timestamp is not judged by the window of another authority', async () => {
  const [tsa, other] = [await makeTsa(), await makeTsa()];
  const token = await tsa.stamp(MESSAGE);
  const authorities = [authorityOf(tsa, { validUntil: STAMPED - 1 }), authorityOf(other)];
  invalid(
    await verifyTimestamp(token, [MESSAGE], authorities),
    /outside the authority's window/,
    'the window of its own authority',
  );
  const [leaf = new Uint8Array()] = other.chain;
  const mixed = authorityOf({ chain: [leaf, ...tsa.chain.slice(1)] });
  equal((await verifyTimestamp(token, [MESSAGE], [mixed])).kind, 'unknown-authority');
});

test('A25 every certificate of the chain, issuers included, must be valid at the timestamp’s time', async () => {
  const validity = (from: string, until: string) => ({
    tbs: set('validity', der(0x30, der(0x17, utf8(from)), der(0x17, utf8(until)))),
  });
  const good = validity('250601120000Z', '250601120000Z');
  const cases = {
    expired: validity('240101000000Z', '250601115959Z'),
    later: validity('250601120001Z', '300101000000Z'),
  };
  const edge = await makeTsa({ leaf: good, issuers: [good, good] });
  equal((await verifyTimestamp(await edge.stamp(MESSAGE), [MESSAGE], [authorityOf(edge)])).kind, 'proven');
  for (const [what, bad] of Object.entries(cases)) {
    for (const options of [{ leaf: bad }, { issuers: [bad] }, { issuers: [{}, bad] }]) {
      const tsa = await makeTsa(options);
      const result = await verifyTimestamp(await tsa.stamp(MESSAGE), [MESSAGE], [authorityOf(tsa)]);
      invalid(result, /outside the validity of a certificate/, what);
      if (options.leaf !== undefined) continue;
      const pinned = authorityOf({ chain: tsa.chain.slice(0, 1) });
      equal((await verifyTimestamp(await tsa.stamp(MESSAGE), [MESSAGE], [pinned])).kind, 'proven', 'pinned');
    }
  }
  const fraction = await edge.stamp(MESSAGE, { info: set('time', der(0x18, utf8('20250601120000.5Z'))) });
  invalid(
    await verifyTimestamp(fraction, [MESSAGE], [authorityOf(edge)]),
    /validity of a certificate/,
    'half a second',
  );
});

test('A26 a certificate inside the timestamp is not trusted', async () => {
  const [trusted, attacker] = [await makeTsa(), await makeTsa()];
  const [leaf = new Uint8Array()] = attacker.chain;
  const own = await attacker.stamp(MESSAGE, { signedData: withCertificates(...attacker.chain) });
  equal((await verifyTimestamp(own, [MESSAGE], [authorityOf(trusted)])).kind, 'unknown-authority');
  // The attacker's signer uses the trusted issuer's name, and brings a certificate with that name.
  const named = await makeTsa({ leaf: { tbs: set('issuer', trusted.issuer) } });
  const forged = await named.stamp(MESSAGE, {
    signerInfo: change('signer', () => der(0x30, trusted.issuer, der(2, [0x77, 1]))),
    signedData: withCertificates(leaf, ...named.chain),
  });
  invalid(
    await verifyTimestamp(forged, [MESSAGE], [authorityOf(trusted)]),
    /is not the authority's/,
    'forged',
  );
});

test('a signer named by a key identifier must be the certificate with that identifier', async () => {
  const tsa = await makeTsa();
  const other = await tsa.stamp(MESSAGE, { signerInfo: bySubjectKeyId(der(0x80, [0xab, 0xcd])) });
  equal(await verifyTimestamp(other, [MESSAGE], [authorityOf(tsa)]), {
    kind: 'unknown-authority',
    signer: 'key abcd',
  });
  const bare = await makeTsa({ leaf: { extensions: remove('subjectKeyId') } });
  const token = await bare.stamp(MESSAGE, { signerInfo: bySubjectKeyId(bare.subjectKeyId) });
  equal((await verifyTimestamp(token, [MESSAGE], [authorityOf(bare)])).kind, 'unknown-authority');
});

test('an RSA timestamp verifies if its signature algorithm leaves the hash to the digest algorithm', async () => {
  const tsa = await makeTsa({ algorithm: 'rsa-2048', issuerAlgorithm: 'P-256', hash: 'SHA-256' });
  const algorithm = der(0x30, oid(OID.rsaEncryption), [5, 0]);
  const token = await tsa.stamp(MESSAGE, { signerInfo: set('algorithm', algorithm) });
  equal((await verifyTimestamp(token, [MESSAGE], [authorityOf(tsa)])).kind, 'proven');
});

test('A24 a timestamp with one changed byte does not verify, except in the status and in unused certificates', async () => {
  const tsa = await makeTsa();
  const authority = authorityOf(tsa);
  const along = utf8('anything: these bytes are not read');
  const token = await tsa.stamp(MESSAGE, { signedData: withCertificates(der(0x30, along)) });
  equal((await verifyTimestamp(token, [MESSAGE], [authority])).kind, 'proven', 'the control');
  const status = token.findIndex((byte, i) => byte === 2 && token[i + 1] === 1 && token[i + 2] === 0) + 2;
  const start = indexOf(token, along);
  for (let at = 0; at < token.length; at++) {
    for (const mask of [0x01, 0x20, 0x80, 0xff]) {
      const { kind } = await verifyTimestamp(flip(token, at, mask), [MESSAGE], [authority]);
      // The status becomes "granted with modifications", which is accepted too.
      const isStatus = at === status && mask === 0x01;
      // Certificates inside the timestamp are not read: neither their bytes, nor (two bytes before) their type, nor (four bytes before)
      // whether they are certificates or revocation lists.
      const isAlong = (at >= start && at < start + along.length) || at === start - 2 || at === start - 4;
      if (isStatus) equal(kind, 'proven', 'the status');
      else if (!isAlong) ok(kind !== 'proven', `byte ${at} of ${token.length}, mask ${mask}: ${kind}`);
    }
  }
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return bytes.findIndex((_, i) => part.every((byte, j) => bytes[i + j] === byte));
}

test('A24 random bytes and a truncated timestamp are invalid, and cause no error', async () => {
  const tsa = await makeTsa();
  const authority = authorityOf(tsa);
  const token = await tsa.stamp(MESSAGE);
  for (let length = 0; length < token.length; length++) {
    equal(
      (await verifyTimestamp(token.slice(0, length), [MESSAGE], [authority])).kind,
      'invalid',
      `${length} bytes`,
    );
  }
  let state = 1;
  const next = () => {
    state = (state * 48271) % 0x7fffffff;
    return state;
  };
  for (let round = 0; round < 2000; round++) {
    const noise = Uint8Array.from({ length: next() % 300 }, () => next());
    equal((await verifyTimestamp(noise, [MESSAGE], [authority])).kind, 'invalid', `noise ${round}`);
    const spliced = token.slice();
    for (let i = 0; i < 3; i++) spliced[next() % token.length] = next();
    ok((await verifyTimestamp(spliced, [MESSAGE], [authority])).kind !== undefined);
  }
  const large = der(0x30, new Uint8Array(65_000), new Uint8Array(600)).slice(0, MAX_TIMESTAMP_BYTES + 1);
  invalid(await verifyTimestamp(large, [MESSAGE], [authority]), /larger than/, 'too large');
});

test('A15 concurrent timestamp verifications give the same results as one after the other', async () => {
  const tsas = [
    await makeTsa(),
    await makeTsa({ algorithm: 'P-384' }),
    await makeTsa({ algorithm: 'rsa-2048' }),
  ];
  const authorities = tsas.slice(0, 2).map((tsa) => authorityOf(tsa));
  const calls: [Bytes, Bytes][] = [];
  for (let i = 0; i < 60; i++) {
    const message = utf8(`message ${i}`);
    const token = await (tsas[i % 3] as FakeTsa).stamp(message, i % 5 === 0 ? { by: await makeKey() } : {});
    calls.push([token, i % 7 === 0 ? MESSAGE : message]);
  }
  const run = async ([token, message]: [Bytes, Bytes]) =>
    (await verifyTimestamp(token, [message], authorities)).kind;
  const alone: string[] = [];
  for (const call of calls) alone.push(await run(call));
  equal(await Promise.all(calls.map(run)), alone);
  equal([...new Set(alone)].sort(), ['invalid', 'proven', 'unknown-authority']);
});

test('an authority whose chain cannot be parsed throws, and gives no verdict', async () => {
  const tsa = await makeTsa();
  const token = await tsa.stamp(MESSAGE);
  for (const chain of [[], [Uint8Array.of(1)]]) {
    await throws(() => verifyTimestamp(token, [MESSAGE], [authorityOf({ chain })]), 'TypeError');
  }
});
