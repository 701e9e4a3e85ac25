// The fields of a timestamp, and its maximum length.
import { describe, expect, test } from 'vitest';
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';
import { MAX_TIMESTAMP_BYTES, parseTimestampToken } from '../../src/core/timestamp/timestamp_token.ts';
import { parseTstInfo } from '../../src/core/timestamp/tst_info.ts';
import { utf8 } from '../support/bytes.ts';
import { oid, type Parts } from '../support/fake_tsa.ts';
import { der, derInteger } from '../support/keys.ts';

describe('a timestamp', () => {
  test('has a maximum length', () => {
    const problem = (length: number) => {
      const result = attempt(() => parseTimestampToken(new Uint8Array(length)));
      return result instanceof Malformed ? result.message : result;
    };
    expect(problem(MAX_TIMESTAMP_BYTES)).not.toMatch(/larger than/);
    expect(problem(MAX_TIMESTAMP_BYTES + 1)).toBe('timestamp: larger than 65536 bytes');
  });
});

describe('the content of a timestamp', () => {
  const critical = Uint8Array.of(0x01, 0x01, 0xff);
  const sha256 = der(0x30, oid('2.16.840.1.101.3.4.2.1'));
  const hashed = new Uint8Array(32).fill(7);
  const fields = (): Parts => ({
    version: derInteger(Uint8Array.of(1)),
    policy: oid('1.2.3'),
    imprint: der(0x30, sha256, der(0x04, hashed)),
    serial: derInteger(Uint8Array.of(9)),
    time: der(0x18, utf8('20250601120000Z')),
  });
  const parsed = (parts: Parts, ...after: Uint8Array[]) =>
    parseTstInfo(new Uint8Array([der(0x30, ...Object.values(parts)), ...after].flatMap((one) => [...one])));
  const extensionOf = (...flags: Uint8Array[]) => der(0x30, oid('1.2.4'), ...flags, der(0x04, [1]));

  test('is parsed, with and without its optional fields', () => {
    const whole = { imprint: { hash: 'sha256', value: hashed }, time: Date.parse('2025-06-01T12:00:00Z') };
    expect(parsed(fields())).toEqual(whole);
    const accuracy = der(0x30, derInteger(Uint8Array.of(1)), der(0x80, [1]), der(0x81, [1]));
    const more = {
      accuracy,
      ordering: critical,
      nonce: derInteger(Uint8Array.of(5)),
      tsa: der(0xa0, der(0x82, utf8('a.example'))),
      extensions: der(0xa1, extensionOf(), extensionOf()),
    };
    expect(parsed({ ...fields(), ...more })).toEqual(whole);
    for (const name of Object.keys(more)) {
      const { [name as keyof typeof more]: one } = more;
      expect(parsed({ ...fields(), [name]: one }), name).toEqual(whole);
    }
  });

  test.each<[string, Parts, Uint8Array[], RegExp]>([
    ['another version', { version: derInteger(Uint8Array.of(2)) }, [], /not version 1/],
    ['a trailing value', {}, [Uint8Array.of(5, 0)], /unexpected bytes/],
    ['an unknown last field', { more: Uint8Array.of(5, 0) }, [], /unexpected bytes/],
    [
      'trailing bytes in the imprint',
      { imprint: der(0x30, sha256, der(0x04, hashed), Uint8Array.of(5, 0)) },
      [],
      /unexpected bytes/,
    ],
    [
      'an accuracy out of order',
      { accuracy: der(0x30, der(0x81, [1]), der(0x80, [1])) },
      [],
      /unexpected bytes/,
    ],
    ['two names', { tsa: der(0xa0, der(0x82, [65]), der(0x82, [65])) }, [], /unexpected bytes/],
    ['an empty list of extensions', { extensions: der(0xa1) }, [], /expected a SEQUENCE/],
    [
      'a critical extension',
      { extensions: der(0xa1, extensionOf(critical)) },
      [],
      /critical extension 1\.2\.4/,
    ],
    [
      'a second extension that is critical',
      { extensions: der(0xa1, extensionOf(), extensionOf(critical)) },
      [],
      /critical extension/,
    ],
  ])('with %s is refused', (_, parts, after, problem) => {
    expect(() => parsed({ ...fields(), ...parts }, ...after)).toThrow(problem);
  });
});
