// Trusted roots and signing configs: every field is read, and an error names its place.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/encoding/json.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { applySigningConfig } from '../../src/core/trust/signing_config.ts';
import { assertTrustsSomebody, parseTrustedRoot } from '../../src/core/trust/trusted_root.ts';
import { base64, unhex } from '../support/bytes.ts';
import { changed } from '../support/documents.ts';
import { makeRoot, START } from '../support/fake_root.ts';
import { type Algorithm, makeKey } from '../support/keys.ts';

const root = await makeRoot('a');
const { document, config } = root;
const trusted = await parseTrustedRoot(document);
const problem = async (run: () => Promise<unknown>) => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
};
const times = <T>(count: number, item: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => item(at));

describe('a trusted root', () => {
  const read = (path: string, value: unknown) => parseTrustedRoot(changed(document, path, value));

  test('yields its logs and authorities completely', async () => {
    const { logs, authorities } = await parseTrustedRoot(document);
    const validFrom = Date.parse(START);
    expect(logs).toMatchObject([
      { name: 'v1-a.example', url: root.urls[0], logId: root.logIds[0], validFrom },
      { name: 'v2-a.example', url: root.urls[1], version: 2, logId: root.logIds[1], validFrom },
    ]);
    expect(logs.map(({ key }) => key.fingerprint)).toEqual(
      root.signers.map(({ fingerprint }) => fingerprint),
    );
    expect(authorities).toEqual([
      {
        name: 'tsa-a.example',
        url: 'https://tsa-a.example/api/v1/timestamp',
        chain: root.tsa.chain,
        validFrom,
      },
    ]);
    expect(Object.keys(logs[0] ?? {})).not.toContain('validUntil');
    const nameless = (await read('timestampAuthorities.0.uri', undefined)).authorities[0];
    expect([nameless?.name, nameless !== undefined && 'url' in nameless]).toEqual([
      'trusted root.timestampAuthorities.0',
      false,
    ]);
    const ended = await read('tlogs.0.publicKey.validFor.end', '2030-01-01T00:00:00Z');
    expect(ended.logs[0]?.validUntil).toBe(Date.parse('2030-01-01T00:00:00Z'));
  });

  test('pins a certificate that is its own whole chain: cosign repeats the one that it was given', async () => {
    const path = 'timestampAuthorities.0.certChain.certificates';
    const [leaf, issuer] = document.timestampAuthorities[0].certChain.certificates;
    for (const chain of [[leaf], [leaf, leaf]])
      expect((await read(path, chain)).authorities[0]?.chain).toEqual([root.tsa.chain[0]]);
    for (const chain of [
      [leaf, leaf, leaf],
      [leaf, leaf, issuer],
    ])
      expect(await problem(() => read(path, chain))).toMatch(/an issuer is not a CA/);
  });

  test.each<[Algorithm, string]>([
    ['P-256', 'PKIX_ECDSA_P256_SHA_256'],
    ['P-384', 'PKIX_ECDSA_P384_SHA_384'],
    ['P-521', 'PKIX_ECDSA_P521_SHA_512'],
    ['rsa-2048', 'PKIX_RSA_PKCS1V15_2048_SHA256'],
    ['rsa-3072', 'PKIX_RSA_PKCS1V15_3072_SHA256'],
    ['ed25519', 'PKIX_ED25519'],
  ])('may have logs with %s keys', async (algorithm, keyDetails) => {
    const { spki, fingerprint } = await makeKey(algorithm);
    const publicKey = { rawBytes: base64(spki), keyDetails, validFor: { start: START } };
    const keyId = base64(unhex(fingerprint.slice(7)));
    const log = { ...document.tlogs[0], publicKey, logId: { keyId } };
    expect((await read('tlogs', [log])).logs[0]?.key.fingerprint).toBe(fingerprint);
    const other = algorithm === 'P-256' ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256';
    const wrong = { ...log, publicKey: { ...publicKey, keyDetails: other } };
    expect(await problem(() => read('tlogs', [wrong]))).toMatch(
      /^trusted root.tlogs.0.publicKey: keyDetails says .*, but the key is /,
    );
    if (algorithm !== 'rsa-2048') return;
    const larger = { ...log, publicKey: { ...publicKey, keyDetails: 'PKIX_RSA_PKCS1V15_4096_SHA256' } };
    expect(await problem(() => read('tlogs', [larger]))).toBe(
      'trusted root.tlogs.0.publicKey: keyDetails says rsa-4096, but the key is rsa-2048',
    );
  });

  test('may have only logs or only authorities, and parts that are not used', async () => {
    expect((await read('tlogs', undefined)).logs).toEqual([]);
    expect((await read('timestampAuthorities', undefined)).authorities).toEqual([]);
    for (const name of ['certificateAuthorities', 'ctlogs'])
      expect(await read(name, undefined)).toBeDefined();
    expect(await read('tlogs.0.operator', 'somebody')).toBeDefined();
    expect(await read('tlogs.0.checkpointKeyId', { keyId: 'AAAA' })).toBeDefined();
    for (const subject of [undefined, {}, { organization: 'a' }])
      expect(await read('timestampAuthorities.0.subject', subject)).toBeDefined();
    expect(await read('timestampAuthorities.0.operator', 'somebody')).toBeDefined();
  });

  test('is malformed with one wrong field, and the message names the place', async () => {
    const log = 'trusted root.tlogs.1';
    const tsa = 'trusted root.timestampAuthorities.0';
    for (const [path, value, message] of [
      ['more', 1, 'trusted root: unknown field "more"'],
      ['mediaType', undefined, 'trusted root: mediaType is missing'],
      ['mediaType', 1, 'trusted root.mediaType: expected a string'],
      ['mediaType', 'application/json', /^trusted root: mediaType must be one of /],
      ['tlogs', 1, 'trusted root.tlogs: expected an array'],
      ['ctlogs', 1, 'trusted root.ctlogs: expected an array'],
      ['ctlogs.0', 1, 'trusted root.ctlogs.0: expected an object'],
      ['certificateAuthorities', 1, 'trusted root.certificateAuthorities: expected an array'],
      ['certificateAuthorities.0', 1, 'trusted root.certificateAuthorities.0: expected an object'],
      ['tlogs.1', 1, `${log}: expected an object`],
      ['tlogs.1.more', 1, `${log}: unknown field "more"`],
      ['tlogs.1.baseUrl', undefined, /^trusted root.tlogs.1: baseUrl is missing: add the log's URL/],
      ['tlogs.1.hashAlgorithm', undefined, `${log}: hashAlgorithm is missing`],
      ['tlogs.1.publicKey', undefined, `${log}: publicKey is missing`],
      ['tlogs.1.logId', undefined, `${log}: logId is missing`],
      ['tlogs.1.hashAlgorithm', 'sha256', `${log}: hashAlgorithm "sha256" is not supported`],
      [
        'tlogs.1.baseUrl',
        'x y',
        `${log}.baseUrl: expected an http or https URL without credentials, query or fragment`,
      ],
      ['tlogs.1.publicKey', 1, `${log}.publicKey: expected an object`],
      ['tlogs.1.publicKey.more', 1, `${log}.publicKey: unknown field "more"`],
      ['tlogs.1.publicKey.rawBytes', undefined, `${log}.publicKey: rawBytes is missing`],
      ['tlogs.1.publicKey.keyDetails', undefined, `${log}.publicKey: keyDetails is missing`],
      ['tlogs.1.publicKey.validFor', undefined, `${log}.publicKey: validFor is missing`],
      ['tlogs.1.publicKey.keyDetails', 1, `${log}.publicKey.keyDetails: expected a string`],
      [
        'tlogs.1.publicKey.keyDetails',
        'toString',
        `${log}.publicKey: keyDetails "toString" is not supported`,
      ],
      ['tlogs.1.publicKey.rawBytes', '!', `${log}.publicKey.rawBytes: not standard base64 with padding`],
      ['tlogs.1.publicKey.validFor', {}, `${log}.publicKey.validFor: start is missing`],
      ['tlogs.1.publicKey.validFor.more', 1, `${log}.publicKey.validFor: unknown field "more"`],
      ['tlogs.1.publicKey.validFor.start', 1, `${log}.publicKey.validFor.start: expected a string`],
      [
        'tlogs.1.publicKey.validFor.start',
        'x',
        `${log}.publicKey.validFor.start: expected an RFC 3339 date and time`,
      ],
      [
        'tlogs.1.publicKey.validFor.end',
        'x',
        `${log}.publicKey.validFor.end: expected an RFC 3339 date and time`,
      ],
      [
        'tlogs.1.publicKey.validFor.end',
        '2020-12-31T23:59:59Z',
        `${log}.publicKey.validFor: end is before start`,
      ],
      ['tlogs.1.logId', 1, `${log}.logId: expected an object`],
      ['tlogs.1.logId.more', 1, `${log}.logId: unknown field "more"`],
      ['tlogs.1.logId.keyId', 1, `${log}.logId.keyId: expected a string`],
      ['tlogs.1.logId.keyId', 'AAAA', `${log}: logId matches neither the key nor the name and key`],
      ['tlogs.1.checkpointKeyId', 1, `${log}.checkpointKeyId: expected an object`],
      ['tlogs.1.operator', 1, `${log}.operator: expected a string`],
      ['timestampAuthorities.0.more', 1, `${tsa}: unknown field "more"`],
      ['timestampAuthorities.0.certChain', undefined, `${tsa}: certChain is missing`],
      ['timestampAuthorities.0.validFor', undefined, `${tsa}: validFor is missing`],
      ['timestampAuthorities.0.subject', 1, `${tsa}.subject: expected an object`],
      ['timestampAuthorities.0.subject.more', 1, `${tsa}.subject: unknown field "more"`],
      ['timestampAuthorities.0.subject.commonName', 1, `${tsa}.subject.commonName: expected a string`],
      ['timestampAuthorities.0.operator', 1, `${tsa}.operator: expected a string`],
      ['timestampAuthorities.0.uri', 1, `${tsa}.uri: expected a string`],
      ['timestampAuthorities.0.validFor', 1, `${tsa}.validFor: expected an object`],
      ['timestampAuthorities.0.certChain', 1, `${tsa}.certChain: expected an object`],
      ['timestampAuthorities.0.certChain.more', 1, `${tsa}.certChain: unknown field "more"`],
      [
        'timestampAuthorities.0.certChain.certificates',
        1,
        `${tsa}.certChain.certificates: expected an array`,
      ],
      [
        'timestampAuthorities.0.certChain.certificates.1',
        1,
        `${tsa}.certChain.certificates.1: expected an object`,
      ],
      [
        'timestampAuthorities.0.certChain.certificates.1.more',
        1,
        `${tsa}.certChain.certificates.1: unknown field "more"`,
      ],
      [
        'timestampAuthorities.0.certChain.certificates.1.rawBytes',
        1,
        `${tsa}.certChain.certificates.1.rawBytes: expected a string`,
      ],
    ] as [string, unknown, string | RegExp][])
      expect(await problem(() => read(path, value)), path).toEqual(
        typeof message === 'string' ? message : expect.stringMatching(message),
      );
  });

  test('must not be empty, have duplicates, or exceed its limits', async () => {
    const { mediaType } = document;
    const none = 'trusted root: contains neither a transparency log nor a timestamp authority';
    const empty = await parseTrustedRoot({ mediaType });
    expect(await problem(async () => assertTrustsSomebody(empty))).toBe(none);
    const [log] = document.tlogs;
    expect(await problem(() => read('tlogs', [log, log]))).toBe(
      `trusted root: the log ${root.logIds[0]} is listed twice`,
    );
    for (const name of ['ctlogs', 'certificateAuthorities']) {
      expect(
        await read(
          name,
          times(40, () => ({})),
        ),
      ).toBeDefined();
      expect(
        await problem(() =>
          read(
            name,
            times(41, () => ({})),
          ),
        ),
      ).toBe(`trusted root.${name}: more than 40`);
    }
  });
});

describe('a signing config', () => {
  const apply = async (path: string, value: unknown) =>
    applySigningConfig(changed(config, path, value), trusted);

  test('decides which logs are searched, and leaves the root unchanged', async () => {
    const { root: applied, searched } = applySigningConfig(config as Json, trusted);
    expect([...searched]).toEqual([root.urls[1]]);
    expect(applied).toEqual(trusted);
    const { mediaType } = config;
    expect(applySigningConfig({ mediaType }, trusted).searched.size).toBe(0);
  });

  test('may omit services that are not used here', async () => {
    for (const name of ['caUrls', 'tsaUrls', 'rekorTlogConfig', 'tsaConfig'])
      expect((await apply(name, undefined)).searched.size).toBe(1);
    for (const selector of ['ANY', 'ALL', 'EXACT'])
      expect(await apply('tsaConfig', { selector })).toBeDefined();
    expect(await apply('oidcUrls', config.caUrls)).toBeDefined();
    expect(await apply('rekorTlogUrls.0.operator', undefined)).toBeDefined();
    const second = { ...config.tsaUrls[0] };
    const other = { ...trusted.authorities[0], name: 'other', url: 'https://other.example' };
    const two = { ...trusted, authorities: [...trusted.authorities, other] as typeof trusted.authorities };
    expect(applySigningConfig(changed(config, 'tsaUrls', [second]), two)).toBeDefined();
  });

  test('selects nothing where it lists no services: cosign writes an empty selection', async () => {
    for (const [services, selection] of [
      ['rekorTlogUrls', 'rekorTlogConfig'],
      ['tsaUrls', 'tsaConfig'],
    ] as const)
      for (const none of [[], undefined]) {
        const unused = changed(config, services, none);
        expect(applySigningConfig(changed(unused, selection, {}), trusted)).toBeDefined();
      }
  });

  test('is malformed with one wrong field, and the message names the place', async () => {
    const service = 'signing config.rekorTlogUrls.0';
    const { url } = config.tsaUrls[0];
    for (const [path, value, message] of [
      ['more', 1, 'signing config: unknown field "more"'],
      ['mediaType', undefined, 'signing config: mediaType is missing'],
      ['mediaType', 'x', /^signing config: mediaType must be application/],
      ['rekorTlogConfig', 1, 'signing config.rekorTlogConfig: expected an object'],
      ['rekorTlogConfig.more', 1, 'signing config.rekorTlogConfig: unknown field "more"'],
      [
        'rekorTlogConfig.selector',
        'SOME',
        'signing config.rekorTlogConfig: selector must be ANY, ALL or EXACT',
      ],
      [
        'rekorTlogConfig.selector',
        null,
        'signing config.rekorTlogConfig: selector must be ANY, ALL or EXACT',
      ],
      ['tsaConfig.selector', undefined, 'signing config.tsaConfig: selector is missing'],
      ['tsaConfig.count', -1, 'signing config.tsaConfig.count: expected an integer from 0 to 2^53-1'],
      ...['caUrls', 'oidcUrls', 'rekorTlogUrls', 'tsaUrls'].map((name): [string, unknown, string] => [
        name,
        1,
        `signing config.${name}: expected an array`,
      ]),
      ['rekorTlogUrls.0', 1, `${service}: expected an object`],
      ['rekorTlogUrls.0.more', 1, `${service}: unknown field "more"`],
      ['rekorTlogUrls.0.url', undefined, `${service}: url is missing`],
      ['rekorTlogUrls.0.majorApiVersion', undefined, `${service}: majorApiVersion is missing`],
      ['rekorTlogUrls.0.validFor', undefined, `${service}: validFor is missing`],
      ['rekorTlogUrls.0.validFor', {}, `${service}.validFor: start is missing`],
      ['rekorTlogUrls.0.operator', 1, `${service}.operator: expected a string`],
      ['rekorTlogUrls.0.url', 1, `${service}.url: expected a string`],
      [
        'rekorTlogUrls.0.majorApiVersion',
        '2',
        `${service}.majorApiVersion: expected an integer from 0 to 2^53-1`,
      ],
      [
        'rekorTlogUrls.0',
        { ...root.config.rekorTlogUrls[0], url: 'https://other.example', majorApiVersion: 1 },
        'signing config: the log https://other.example is not in the trusted root',
      ],
      [
        'rekorTlogUrls.0.majorApiVersion',
        3,
        `signing config: ${root.urls[1]}: majorApiVersion must be 1 or 2`,
      ],
      [
        'rekorTlogUrls.0.majorApiVersion',
        1,
        `signing config: ${root.urls[1]}: majorApiVersion 1 does not match the log's id`,
      ],
      [
        'tsaUrls.0.url',
        'https://other.example',
        'signing config: the timestamp authority https://other.example is not in the trusted root',
      ],
      ['tsaUrls.0.majorApiVersion', 2, `signing config: ${url}: majorApiVersion must be 1`],
    ] as [string, unknown, string | RegExp][])
      expect(await problem(() => apply(path, value)), path).toEqual(
        typeof message === 'string' ? message : expect.stringMatching(message),
      );
  });
});
