// Sigstore's trusted root is parsed strictly: each error alone is refused.
import { parseJson } from '../../../src/core/encoding/json.ts';
import { applySigningConfig } from '../../../src/core/trust/signing_config.ts';
import { assertTrustsSomebody, parseTrustedRoot } from '../../../src/core/trust/trusted_root.ts';
import { type Bytes, base64, unbase64 } from '../../support/bytes.ts';
import { type Document, type FakeRoot, makeRoot, START } from '../../support/fake_root.ts';
import { extension, type FakeTsa, makeTsa, OID, oid, set } from '../../support/fake_tsa.ts';
import { der } from '../../support/keys.ts';
import { equal, match, throws } from '../support/assert.ts';
import { test } from '../table.ts';

const read = (document: Document) => parseTrustedRoot(parseJson(JSON.stringify(document), 'trusted root'));
const apply = async (config: Document, root: Document) =>
  applySigningConfig(parseJson(JSON.stringify(config), 'signing config'), await read(root));

test('the published trusted roots are parsed, and log ids reveal the Rekor version except for ECDSA keys', async (t) => {
  const own = t.files('conformance').filter((path) => path.endsWith('/trusted_root.json'));
  const seen: Record<string, number | undefined> = {};
  for (const path of ['keys/trusted_root.prod.json', 'keys/trusted_root.staging.json', ...own]) {
    const document = t.json(path);
    const { logs, authorities } = await read(document);
    equal(logs.length, document.tlogs.length, path);
    equal(authorities.length, document.timestampAuthorities.length, path);
    for (const { name, version } of logs) seen[name] = version;
  }
  equal(seen, {
    localhost: undefined,
    'log2025-1.rekor.sigstore.dev': 2,
    'log2025-alpha1.rekor.sigstage.dev': 2,
    'log2025-alpha2.rekor.sigstage.dev': 2,
    'log2025-alpha3.rekor.sigstage.dev': 2,
    'log2026-1.us-east4.rekor.sigstage.dev': 2,
    'rekor.sigstage.dev': undefined,
    'rekor.sigstore.dev': undefined,
  });
  const root = await read(t.json('keys/trusted_root.prod.json'));
  const { searched } = applySigningConfig(t.json('keys/signing_config.v0.2.json'), root);
  equal([...searched], ['https://rekor.sigstore.dev']);
});

test('a trusted root yields its logs and authorities with their windows', async () => {
  const { document, urls, logIds, signers, tsa } = await makeRoot('a');
  document.tlogs[0].publicKey.validFor.end = '2030-01-01T02:00:00+02:00';
  document.timestampAuthorities[0].validFor.end = '2030-01-01T00:00:00.5Z';
  document.tlogs[1].checkpointKeyId = { keyId: base64(unbase64(document.tlogs[1].logId.keyId).slice(0, 4)) };
  document.tlogs[1].operator = 'example';
  for (const type of [
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  ]) {
    document.mediaType = type;
    const { logs, authorities } = await read(document);
    equal(
      logs.map(({ key, ...log }) => ({ ...log, fingerprint: key.fingerprint })),
      [
        {
          name: 'v1-a.example',
          url: urls[0],
          logId: logIds[0],
          validFrom: Date.parse(START),
          validUntil: Date.parse('2030-01-01T00:00:00Z'),
          fingerprint: signers[0].fingerprint,
        },
        {
          name: 'v2-a.example',
          url: urls[1],
          version: 2,
          logId: logIds[1],
          validFrom: Date.parse(START),
          fingerprint: signers[1].fingerprint,
        },
      ],
    );
    equal(authorities, [
      {
        name: 'tsa-a.example',
        chain: tsa.chain,
        validFrom: Date.parse(START),
        validUntil: Date.parse('2030-01-01T00:00:00.5Z'),
        url: 'https://tsa-a.example/api/v1/timestamp',
      },
    ]);
  }
});

test('logs with an unsupported key or hash are skipped, and a root with nothing else trusts nobody', async () => {
  const { document } = await makeRoot('a');
  const { tlogs } = document;
  const future = structuredClone(tlogs);
  future[0].publicKey.keyDetails = 'ML_DSA_65';
  future[1].hashAlgorithm = 'SHA2_512';
  document.tlogs = [...future, tlogs[1]];
  const { logs, leftOut } = await read(document);
  equal(
    logs.map(({ name }) => name),
    ['v2-a.example'],
  );
  equal(
    leftOut.map(({ url }) => url),
    ['https://v1-a.example', 'https://v2-a.example'],
  );
  document.tlogs = future;
  equal((await read(document)).logs, []);
  delete document.timestampAuthorities;
  const root = await read(document);
  const { message } = await throws(() => assertTrustsSomebody(root), 'Malformed');
  match(message, /contains neither .*; .*"ML_DSA_65" is not supported; .*"SHA2_512" is not supported/);
});

test('an authority whose extended key usage is not critical is skipped, and a signing config may name it; any other error refuses the root', async () => {
  const { document, config } = await makeRoot('a');
  const [good] = document.timestampAuthorities;
  const instance = (url: string, { chain }: FakeTsa) => ({
    ...good,
    uri: url,
    certChain: { certificates: chain.map((bytes) => ({ rawBytes: base64(bytes) })) },
  });
  const purpose = (value: Bytes) => makeTsa({ leaf: { extensions: set('extKeyUsage', value) } });
  const uncritical = await purpose(extension(OID.extKeyUsage, der(0x30, oid(OID.timeStamping))));
  const url = 'https://old.example/api/v1/timestamp';
  document.timestampAuthorities = [instance(url, uncritical), good];
  const { authorities, leftOut } = await read(document);
  equal(
    authorities.map(({ name }) => name),
    ['tsa-a.example'],
  );
  equal(
    leftOut.map((one) => one.url),
    [url],
  );
  match(leftOut[0]?.reason, /critical extended key usage/);
  config.tsaUrls[0].url = url;
  equal((await apply(config, document)).root.authorities.length, 1);
  config.tsaUrls[0].url = 'https://other.example/api/v1/timestamp';
  match(
    (await throws(() => apply(config, document), 'Malformed')).message,
    /authority .* is not in the trusted root/,
  );
  const broken = {
    chain: [uncritical.chain[0], ...uncritical.chain.slice(2)].filter((der) => der !== undefined),
  };
  document.timestampAuthorities = [instance(url, broken as FakeTsa), good];
  match((await throws(() => read(document), 'Malformed')).message, /issued by the next/);
  document.timestampAuthorities = [instance(url, uncritical), good];
  const [log] = document.tlogs;
  document.tlogs[0] = { ...log, hashAlgorithm: 'SHA2_512' };
  config.tsaUrls[0].url = log.baseUrl;
  await throws(() => apply(config, document), 'Malformed');
  config.tsaUrls[0].url = url;
  Object.assign(config.rekorTlogUrls[0], { url, majorApiVersion: 1 });
  await throws(() => apply(config, document), 'Malformed');
  config.rekorTlogUrls[0].url = log.baseUrl;
  equal((await apply(config, document)).root.logs.length, 1);
  delete document.tlogs;
  document.timestampAuthorities = [instance(url, uncritical)];
  const none = await read(document);
  const { message } = await throws(() => assertTrustsSomebody(none), 'Malformed');
  match(message, /critical extended key usage/);
  const other = await purpose(extension(OID.extKeyUsage, der(0x30, oid(OID.codeSigning))));
  document.timestampAuthorities = [good, instance(url, other)];
  await throws(() => read(document), 'Malformed');
});

test('a service’s URL may be a host alone, and null fields count as absent', async () => {
  const { document } = await makeRoot('a');
  document.tlogs[0].baseUrl = 'v1-a.example';
  document.tlogs[0].publicKey.validFor.end = null;
  document.timestampAuthorities[0].uri = 'tsa-a.example';
  document.ctlogs = null;
  const { logs, authorities } = await read(document);
  equal([logs[0]?.url, logs[0]?.validUntil], ['https://v1-a.example', undefined]);
  equal([authorities[0]?.url, authorities[0]?.name], ['https://tsa-a.example', 'tsa-a.example']);
});

/** Single edits of a valid document, with the expected message. */
const BROKEN: Record<string, [RegExp, (root: FakeRoot) => unknown]> = {
  'another media type': [
    /mediaType must be one of/,
    ({ document }) => (document.mediaType = 'application/json'),
  ],
  'no media type': [/mediaType is missing/, ({ document }) => delete document.mediaType],
  'an unknown field': [/unknown field "more"/, ({ document }) => (document.more = [])],
  'an unknown field of a log': [/unknown field "more"/, ({ document }) => (document.tlogs[0].more = 1)],
  'an unknown field of a key': [/unknown field/, ({ document }) => (document.tlogs[0].publicKey.more = 1)],
  'an unknown field of a window': [
    /unknown field/,
    ({ document }) => (document.tlogs[0].publicKey.validFor.more = 1),
  ],
  'an unknown field of an authority': [
    /unknown field/,
    ({ document }) => (document.timestampAuthorities[0].more = 1),
  ],
  'an unknown field of a subject': [
    /unknown field/,
    ({ document }) => (document.timestampAuthorities[0].subject.more = 'x'),
  ],
  'a subject that is not a string': [
    /expected a string/,
    ({ document }) => (document.timestampAuthorities[0].subject.commonName = 1),
  ],
  'an unknown field of a chain': [
    /unknown field/,
    ({ document }) => (document.timestampAuthorities[0].certChain.more = 1),
  ],
  'an unknown field of a certificate': [
    /unknown field/,
    ({ document }) => (document.timestampAuthorities[0].certChain.certificates[0].more = 1),
  ],
  'logs that are not a list': [/expected an array/, ({ document }) => (document.tlogs = {})],
  'certificate authorities that are not a list': [
    /expected an array/,
    ({ document }) => (document.certificateAuthorities = {}),
  ],
  'too many logs': [
    /more than 40/,
    ({ document }) => (document.tlogs = new Array(41).fill(document.tlogs[0])),
  ],
  'a log that is listed twice': [/is listed twice/, ({ document }) => document.tlogs.push(document.tlogs[0])],
  'A59 a log without a window': [
    /validFor is missing/,
    ({ document }) => delete document.tlogs[0].publicKey.validFor,
  ],
  'A59 a log without a start': [
    /start is missing/,
    ({ document }) => (document.tlogs[0].publicKey.validFor = {}),
  ],
  'A59 a log with only an end': [
    /start is missing/,
    ({ document }) => (document.tlogs[0].publicKey.validFor = { end: START }),
  ],
  'A59 an authority without a window': [
    /validFor is missing/,
    ({ document }) => delete document.timestampAuthorities[0].validFor,
  ],
  'A59 an authority without a start': [
    /start is missing/,
    ({ document }) => (document.timestampAuthorities[0].validFor = {}),
  ],
  'A59 a window that ends before it begins': [
    /end is before start/,
    ({ document }) => (document.tlogs[0].publicKey.validFor.end = '2020-12-31T23:59:59Z'),
  ],
  ...Object.fromEntries(
    ['', 'now', '2021-01-01', '2021-02-30T00:00:00Z', '2021-01-01T00:00:00', '2021-01-01T25:00:00Z', 0].map(
      (start): [string, [RegExp, (root: FakeRoot) => unknown]] => [
        `A59 the start ${JSON.stringify(start)}`,
        [/expected a/, ({ document }) => (document.tlogs[0].publicKey.validFor.start = start)],
      ],
    ),
  ),
  'A59 a start in the year 10000': [
    /RFC 3339/,
    ({ document }) => (document.tlogs[0].publicKey.validFor.start = '9999-12-31T23:59:59-01:00'),
  ],
  'a hash algorithm that is not a string': [
    /expected a string/,
    ({ document }) => (document.tlogs[0].hashAlgorithm = 5),
  ],
  'an unknown hash algorithm': [
    /not supported/,
    ({ document }) => (document.tlogs[0].hashAlgorithm = 'sha256'),
  ],
  'a URL with credentials': [
    /expected an http/,
    ({ document }) => (document.tlogs[0].baseUrl = 'https://a:b@x.example'),
  ],
  'an invalid URL': [/expected an http/, ({ document }) => (document.tlogs[0].baseUrl = 'x y')],
  'an authority with an invalid URL': [
    /expected an http/,
    ({ document }) => (document.timestampAuthorities[0].uri = 'ftp://x.example'),
  ],
  'key details of another type of key': [
    /says ed25519, but the key is ecdsa-p256/,
    ({ document }) => (document.tlogs[0].publicKey.keyDetails = 'PKIX_ED25519'),
  ],
  'unknown key details': [
    /not supported/,
    ({ document }) => (document.tlogs[0].publicKey.keyDetails = 'constructor'),
  ],
  'the id of another log': [
    /logId matches neither/,
    ({ document }) => (document.tlogs[0].logId = document.tlogs[1].logId),
  ],
  'the v1 id of an Ed25519 key under another name': [
    /logId matches neither/,
    ({ document }) => (document.tlogs[1].baseUrl = 'https://other.example'),
  ],
  'an invalid key': [/DER|cut short/, ({ document }) => (document.tlogs[0].publicKey.rawBytes = 'MA==')],
  'bytes that are not base64': [/base64/, ({ document }) => (document.tlogs[0].publicKey.rawBytes = 'M')],
  'a chain in reverse order': [
    /is a CA certificate/,
    ({ document }) => document.timestampAuthorities[0].certChain.certificates.reverse(),
  ],
  'an empty chain': [
    /has no certificate/,
    ({ document }) => (document.timestampAuthorities[0].certChain.certificates = []),
  ],
};

for (const [what, [problem, edit]] of Object.entries(BROKEN)) {
  const [, id = '', text] = /^(A[0-9]+ )?(.*)$/.exec(what) ?? [];
  test(`${id}a trusted root is refused for ${text}`, async () => {
    const root = await makeRoot('a');
    edit(root);
    match((await throws(() => read(root.document), 'Malformed', what)).message, problem, what);
  });
}

test('A59 a window of a single instant is accepted', async () => {
  const { document } = await makeRoot('a');
  document.tlogs[0].publicKey.validFor.end = START;
  equal((await read(document)).logs[0]?.validUntil, Date.parse(START));
});

test('a trusted root that is not an object is refused', async () => {
  for (const document of [null, [], 'x', 1]) await throws(() => read(document), 'Malformed');
});

test('A27 a certificate chain in a trusted root is verified', async () => {
  const { document } = await makeRoot('a');
  const [root] = (await makeTsa()).chain.slice(-1);
  document.timestampAuthorities[0].certChain.certificates.splice(-1, 1, {
    rawBytes: base64(root as Uint8Array),
  });
  match((await throws(() => read(document), 'Malformed')).message, /issued by the next/);
});
