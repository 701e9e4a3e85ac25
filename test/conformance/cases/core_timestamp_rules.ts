// RFC 3161, RFC 5652 and RFC 5816: a timestamp that breaks exactly one rule, but is otherwise genuine and signed, is refused; what the
// RFCs leave optional is accepted.
import { verifyTimestamp } from '../../../src/core/timestamp/verify_timestamp.ts';
import { type Bytes, join, utf8 } from '../../support/bytes.ts';
import {
  attribute,
  bySubjectKeyId,
  change,
  directoryName,
  extension,
  type FakeTsa,
  hashAlgorithm,
  issuerSerial,
  makeTsa,
  OID,
  oid,
  remove,
  type StampOptions,
  set,
  signingCertificate,
  withCertificates,
  withTrailing,
} from '../../support/fake_tsa.ts';
import { der, derInteger } from '../../support/keys.ts';
import { equal } from '../support/assert.ts';
import { authorityOf, invalid, MESSAGE, STAMPED } from '../support/timestamps.ts';
import { test } from '../table.ts';

/** Optional fields and variations that change nothing. */
const TOLERATED: Record<string, (tsa: FakeTsa) => StampOptions> = {
  'granted with modifications': () => ({
    response: (parts) => {
      parts.status = der(0x30, derInteger(Uint8Array.of(1)), der(0x30, der(0x0c, utf8('as you wish'))));
    },
  }),
  'accuracy, ordering, nonce, name, extensions': () => ({
    info: (parts) => {
      parts.accuracy = der(0x30, derInteger(Uint8Array.of(1)), der(0x80, [1]), der(0x81, [1]));
      parts.ordering = Uint8Array.of(1, 1, 0xff);
      parts.nonce = derInteger(Uint8Array.of(0x99));
      parts.tsa = der(0xa0, der(0xa4, directoryName('tsa')));
      parts.extensions = der(0xa1, extension('1.2.3.4', [5, 0]));
    },
  }),
  'signed data of version 1, as Sigstore’s own authority wrote until 2024': () => ({
    signedData: set('version', derInteger(Uint8Array.of(1))),
  }),
  'an accuracy of microseconds alone': () => ({
    info: (parts) => Object.assign(parts, { a: der(0x30, der(0x81, [1])) }),
  }),
  'NULL parameters of a hash': () => ({
    signerInfo: (parts) => {
      parts.digest = der(0x30, oid('2.16.840.1.101.3.4.2.1'), [5, 0]);
    },
  }),
  'an unknown attribute': () => ({
    attributes: (parts) => Object.assign(parts, { a: attribute('1.2.3.4', der(5)) }),
  }),
  'no signing time': () => ({ attributes: (parts) => delete parts.signingTime }),
  'unsigned attributes': () => ({
    signerInfo: (parts) => Object.assign(parts, { unsigned: der(0xa1, attribute('1.2.3.4', der(5))) }),
  }),
  'an unrelated certificate': () => ({ signedData: withCertificates(der(0x30, utf8('not even one'))) }),
  'no certificate': () => ({ signedData: withCertificates() }),
  'the signing certificate by SHA-1': ({ fingerprints: { sha1 } }) => ({
    attributes: (parts) => {
      parts.signingCertificate = attribute(OID.signingCertificate, signingCertificate(der(0x04, sha1)));
    },
  }),
  'the signing certificate by SHA-512, and more of the chain': ({ fingerprints: { sha512 } }) => ({
    attributes: (parts) => {
      const first = der(0x30, hashAlgorithm('SHA-512'), der(0x04, sha512));
      const more = der(0x30, der(0x04, new Uint8Array(32)));
      parts.signingCertificate = attribute(
        OID.signingCertificateV2,
        der(0x30, der(0x30, first, more), der(0x30)),
      );
    },
  }),
  'the signer by its key identifier': ({ subjectKeyId }) => ({ signerInfo: bySubjectKeyId(subjectKeyId) }),
};

test('a timestamp verifies with each optional field and variation that the standards allow', async () => {
  const tsa = await makeTsa();
  const authority = authorityOf(tsa);
  for (const [what, options] of Object.entries(TOLERATED)) {
    const token = await tsa.stamp(MESSAGE, options(tsa));
    equal(
      await verifyTimestamp(token, [MESSAGE], [authority]),
      { kind: 'proven', time: STAMPED, authority },
      what,
    );
  }
});

const two = derInteger(Uint8Array.of(2));

type Breakage = StampOptions | ((tsa: FakeTsa) => StampOptions);
const named = (...id: Uint8Array[]) =>
  set('signingCertificate', attribute(OID.signingCertificateV2, signingCertificate(...id)));

/** Timestamps that are genuine and signed except for one fault, with the expected message. */
const BROKEN: Record<string, [RegExp, Breakage]> = {
  'a status of refusal': [/refused the request \(status 2\)/, { response: set('status', der(0x30, two)) }],
  'a negative status': [/negative INTEGER/, { response: set('status', der(0x30, der(2, [0xff]))) }],
  'a failure reason beside a token': [
    /unexpected bytes/,
    { response: set('status', der(0x30, der(2, [0]), der(3, [7, 0x80]))) },
  ],
  'no token': [/no token/, { response: remove('token') }],
  'a field after the token': [/unexpected bytes/, { response: set('more', der(5)) }],
  'content that is not signed data': [
    /not CMS signed data/,
    { response: set('token', der(0x30, oid('1.2.840.113549.1.7.1'), der(0xa0, der(0x30)))) },
  ],
  'signed data of version 2': [/neither version 3 nor 1/, { signedData: set('version', two) }],
  'content of another type': [
    /content is not a TSTInfo/,
    { signedData: change('content', (content) => withOid(content, '1.2.840.113549.1.7.1')) },
  ],
  'no content': [/expected the content/, { signedData: set('content', der(0x30, oid(OID.tstInfo))) }],
  'no signer': [/expected a SEQUENCE/, { signedData: set('signers', der(0x31)) }],
  'two signers': [/more than one signer/, { signedData: change('signers', (value) => doubled(value)) }],
  'a digest algorithm missing from digestAlgorithms': [
    /missing from digestAlgorithms/,
    { signedData: set('digests', der(0x31, hashAlgorithm('SHA-512'))) },
  ],
  'empty digestAlgorithms': [/missing from digestAlgorithms/, { signedData: set('digests', der(0x31)) }],
  'SHA-1 in digestAlgorithms': [
    /hash 1\.3\.14\.3\.2\.26 is not supported/,
    { signedData: set('digests', der(0x31, der(0x30, oid('1.3.14.3.2.26')))) },
  ],
  'a field after the signers': [/unexpected bytes/, { signedData: set('more', der(5)) }],
  'a signer of version 2': [/signer version 2 is not supported/, { signerInfo: set('version', two) }],
  'a key identifier in a signer of version 1': [
    /expected a SEQUENCE/,
    { signerInfo: set('signer', der(0x80, [1])) },
  ],
  'a serial number with a redundant leading zero': [
    /redundant leading byte/,
    { signerInfo: set('signer', der(0x30, directoryName('x'), der(2, [0, 1]))) },
  ],
  'no signed attributes': [/no signed attributes/, { signerInfo: remove('attributes') }],
  'a digest algorithm that is not the signature algorithm’s': [
    /digest algorithm is sha384/,
    {
      signerInfo: set('digest', hashAlgorithm('SHA-384')),
      signedData: set('digests', der(0x31, hashAlgorithm('SHA-384'))),
    },
  ],
  'a signature algorithm for another type of key': [
    /signature algorithm is for RSASSA/,
    { signerInfo: set('algorithm', der(0x30, oid(OID.rsaEncryption), [5, 0])) },
  ],
  'a signature algorithm with SHA-1': [
    /1\.2\.840\.10045\.4\.1 is not supported/,
    { signerInfo: set('algorithm', der(0x30, oid('1.2.840.10045.4.1'))) },
  ],
  'parameters in the signature algorithm': [
    /unexpected bytes/,
    { signerInfo: set('algorithm', der(0x30, oid('1.2.840.10045.4.3.2'), [5, 0])) },
  ],
  'a malformed signature': [/signature: /, { signerInfo: set('signature', der(4, [1, 2, 3])) }],
  'a field after the signature': [/unexpected bytes/, { signerInfo: set('more', der(5)) }],
  'another signed content type': [
    /signed content type is not TSTInfo/,
    { attributes: set('contentType', attribute(OID.contentType, oid('1.2.840.113549.1.7.1'))) },
  ],
  'no signed content type': [
    /signed content type attribute is missing/,
    { attributes: remove('contentType') },
  ],
  'two content types in one attribute': [
    /content type attribute has more than one value/,
    { attributes: set('contentType', attribute(OID.contentType, oid(OID.tstInfo), oid(OID.tstInfo))) },
  ],
  'a duplicate content type attribute': [
    /1\.2\.840\.113549\.1\.9\.3 appears twice/,
    { attributes: set('more', attribute(OID.contentType, oid(OID.tstInfo))) },
  ],
  'the message digest of other content': [
    /does not match the content/,
    { attributes: set('messageDigest', attribute(OID.messageDigest, der(4, new Uint8Array(32)))) },
  ],
  'a short message digest': [
    /does not match the content/,
    { attributes: set('messageDigest', attribute(OID.messageDigest, der(4))) },
  ],
  'no message digest': [
    /signed message digest attribute is missing/,
    { attributes: remove('messageDigest') },
  ],
  'two message digests in one attribute': [
    /message digest attribute has more than one value/,
    {
      attributes: set('messageDigest', attribute(OID.messageDigest, der(4, [1]), der(4, [2]))),
    },
  ],
  'a duplicate message digest attribute': [
    /1\.2\.840\.113549\.1\.9\.4 appears twice/,
    { attributes: (parts) => Object.assign(parts, { more: parts.messageDigest }) },
  ],
  'a duplicate unknown attribute': [
    /1\.2\.3\.4 appears twice/,
    {
      attributes: (parts) =>
        Object.assign(parts, { a: attribute('1.2.3.4', der(5)), b: attribute('1.2.3.4', der(5)) }),
    },
  ],
  'no signing certificate': [
    /names the signing certificate \(RFC 5816\)/,
    { attributes: remove('signingCertificate') },
  ],
  'another signing certificate': [
    /names a signing certificate that is not the authority's/,
    {
      attributes: named(der(4, new Uint8Array(32))),
    },
  ],
  'another signing certificate beside the right one': [
    /names a signing certificate that is not the authority's/,
    {
      attributes: set(
        'more',
        attribute(OID.signingCertificate, signingCertificate(der(4, new Uint8Array(20)))),
      ),
    },
  ],
  'an empty signing certificate attribute': [
    /expected a SEQUENCE/,
    { attributes: set('signingCertificate', attribute(OID.signingCertificateV2, der(0x30, der(0x30)))) },
  ],
  'a signing certificate with another serial number': [
    /different issuer or serial/,
    ({ fingerprints: { sha256 }, issuer }) => ({
      attributes: named(der(4, sha256), issuerSerial(issuer, two)),
    }),
  ],
  'a signing certificate with another issuer': [
    /different issuer or serial/,
    ({ fingerprints: { sha256 } }) => ({
      attributes: named(der(4, sha256), issuerSerial(directoryName('x'))),
    }),
  ],
  'a signing certificate whose issuer is not a directory name': [
    /is not a directory name/,
    ({ fingerprints: { sha256 } }) => ({
      attributes: named(der(4, sha256), der(0x30, der(0x30, der(0x82, utf8('dns'))), two)),
    }),
  ],
  'a TSTInfo of version 2': [/not version 1/, { info: set('version', two) }],
  'an imprint by SHA-1': [
    /hash 1\.3\.14\.3\.2\.26 is not supported/,
    { info: set('imprint', der(0x30, der(0x30, oid('1.3.14.3.2.26')), der(4, new Uint8Array(20)))) },
  ],
  'an imprint of another length than its hash': [
    /something other than/,
    { info: set('imprint', der(0x30, hashAlgorithm('SHA-256'), der(4, new Uint8Array(20)))) },
  ],
  'a critical extension': [
    /critical extension 1\.2\.3\.4/,
    { info: set('extensions', der(0xa1, extension('1.2.3.4', [5, 0], [1, 1, 0xff]))) },
  ],
  'an explicit default value': [
    /default value is encoded explicitly/,
    { info: set('ordering', Uint8Array.of(1, 1, 0)) },
  ],
  'a BOOLEAN that is neither 0x00 nor 0xff': [
    /neither 0x00 nor 0xff/,
    { info: set('ordering', Uint8Array.of(1, 1, 1)) },
  ],
  'an accuracy out of order': [
    /unexpected bytes/,
    { info: set('a', der(0x30, der(0x81, [1]), der(0x80, [1]))) },
  ],
  'fields out of order': [
    /unexpected bytes/,
    { info: (parts) => Object.assign(parts, { nonce: two, ordering: Uint8Array.of(1, 1, 0xff) }) },
  ],
  'a field after the TSTInfo': [/unexpected bytes/, { info: set('more', der(5)) }],
  ...Object.fromEntries(
    [
      '20250601120000',
      '20250601120000+0000',
      '20250601120000.0Z',
      '20250601120000.50Z',
      '20250601120000.Z',
      '20250601120000,5Z',
      '202506011200Z',
      '250601120000Z',
      '20250631120000Z',
      '20251301120000Z',
      '20250601240000Z',
      '20250601125960Z',
      '20250229120000Z',
      '2025060112000٠Z',
    ].map((time): [string, [RegExp, Breakage]] => [
      `the time ${time}`,
      [/GeneralizedTime is not|does not exist/, { info: set('time', der(0x18, utf8(time))) }],
    ]),
  ),
  'a time as UTCTime': [
    /expected a GeneralizedTime/,
    { info: set('time', der(0x17, utf8('250601120000Z'))) },
  ],
};

for (const [what, [problem, breakage]] of Object.entries(BROKEN)) {
  test(`A24 a timestamp is refused for ${what}`, async () => {
    const tsa = await makeTsa();
    const token = await tsa.stamp(MESSAGE, typeof breakage === 'function' ? breakage(tsa) : breakage);
    invalid(await verifyTimestamp(token, [MESSAGE], [authorityOf(tsa)]), problem, what);
  });
}

function withOid(content: Uint8Array, id: string): Bytes {
  const skip = 2 + (content[1] === 0x81 ? 1 : 0) + oid(OID.tstInfo).length;
  return der(0x30, oid(id), content.subarray(skip));
}

function doubled(signers: Uint8Array): Bytes {
  const one = signers.subarray(signers[1] === 0x82 ? 4 : signers[1] === 0x81 ? 3 : 2);
  return der(0x31, one, one);
}

test('A24 a timestamp with trailing bytes in any structure is refused', async () => {
  const tsa = await makeTsa();
  const cases: Record<string, StampOptions> = {
    imprint: { info: change('imprint', (value) => withTrailing(value)) },
    "the authority's name": { info: set('tsa', der(0xa0, der(0xa4, directoryName('tsa')), [5, 0])) },
    'an extension': { info: set('extensions', der(0xa1, withTrailing(extension('1.2.3.4', [5, 0])))) },
    'signing certificate': { attributes: change('signingCertificate', (value) => withTrailing(value, 1, 0)) },
    'its first certificate': {
      attributes: change('signingCertificate', (value) => withTrailing(value, 1, 0, 0, 0)),
    },
    'its issuer and serial number': {
      attributes: change('signingCertificate', (value) => withTrailing(value, 1, 0, 0, 0, 1)),
    },
    'digest algorithm': { signerInfo: change('digest', (value) => withTrailing(withTrailing(value))) },
    'signed data': { response: change('token', (value) => withTrailing(value, 1)) },
    content: { signedData: change('content', (value) => withTrailing(value, 1)) },
    attribute: { attributes: change('messageDigest', (value) => withTrailing(value)) },
    'signer id': { signerInfo: change('signer', (value) => withTrailing(value)) },
    'content info': { response: change('token', (value) => withTrailing(value)) },
    'encapsulated content': { signedData: change('content', (value) => withTrailing(value)) },
  };
  for (const [what, options] of Object.entries(cases)) {
    const token = await tsa.stamp(MESSAGE, options);
    equal((await verifyTimestamp(token, [MESSAGE], [authorityOf(tsa)])).kind, 'invalid', what);
  }
  const token = await tsa.stamp(MESSAGE);
  for (const form of [join(token, [0]), token.slice(0, -1), new Uint8Array()]) {
    equal((await verifyTimestamp(form, [MESSAGE], [authorityOf(tsa)])).kind, 'invalid');
  }
});
