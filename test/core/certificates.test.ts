// Certificates of timestamp authorities: instants and names in them, and which chains are accepted.
import { describe, expect, test } from 'vitest';
import { DerReader, TAG } from '../../src/core/encoding/der.ts';
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';
import { readCertificateTime, readTimestampTime } from '../../src/core/timestamp/asn1_time.ts';
import { checkAuthorityChain } from '../../src/core/timestamp/authority_chain.ts';
import { nameText, onlyDirectoryName } from '../../src/core/timestamp/distinguished_name.ts';
import { isValidAt, MAX_CERTIFICATE_BYTES, parseCertificate } from '../../src/core/timestamp/x509.ts';
import { utf8 } from '../support/bytes.ts';
import { extension, makeTsa, OID, oid, type Parts } from '../support/fake_tsa.ts';
import { type Algorithm, der, type Hash } from '../support/keys.ts';

const instant = (read: typeof readCertificateTime, tag: number, text: string) =>
  new Date(read(new DerReader(der(tag, utf8(text)), 'x'), 'place')).toISOString();

const critical = () => Uint8Array.of(0x01, 0x01, 0xff);

describe('an instant in DER', () => {
  test.each<[number, string, string]>([
    [TAG.utcTime, '250601120000Z', '2025-06-01T12:00:00.000Z'],
    [TAG.utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [TAG.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [TAG.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [TAG.generalizedTime, '00010203040506Z', '0001-02-03T04:05:06.000Z'],
  ])('is read in a certificate: tag %d, %s', (tag, text, at) =>
    expect(instant(readCertificateTime, tag, text)).toBe(at),
  );

  test.each<[string, string]>([
    ['20250601120000Z', '2025-06-01T12:00:00.000Z'],
    ['20250601120000.5Z', '2025-06-01T12:00:00.500Z'],
    ['20250601120000.0019Z', '2025-06-01T12:00:00.001Z'],
    ['20250601120000.123456789Z', '2025-06-01T12:00:00.123Z'],
  ])('is read in a timestamp: %s', (text, at) =>
    expect(instant(readTimestampTime, TAG.generalizedTime, text)).toBe(at),
  );

  test.each<[number, string]>([
    ...[
      '2506011200Z',
      '250601120000',
      '250601120000+0000',
      '1250601120000Z',
      '250601120000Zx',
      '250631120000Z',
      '250601240000Z',
      '250001120000Z',
    ].map((text): [number, string] => [TAG.utcTime, text]),
    ...[
      '20250601120000.5Z',
      '120250601120000Z',
      '20250601120000Zx',
      '20250601120000',
      '20250229120000Z',
      '20251301120000Z',
      '20250601126000Z',
      '20250601120060Z',
      '250601120000Z',
    ].map((text): [number, string] => [TAG.generalizedTime, text]),
    [TAG.octetString, '20250601120000Z'],
  ])('is malformed in a certificate: tag %d, %s', (tag, text) =>
    expect(() => instant(readCertificateTime, tag, text)).toThrow(Malformed),
  );

  test.each([
    '20250601120000.Z',
    '20250601120000.50Z',
    '20250601120000.0Z',
    '20250601120000,5Z',
    '20250601120000.5',
  ])('is malformed in a timestamp: %s', (text) =>
    expect(() => instant(readTimestampTime, TAG.generalizedTime, text)).toThrow(Malformed),
  );
});

describe('a name', () => {
  const attribute = (id: string, tag: number, content: Uint8Array) => der(0x30, oid(id), der(tag, content));
  const name = (...attributes: Uint8Array[]) => der(0x30, ...attributes.map((one) => der(0x31, one)));

  test('is shown with the usual labels, in its own order', () => {
    const whole = name(
      attribute('2.5.4.6', 0x13, utf8('DE')),
      attribute('2.5.4.10', 0x0c, utf8('Bäckerei & Söhne 9')),
      attribute('2.5.4.11', 0x16, utf8('tsa@example')),
      attribute('2.5.4.3', 0x0c, utf8('it')),
      attribute('2.5.4.5', 0x0c, utf8('7')),
    );
    expect(nameText(whole)).toBe('C=DE, O=Bäckerei & Söhne 9, OU=tsa@example, CN=it, 2.5.4.5=7');
    const together = der(
      0x30,
      der(0x31, attribute('2.5.4.3', 0x0c, utf8('a')), attribute('2.5.4.10', 0x0c, utf8('b'))),
    );
    expect(nameText(together)).toBe('CN=a, O=b');
  });

  test('is shown without characters that are not printable, and cut to a maximum length', () => {
    const cn = (tag: number, content: Uint8Array) => name(attribute('2.5.4.3', tag, content));
    expect(nameText(cn(0x0c, utf8('a\u0000b\u001b[31m\nc\u200b')))).toBe('CN=ab[31mc');
    expect(nameText(cn(0x1e, utf8('wide')))).toBe('CN=');
    expect(nameText(cn(0x0c, Uint8Array.of(0xff)))).toBe('');
    expect(nameText(cn(0x0c, utf8('x'.repeat(300))))).toBe(`CN=${'x'.repeat(197)}`);
    expect(nameText(name())).toBe('');
    const longer = der(0x30, oid('2.5.4.3'), der(0x0c, utf8('a')), der(0x0c, utf8('b')));
    expect(() => nameText(name(longer))).toThrow(Malformed);
  });

  test('counts among general names only if it is the only one', () => {
    const own = name(attribute('2.5.4.3', 0x0c, utf8('a')));
    const names = (...all: Uint8Array[]) => {
      const bytes = new Uint8Array(all.flatMap((one) => [...one]));
      return onlyDirectoryName(new DerReader(bytes, 'x'));
    };
    expect(names(der(0xa4, own))).toEqual(own);
    expect(names(der(0xa4, own), der(0xa4, own))).toBeUndefined();
    expect(names(der(0x82, utf8('a.example')))).toBeUndefined();
    expect(() => names(der(0xa4, utf8('x')))).toThrow(Malformed);
  });
});

describe('a certificate', () => {
  const OWN = { subjectKeyId: extension(OID.subjectKeyIdentifier, der(0x04, [1, 2, 3])) };

  test('has a maximum length', () => {
    const problem = (length: number) => {
      const result = attempt(() => parseCertificate(new Uint8Array(length)));
      return result instanceof Malformed ? result.message : result;
    };
    expect(problem(MAX_CERTIFICATE_BYTES)).not.toMatch(/larger than/);
    expect(problem(MAX_CERTIFICATE_BYTES + 1)).toBe('certificate: larger than 16384 bytes');
  });

  test('is valid from its first instant to its last', async () => {
    const { chain } = await makeTsa({ notBefore: '250101000000Z', notAfter: '260101000000Z' });
    const certificate = parseCertificate(chain[0] ?? new Uint8Array());
    const [first, last] = [Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)];
    expect([certificate.notBefore, certificate.notAfter]).toEqual([first, last]);
    for (const time of [first, first + 1, last - 1, last]) expect(isValidAt(certificate, time)).toBe(true);
    for (const time of [first - 1, last + 1]) expect(isValidAt(certificate, time)).toBe(false);
  });

  test('may have known extensions as critical, and unknown ones only if not critical', async () => {
    const first = async (change: (parts: Parts) => void) => {
      const { chain } = await makeTsa({ intermediates: 0, leaf: { extensions: change } });
      return parseCertificate(chain[0] ?? new Uint8Array()).extensions;
    };
    const read = await first((parts) => {
      Object.assign(parts, OWN, {
        keyUsage: extension(OID.keyUsage, [0x03, 0x02, 0x07, 0x80], critical()),
        basic: extension(OID.basicConstraints, der(0x30), critical()),
        other: extension('1.2.5', der(0x04, [1])),
      });
    });
    expect(read).toMatchObject({
      keyUsage: [true],
      extKeyUsage: { isCritical: true, purposes: [OID.timeStamping] },
      subjectKeyId: Uint8Array.of(1, 2, 3),
    });
    expect(Object.keys(read)).not.toContain('authority');
    const known = await first((parts) => {
      parts.subjectKeyId = extension(OID.subjectKeyIdentifier, der(0x04, [1]), critical());
    });
    expect(known.subjectKeyId).toEqual(Uint8Array.of(1));
    const unknown = first((parts) => {
      parts.other = extension('1.2.5', der(0x04, [1]), critical());
    });
    await expect(unknown).rejects.toThrow(Malformed);
    for (const [id, value] of [
      [OID.subjectKeyIdentifier, der(0x04, [1])],
      [OID.keyUsage, der(0x03, [7, 0x80])],
      [OID.basicConstraints, der(0x30)],
      [OID.extKeyUsage, der(0x30, oid(OID.timeStamping))],
    ] as const) {
      const only = (...behind: number[]) =>
        first((parts) => {
          for (const name of Object.keys(parts)) delete parts[name];
          parts.only = extension(id, Uint8Array.from([...value, ...behind]));
        });
      await expect(only()).resolves.toBeDefined();
      await expect(only(0x05, 0x00)).rejects.toThrow('unexpected bytes after the last value');
    }
  });
});

describe('a chain', () => {
  test('has at most ten certificates', async () => {
    await checkAuthorityChain((await makeTsa({ intermediates: 8 })).chain);
    const { chain } = await makeTsa({ intermediates: 9 });
    await expect(checkAuthorityChain(chain)).rejects.toThrow('more than 10 certificates');
    await expect(checkAuthorityChain([])).rejects.toThrow('has no certificate');
  });

  test.each<[Algorithm, Hash]>([
    ['rsa-2048', 'SHA-256'],
    ['rsa-2048', 'SHA-384'],
    ['rsa-2048', 'SHA-512'],
    ['P-256', 'SHA-256'],
    ['P-384', 'SHA-384'],
    ['P-521', 'SHA-512'],
    ['ed25519', 'SHA-256'],
  ])('may be signed by %s with %s', async (issuerAlgorithm, hash) => {
    await checkAuthorityChain((await makeTsa({ issuerAlgorithm, hash })).chain);
  });

  test('may omit the signer’s key usage, and an issuer’s extended key usage or pathLength', async () => {
    const without = (parts: Parts) => {
      delete parts.keyUsage;
    };
    await checkAuthorityChain((await makeTsa({ leaf: { extensions: without } })).chain);
    const purposes =
      (...wanted: string[]) =>
      (parts: Parts) => {
        parts.extKeyUsage = extension(OID.extKeyUsage, der(0x30, ...wanted.map(oid)));
      };
    for (const wanted of [
      [OID.timeStamping],
      [OID.codeSigning, OID.timeStamping],
      [OID.codeSigning, '2.5.29.37.0'],
    ])
      await checkAuthorityChain((await makeTsa({ issuers: [{ extensions: purposes(...wanted) }] })).chain);
    const { chain } = await makeTsa({ issuers: [{ extensions: purposes(OID.codeSigning) }] });
    await expect(checkAuthorityChain(chain)).rejects.toThrow(/does not include timeStamping/);
  });
});
