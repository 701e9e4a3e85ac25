// Certificate chains of timestamp authorities: genuine chains are accepted, and a chain that breaks exactly one rule is refused (RFC 5280
// §4.1, §4.2, §6.1; RFC 3161 §2.3).
import { checkAuthorityChain } from '../../../src/core/timestamp/authority_chain.ts';
import { parseCertificate } from '../../../src/core/timestamp/x509.ts';
import { type Bytes, flip, join, unbase64, utf8 } from '../../support/bytes.ts';
import {
  type CertificateHooks,
  change,
  directoryName,
  extension,
  makeTsa,
  OID,
  oid,
  remove,
  set,
  type TsaOptions,
  withTrailing,
} from '../../support/fake_tsa.ts';
import { type Algorithm, der, derInteger, type Hash } from '../../support/keys.ts';
import { equal, match, throws } from '../support/assert.ts';
import { test } from '../table.ts';

const TRUE = Uint8Array.of(1, 1, 0xff);
const two = derInteger(Uint8Array.of(2));
const time = (tag: number, text: string) => der(tag, utf8(text));

test('the certificate chains of public timestamp authorities are accepted', async (t) => {
  const roots = ['keys/trusted_root.prod.json', 'keys/trusted_root.staging.json'];
  const own = t.files('conformance').filter((path) => path.endsWith('/trusted_root.json'));
  type Listed = { certChain: { certificates: { rawBytes: string }[] } };
  for (const root of [...roots, ...own]) {
    for (const { certChain } of t.json(root).timestampAuthorities as Listed[]) {
      const chain = certChain.certificates.map(({ rawBytes }) => unbase64(rawBytes));
      await checkAuthorityChain(chain);
      await checkAuthorityChain(chain.slice(0, 1));
      await refused(chain.slice(1), /is a CA certificate/, `${root} without its signer`);
      await refused([...chain].reverse(), /is a CA certificate/, `${root} upside down`);
    }
  }
});

for (const [algorithm, hash] of [
  ['P-256', 'SHA-256'],
  ['P-384', 'SHA-512'],
  ['P-521', 'SHA-512'],
  ['rsa-2048', 'SHA-384'],
  ['ed25519', 'SHA-256'],
] satisfies [Algorithm, Hash][]) {
  test(`certificates signed by ${algorithm} are verified`, async () => {
    const { chain } = await makeTsa({ algorithm: 'P-256', issuerAlgorithm: algorithm, hash });
    await checkAuthorityChain(chain);
    for (let i = 0; i < chain.length; i++) {
      const [certificate = new Uint8Array()] = chain.slice(i);
      const broken = chain.with(i, flip(certificate, certificate.length - 4, 1));
      await refused(broken, /not signed by its issuer|signature: /, `certificate ${i}`);
    }
  });
}

test('a chain may have any number of intermediates, and may end at any certificate below its root, even at the signer', async () => {
  for (const intermediates of [0, 1, 3]) {
    const { chain } = await makeTsa({ intermediates });
    for (let length = 1; length <= chain.length; length++) await checkAuthorityChain(chain.slice(0, length));
  }
  const pinned = await makeTsa({ intermediates: 0, leaf: { tbs: set('issuer', directoryName('nobody')) } });
  await checkAuthorityChain(pinned.chain.slice(0, 1));
});

/** Chains that are genuine and signed except for one fault, with the expected message. */
const BROKEN: Record<string, [RegExp, TsaOptions]> = {
  'a signer that is a CA': [
    /is a CA certificate/,
    { leaf: extend('ca', extension(OID.basicConstraints, der(0x30, TRUE), TRUE)) },
  ],
  'a signer without extended key usage': [/critical extended key usage/, { leaf: without('extKeyUsage') }],
  'a signer whose extended key usage is not critical': [
    /critical extended key usage/,
    { leaf: extend('extKeyUsage', extension(OID.extKeyUsage, der(0x30, oid(OID.timeStamping)))) },
  ],
  'a signer for time-stamping and another purpose': [
    /and no other/,
    { leaf: extend('extKeyUsage', purposes(OID.timeStamping, OID.codeSigning)) },
  ],
  'a signer for another purpose': [
    /and no other/,
    { leaf: extend('extKeyUsage', purposes(OID.codeSigning)) },
  ],
  'a signer for any purpose': [/and no other/, { leaf: extend('extKeyUsage', purposes('2.5.29.37.0')) }],
  'a signer with empty extended key usage': [
    /expected an OBJECT/,
    { leaf: extend('extKeyUsage', extension(OID.extKeyUsage, der(0x30), TRUE)) },
  ],
  'a signer whose key may not sign': [
    /does not allow signing/,
    { leaf: extend('keyUsage', usage(0x03, 0x08)) },
  ],
  'an issuer without basic constraints': [/is not a CA/, { issuers: [without('basicConstraints')] }],
  'an issuer that is not a CA': [
    /is not a CA/,
    { issuers: [extend('basicConstraints', extension(OID.basicConstraints, der(0x30), TRUE))] },
  ],
  'an issuer whose key may not sign certificates': [
    /is not a CA/,
    { issuers: [extend('keyUsage', usage(0x01, 0x02))] },
  ],
  'a root whose key may not sign certificates': [
    /is not a CA/,
    { issuers: [{}, extend('keyUsage', usage(0x07, 0x80))] },
  ],
  'more issuers than pathLength allows': [
    /pathLength/,
    { issuers: [{}, extend('basicConstraints', pathLength(0))] },
  ],
  'an issuer for other purposes': [
    /does not include timeStamping/,
    { issuers: [extend('extKeyUsage', purposes(OID.codeSigning))] },
  ],
  'a signer with another issuer name': [
    /issued by the next/,
    { leaf: { tbs: set('issuer', directoryName('x')) } },
  ],
  'an issuer with another issuer name': [
    /issued by the next/,
    { issuers: [{ tbs: set('issuer', directoryName('x')) }] },
  ],
  'a different algorithm outside the signed part': [
    /inside and outside the signed part differ/,
    { leaf: { whole: set('algorithm', der(0x30, oid('1.2.840.10045.4.3.3'))) } },
  ],
  'an algorithm for another type of key': [
    /the signature algorithm is for RSASSA/,
    { leaf: algorithm('1.2.840.113549.1.1.11') },
  ],
  'an algorithm with SHA-1': [
    /1\.2\.840\.10045\.4\.1 is not supported/,
    { leaf: algorithm('1.2.840.10045.4.1') },
  ],
  'an algorithm with another hash than was signed': [
    /not signed by its issuer/,
    { leaf: algorithm('1.2.840.10045.4.3.3') },
  ],
  'RSASSA-PSS': [/is not supported/, { leaf: algorithm('1.2.840.113549.1.1.10') }],
  'a certificate of version 2': [
    /not version 3/,
    { leaf: { tbs: set('version', der(0xa0, derInteger(Uint8Array.of(1)))) } },
  ],
  'a certificate of version 1': [/expected the version/, { leaf: { tbs: remove('version') } }],
  'a unique identifier': [/expected the extensions/, { leaf: { tbs: (parts) => insertId(parts) } }],
  'a field after the extensions': [/unexpected bytes/, { leaf: { tbs: set('more', der(5)) } }],
  'an empty list of extensions': [
    /expected a SEQUENCE/,
    { leaf: { tbs: set('extensions', der(0xa3, der(0x30))) } },
  ],
  'a duplicate extension': [/appears twice/, { leaf: extend('again', purposes(OID.timeStamping)) }],
  'a duplicate unknown extension': [
    /1\.2\.3\.4 appears twice/,
    {
      leaf: {
        extensions: (parts) =>
          Object.assign(parts, { a: extension('1.2.3.4', [5, 0]), b: extension('1.2.3.4', [5, 0]) }),
      },
    },
  ],
  'an unknown critical extension': [
    /critical extension .* is not supported/,
    { leaf: extend('a', extension('1.2.3.4', [5, 0], TRUE)) },
  ],
  'name constraints': [
    /critical extension .* is not supported/,
    { issuers: [extend('a', extension('2.5.29.30', der(0x30), TRUE))] },
  ],
  'an explicit critical: false': [
    /default value is encoded explicitly/,
    { leaf: extend('a', extension('1.2.3.4', [5, 0], [1, 1, 0])) },
  ],
  'an explicit CA: false': [
    /default value is encoded explicitly/,
    { leaf: extend('ca', extension(OID.basicConstraints, der(0x30, [1, 1, 0]))) },
  ],
  'a pathLength without CA': [
    /unexpected bytes/,
    { leaf: extend('ca', extension(OID.basicConstraints, der(0x30, two))) },
  ],
  ...Object.fromEntries(
    ['version', 'validity', 'extensions'].map((name): [string, [RegExp, TsaOptions]] => [
      `trailing bytes in the ${name}`,
      [/unexpected bytes/, { leaf: { tbs: change(name, (value) => withTrailing(value)) } }],
    ]),
  ),
  'a field after the signature': [/unexpected bytes/, { leaf: { whole: set('more', der(5)) } }],
  'trailing bytes in an extension': [
    /unexpected bytes/,
    { leaf: { extensions: change('keyUsage', (value) => withTrailing(value)) } },
  ],
  'bytes after the value of an extension': [
    /unexpected bytes/,
    { leaf: extend('keyUsage', extension(OID.keyUsage, [3, 2, 7, 0x80, 5, 0], TRUE)) },
  ],
  'an empty key usage with unused bits': [/shortest form/, { leaf: extend('keyUsage', usage(0x03)) }],
  'key usage with trailing zeros': [/shortest form/, { leaf: extend('keyUsage', usage(0x06, 0x80)) }],
  'key usage with bits set in its unused part': [
    /shortest form/,
    { leaf: extend('keyUsage', usage(0x07, 0xc0)) },
  ],
  'a signer key that cannot be parsed': [
    /RSA|DER|public key/,
    { leaf: { tbs: set('key', der(0x30, der(0x30))) } },
  ],
  ...Object.fromEntries(
    (
      [
        [0x17, 'UTCTime', '2501010000Z'],
        [0x17, 'UTCTime', '250101000000+0000'],
        [0x17, 'UTCTime', '250230000000Z'],
        [0x18, 'GeneralizedTime', '20250101000000.5Z'],
        [0x18, 'GeneralizedTime', '250101000000Z'],
        [0x16, 'IA5String', '250101000000Z'],
      ] as const
    ).map(([tag, type, text]): [string, [RegExp, TsaOptions]] => [
      `a validity that starts at the ${type} ${text}`,
      [/Time/i, { leaf: { tbs: set('validity', der(0x30, time(tag, text), time(0x17, '300101000000Z'))) } }],
    ]),
  ),
};

for (const [what, [problem, options]] of Object.entries(BROKEN)) {
  test(`A25 a chain is refused for ${what}`, async () => {
    await refused((await makeTsa(options)).chain, problem, what);
  });
}

function extend(name: string, value: Bytes): CertificateHooks {
  return { extensions: set(name, value) };
}

function without(name: string): CertificateHooks {
  return { extensions: remove(name) };
}

function purposes(...ids: string[]): Bytes {
  return extension(OID.extKeyUsage, der(0x30, ...ids.map(oid)), TRUE);
}

function usage(...bits: number[]): Bytes {
  return extension(OID.keyUsage, der(0x03, bits), TRUE);
}

function pathLength(length: number): Bytes {
  return extension(OID.basicConstraints, der(0x30, TRUE, der(2, [length])), TRUE);
}

function algorithm(id: string): CertificateHooks {
  const value = der(0x30, oid(id));
  return { tbs: set('algorithm', value), whole: set('algorithm', value) };
}

function insertId(parts: Record<string, Uint8Array>): void {
  const { extensions = new Uint8Array() } = parts;
  delete parts.extensions;
  Object.assign(parts, { id: der(0x81, [0, 1]), extensions });
}

test('a signer whose key usage is only content commitment may sign timestamps', async () => {
  await checkAuthorityChain((await makeTsa({ leaf: extend('keyUsage', usage(0x06, 0x40)) })).chain);
});

test('issuers whose key usage is not stated may issue, as OpenSSL makes them by default', async () => {
  await checkAuthorityChain((await makeTsa({ issuers: [without('keyUsage'), without('keyUsage')] })).chain);
});

test('a chain as long as pathLength allows, whose issuers are for time-stamping, is accepted', async () => {
  const issuers = [
    { extensions: both(pathLength(0), purposes(OID.timeStamping)) },
    { extensions: both(pathLength(1), purposes('2.5.29.37.0')) },
  ];
  await checkAuthorityChain((await makeTsa({ issuers })).chain);
});

function both(basicConstraints: Bytes, extKeyUsage: Bytes) {
  return (parts: Record<string, Uint8Array>) => Object.assign(parts, { basicConstraints, extKeyUsage });
}

test('A27 a chain is refused if it is empty, too long, out of order, or ends in another authority’s root', async () => {
  const [one, other] = [await makeTsa(), await makeTsa()];
  await refused([], /has no certificate/, 'none');
  await refused(new Array(11).fill(one.chain[0]), /more than 10/, 'eleven');
  const [leaf, issuer, root] = one.chain as [Bytes, Bytes, Bytes];
  await refused([leaf, root, issuer], /issued by the next/, 'out of order');
  await refused(
    [leaf, issuer, ...other.chain.slice(2)],
    /issued by the next/,
    'the root of another authority',
  );
  await refused([leaf, leaf], /is not a CA/, 'the signer twice');
  // A root of the same name with another key.
  const impostor = await makeTsa({
    intermediates: 0,
    issuers: [{ tbs: (parts) => rename(parts, subjectOf(root)) }],
  });
  await refused([leaf, issuer, ...impostor.chain.slice(1)], /not signed by its issuer/, 'an impostor');
});

function subjectOf(certificate: Bytes): Bytes {
  return parseCertificate(certificate).subject;
}

function rename(parts: Record<string, Uint8Array>, name: Bytes): void {
  Object.assign(parts, { issuer: name, subject: name });
}

test('A27 a chain with a weak key is refused', async () => {
  const weak = der(
    0x30,
    der(0x30, oid(OID.rsaEncryption), [5, 0]),
    der(3, [0], der(0x30, derInteger(new Uint8Array(128).fill(0xff)), derInteger(Uint8Array.of(1, 0, 1)))),
  );
  for (const options of [{ leaf: { tbs: set('key', weak) } }, { issuers: [{ tbs: set('key', weak) }] }]) {
    await refused((await makeTsa(options)).chain, /RSA key has 1024 bits/, 'RSA 1024');
  }
});

test('certificate validity is read from both time formats: UTCTime (1950 to 2049) and GeneralizedTime', async () => {
  const read = async (from: Bytes, until: Bytes) => {
    const { chain } = await makeTsa({
      intermediates: 0,
      leaf: { tbs: set('validity', der(0x30, from, until)) },
    });
    const { notBefore, notAfter } = parseCertificate(chain[0] as Bytes);
    return [notBefore, notAfter].map((instant) => new Date(instant).toISOString());
  };
  equal(await read(time(0x17, '500101000000Z'), time(0x17, '491231235959Z')), [
    '1950-01-01T00:00:00.000Z',
    '2049-12-31T23:59:59.000Z',
  ]);
  equal(await read(time(0x18, '20250101000000Z'), time(0x18, '99991231235959Z')), [
    '2025-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.000Z',
  ]);
});

test('a certificate that is cut short, too large, or followed by a byte is malformed', async () => {
  const { chain } = await makeTsa({ intermediates: 0 });
  const [leaf = new Uint8Array()] = chain;
  for (let length = 0; length < leaf.length; length++) {
    await throws(() => parseCertificate(leaf.slice(0, length)), 'Malformed', `${length} bytes`);
  }
  await throws(() => parseCertificate(join(leaf, [0])), 'Malformed', 'a trailing byte');
  await throws(() => parseCertificate(der(0x30, new Uint8Array(16 * 1024))), 'Malformed', 'too large');
});

test('A25 a chain with one changed byte is refused, except in the issuer name of its last certificate', async () => {
  const { chain, issuer } = await makeTsa({ intermediates: 0 });
  const [, root = new Uint8Array()] = chain;
  const start = root.findIndex((_, at) => issuer.every((byte, i) => root[at + i] === byte));
  for (const [i, certificate] of chain.entries()) {
    for (let at = 0; at < certificate.length; at++) {
      // With another issuer name the certificate is no longer a root, and nothing in the chain can check its signature.
      if (i === 1 && at >= start && at < start + issuer.length) continue;
      for (const mask of [0x01, 0x80]) {
        const changed = chain.with(i, flip(certificate, at, mask));
        const where = `certificate ${i}, byte ${at}, mask ${mask}`;
        await throws(() => checkAuthorityChain(changed), 'Malformed', where);
      }
    }
  }
  await checkAuthorityChain(chain);
});

async function refused(chain: Bytes[], problem: RegExp, what: string): Promise<void> {
  match((await throws(() => checkAuthorityChain(chain), 'Malformed', what)).message, problem, what);
}
