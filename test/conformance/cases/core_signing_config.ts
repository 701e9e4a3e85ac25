// Sigstore's signing config, read beside a trusted root: it is parsed strictly, decides which logs are searched, and states what the root
// leaves open.
import { parseJson } from '../../../src/core/encoding/json.ts';
import { applySigningConfig } from '../../../src/core/trust/signing_config.ts';
import { parseTrustedRoot } from '../../../src/core/trust/trusted_root.ts';
import { base64, join, sha256, unhex, utf8 } from '../../support/bytes.ts';
import { type Document, type FakeRoot, makeRoot } from '../../support/fake_root.ts';
import { makeKey } from '../../support/keys.ts';
import { equal, match, throws } from '../support/assert.ts';
import { test } from '../table.ts';

const read = (document: Document) => parseTrustedRoot(parseJson(JSON.stringify(document), 'trusted root'));
const apply = async (config: Document, root: Document) =>
  applySigningConfig(parseJson(JSON.stringify(config), 'signing config'), await read(root));

test('a signing config may name a log that the root skips, and its version applies to all logs at that address', async () => {
  const { document, config } = await makeRoot('a');
  const [one, two] = document.tlogs;
  const other = structuredClone(two);
  other.publicKey.keyDetails = 'ML_DSA_65';
  document.tlogs = [one, other];
  equal((await apply(config, document)).root.logs.length, 1);
  document.tlogs = [{ ...one, publicKey: other.publicKey }, two];
  config.rekorTlogUrls[0].majorApiVersion = 1;
  const { message } = await throws(() => apply(config, document), 'Malformed');
  match(message, /majorApiVersion 1 does not match/, 'the skipped log has another version');
  config.rekorTlogUrls[0].majorApiVersion = 2;
  const signer = await makeKey();
  const rotated = structuredClone(one);
  rotated.publicKey.rawBytes = base64(signer.spki);
  rotated.logId.keyId = base64(unhex(signer.fingerprint.slice('sha256:'.length)));
  document.tlogs = [one, rotated];
  config.rekorTlogUrls[0] = { ...config.rekorTlogUrls[0], url: one.baseUrl };
  equal(
    (await apply(config, document)).root.logs.map(({ version }) => version),
    [2, 2],
  );
});

test('of two logs at one address, a log id that states the version wins over the signing config', async () => {
  const { document, config, urls } = await makeRoot('a');
  const [v1, v2] = document.tlogs;
  const signer = await makeKey('ed25519');
  const own = structuredClone(v2);
  own.baseUrl = v1.baseUrl;
  own.publicKey.rawBytes = base64(signer.spki);
  const hashed = await sha256(join(utf8('v1-a.example'), [0x0a, 0x01], signer.spki.slice(-32)));
  own.logId.keyId = base64(hashed);
  document.tlogs = [v1, own];
  const [service] = config.rekorTlogUrls;
  const entriesOf = (...versions: number[]) =>
    versions.map((majorApiVersion) => ({ ...service, url: urls[0], majorApiVersion }));
  const versions = async (...stated: number[]) => {
    config.rekorTlogUrls = entriesOf(...stated);
    return (await apply(config, document)).root.logs.map(({ version }) => version);
  };
  equal(await versions(1), [1, 2]);
  equal(await versions(2), [2, 2]);
  equal(await versions(1, 2), [undefined, 2], 'each entry decides');
  document.tlogs = [own];
  const error = await throws(() => versions(1), 'Malformed');
  match(error.message, /majorApiVersion 1 does not match the log's id/);
});

test('a signing config decides which logs are searched', async () => {
  const { document, config, urls } = await makeRoot('a');
  equal([...(await apply(config, document)).searched], [urls[1]]);
  config.rekorTlogUrls = [];
  equal([...(await apply(config, document)).searched], []);
  delete config.rekorTlogConfig;
  delete config.caUrls;
  equal((await apply(config, document)).root.logs.length, 2);
});

const KEY_DETAILS = { 'P-384': 'PKIX_ECDSA_P384_SHA_384', ed25519: 'PKIX_ED25519' };

/** Gives a log of the document another key, and the id that Rekor v1 derives from it. */
async function giveKey(log: FakeRoot['document']['tlogs'][number], algorithm: keyof typeof KEY_DETAILS) {
  const { spki } = await makeKey(algorithm);
  log.publicKey = { ...log.publicKey, rawBytes: base64(spki), keyDetails: KEY_DETAILS[algorithm] };
  log.logId = { keyId: base64(await sha256(spki)) };
}

test('the v2 logs of a root may share an address to write to, which is not in the root', async () => {
  const { document, config, urls } = await makeRoot('a');
  const [service] = config.rekorTlogUrls;
  config.rekorTlogUrls = [
    { ...service, url: 'https://all-v2.example' },
    { ...service, url: urls[0], majorApiVersion: 1 },
  ];
  const { root, searched } = await apply(config, document);
  equal(
    root.logs.map(({ url, version }) => [url, version, searched.has(url)]),
    [
      [urls[0], 1, true],
      [urls[1], 2, false],
    ],
  );
});

test('a shared address of v2 logs counts as such too if only the signing config says that the root has a v2 log', async () => {
  const { document, config, urls } = await makeRoot('a');
  const [service] = config.rekorTlogUrls;
  const [log] = document.tlogs;
  await giveKey(log, 'P-384');
  document.tlogs = [log];
  config.rekorTlogUrls = [
    { ...service, url: urls[0] },
    { ...service, url: 'https://all-v2.example' },
  ];
  equal(
    (await apply(config, document)).root.logs.map(({ url, version }) => [url, version]),
    [[urls[0], 2]],
  );
});

test('a signing config that calls a log v2 whose id shows v1 is refused, even if the root has v2 logs', async () => {
  const { document, config, urls } = await makeRoot('a');
  const [v1] = document.tlogs;
  const [service] = config.rekorTlogUrls;
  await giveKey(v1, 'ed25519');
  const serving = (majorApiVersion: number) => ({
    ...config,
    rekorTlogUrls: [{ ...service, url: urls[0], majorApiVersion }],
  });
  equal((await apply(serving(1), document)).root.logs[0]?.version, 1);
  const error = await throws(() => apply(serving(2), document), 'Malformed');
  match(error.message, /majorApiVersion 2 does not match the log's id/);
});

test('a signing config decides the version of a log whose id fits both', async () => {
  const { document, config, urls } = await makeRoot('a');
  const log = document.tlogs[0];
  await giveKey(log, 'P-384');
  config.rekorTlogUrls[0].url = urls[0];
  for (const version of [1, 2]) {
    config.rekorTlogUrls[0].majorApiVersion = version;
    equal((await apply(config, document)).root.logs[0]?.version, version);
  }
});

const BROKEN_CONFIG: Record<string, [RegExp, (root: FakeRoot) => unknown]> = {
  'version 0.1': [
    /mediaType must be/,
    ({ config }) => (config.mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.1+json'),
  ],
  'an unknown field': [/unknown field/, ({ config }) => (config.more = 1)],
  'an unknown field of a service': [/unknown field/, ({ config }) => (config.rekorTlogUrls[0].more = 1)],
  'a v1 log that is not in the root': [
    /log https:\/\/x\.example is not in the trusted root/,
    ({ config }) => Object.assign(config.rekorTlogUrls[0], { url: 'https://x.example', majorApiVersion: 1 }),
  ],
  'a shared address of v2 logs where the root has none': [
    /log https:\/\/x\.example is not in the trusted root/,
    ({ config, document }) => {
      config.rekorTlogUrls[0].url = 'https://x.example';
      document.tlogs.pop();
    },
  ],
  'an authority that is not in the root': [
    /authority https:\/\/x\.example is not in the trusted root/,
    ({ config }) => (config.tsaUrls[0].url = 'https://x.example'),
  ],
  'version 1 for a v2 log': [/does not match/, ({ config }) => (config.rekorTlogUrls[0].majorApiVersion = 1)],
  'an unknown version': [/must be 1 or 2/, ({ config }) => (config.rekorTlogUrls[0].majorApiVersion = 3)],
  'an unknown version of an authority': [
    /must be 1/,
    ({ config }) => (config.tsaUrls[0].majorApiVersion = 2),
  ],
  'A59 a service without a start': [/start is missing/, ({ config }) => (config.caUrls[0].validFor = {})],
  'an unknown selector': [/selector must be/, ({ config }) => (config.tsaConfig.selector = 'SOME')],
  'a negative count': [/expected an integer/, ({ config }) => (config.tsaConfig.count = -1)],
};

for (const [what, [problem, edit]] of Object.entries(BROKEN_CONFIG)) {
  const [, id = '', text] = /^(A[0-9]+ )?(.*)$/.exec(what) ?? [];
  test(`${id}a signing config is refused for ${text}`, async () => {
    const root = await makeRoot('a');
    edit(root);
    match((await throws(() => apply(root.config, root.document), 'Malformed', what)).message, problem, what);
  });
}
