// DER lengths, integers and object identifiers at their edges (X.690 §8.1.3, §8.3, §8.19, §10.1). docs/abuse.md: A17.
import { expect, test } from 'vitest';
import { DerReader, encodeDer, TAG } from '../../src/core/encoding/der.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { join, unhex } from '../support/bytes.ts';
import { der } from '../support/keys.ts';

const reader = (...parts: (Uint8Array | number[])[]) => new DerReader(join(...parts), 'x');

test.each([0, 1, 127, 128, 129, 255, 256, 257, 65_535])(
  'a value of %d bytes has one valid length encoding',
  (size) => {
    const content = new Uint8Array(size).fill(7);
    const encoded = der(TAG.octetString, content);
    expect(encodeDer(TAG.octetString, content)).toEqual(encoded);
    const value = reader(encoded).any();
    expect([value.tag, value.content.length, value.whole.length]).toEqual([
      TAG.octetString,
      size,
      encoded.length,
    ]);
    const long = [
      [0x81, size & 0xff],
      [0x82, size >> 8, size & 0xff],
      [0x83, 0, size >> 8, size & 0xff],
    ];
    for (const length of long) {
      const other = join([TAG.octetString, ...length], content);
      if (size >> 8 > 0 && length[0] === 0x81) continue;
      if (other.length === encoded.length) continue;
      expect(() => reader(other).any()).toThrow(Malformed);
    }
  },
);

test('values of 65536 bytes and more are read and written with three length bytes', () => {
  const content = new Uint8Array(65_536);
  const encoded = encodeDer(TAG.octetString, content);
  expect(encoded.slice(0, 5)).toEqual(join([TAG.octetString, 0x83, 1, 0, 0]));
  expect(reader(encoded).any().content.length).toBe(65_536);
  expect(() => reader([TAG.octetString, 0x84, 0, 1, 0, 0], content).any()).toThrow(Malformed);
});

test.each(['', '04', '0480', '048000', '0401', '0481', '048180', '04ff', '1f0100', '3f8101', '0402aa'])(
  '%s is malformed',
  (text) => {
    expect(() => reader(unhex(text)).any()).toThrow(Malformed);
  },
);

test('an indefinite length is malformed, whatever follows', () => {
  expect(() => reader([TAG.octetString, 0x80], new Uint8Array(200)).any()).toThrow(/indefinite length/);
});

test.each(['0485ffffffffff', `04fe${'ff'.repeat(126)}`])('%s states a length beyond its bytes', (text) => {
  expect(() => reader(unhex(text), new Uint8Array(9)).any()).toThrow(/longer than its container/);
});

test.each([
  ['020100', true],
  ['0201ff', true],
  ['0202ff7f', true],
  ['02020080', true],
  ['0202ff80', false],
  ['0202007f', false],
])('INTEGER %s is in the shortest form: %s', (text, isShortest) => {
  const read = () => reader(unhex(text)).integer();
  if (isShortest) expect(read()).toEqual(unhex(text.slice(4)));
  else expect(read).toThrow(/redundant leading byte/);
});

test.each([
  ['020101', '01'],
  ['02017f', '7f'],
  ['02020080', '80'],
  ['020200ff', 'ff'],
  ['0202ffff', undefined],
  ['020180', undefined],
  ['020100', undefined],
  ['0200', undefined],
  ['0202007f', undefined],
  ['0203000080', undefined],
  ['030101', undefined],
])('INTEGER %s has the magnitude %s', (text, magnitude) => {
  const read = () => reader(unhex(text)).positiveInteger();
  if (magnitude === undefined) expect(read).toThrow(Malformed);
  else expect(read()).toEqual(unhex(magnitude));
});

test.each([
  ['06032a0304', '1.2.3.4'],
  ['060100', '0.0'],
  ['060127', '0.39'],
  ['060128', '1.0'],
  ['06014f', '1.39'],
  ['060150', '2.0'],
  ['06028837', '2.999'],
  ['06028100', '2.48'],
  ['0603818000', '2.16304'],
  ['06082a8648ce3d030107', '1.2.840.10045.3.1.7'],
  ['0600', undefined],
  ['060180', undefined],
  ['06028001', undefined],
  ['06032a8001', undefined],
  ['06022a80', undefined],
  ['060a2affffffffffffffffff7f', undefined],
])('OBJECT IDENTIFIER %s is %s', (text, oid) => {
  const read = () => reader(unhex(text)).oid();
  if (oid === undefined) expect(read).toThrow(Malformed);
  else expect(read()).toBe(oid);
});

/** The arc in base 128, most significant bits first. */
function arc(value: number): number[] {
  const digits: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 128)) digits.unshift(rest % 128);
  return digits.map((digit, at) => (at < digits.length - 1 ? digit + 128 : digit));
}

test('an arc of an OBJECT IDENTIFIER is at most 2^40', () => {
  const read = (value: number) => reader(der(TAG.oid, [0x2a, ...arc(value)])).oid();
  expect(read(2 ** 40)).toBe(`1.2.${2 ** 40}`);
  expect(() => read(2 ** 40 + 1)).toThrow(/arc too large/);
  expect(() => read(2 ** 52)).toThrow(/arc too large/);
});

test.each(['0300', '030101', '030107ff', '040100'])('BIT STRING %s does not end on a byte', (text) => {
  expect(() => reader(unhex(text)).bitString()).toThrow(Malformed);
});

test('a BIT STRING of whole bytes, a NULL and the end of the input are read', () => {
  const all = reader(unhex('030300aabb'), unhex('0500'));
  expect(all.bitString()).toEqual(unhex('aabb'));
  expect(() => all.end()).toThrow(Malformed);
  all.null();
  all.end();
  expect(() => reader(unhex('050100')).null()).toThrow(Malformed);
});

test.each([
  ['020100', 0],
  ['02017f', 127],
  ['02020080', 128],
  ['02047fffffff', 2 ** 31 - 1],
])('the small INTEGER %s is %d', (text, value) => {
  expect(reader(unhex(text)).smallInteger()).toBe(value);
});

test.each(['0200', '0201ff', '020180', '02020001', '0202ffff', '02050080000000', '0101ff'])(
  '%s is malformed as a small INTEGER',
  (text) => {
    expect(() => reader(unhex(text)).smallInteger()).toThrow(Malformed);
  },
);

test('a BOOLEAN is 0x00 or 0xff, and an explicit default is malformed', () => {
  expect(reader(unhex('0101ff')).boolean()).toBe(true);
  expect(reader(unhex('010100')).boolean()).toBe(false);
  expect(reader(unhex('0101ff')).flag()).toBe(true);
  expect(reader(unhex('0500')).flag()).toBe(false);
  expect(() => reader(unhex('010100')).flag()).toThrow(Malformed);
  for (const text of ['010101', '0100', '0102ffff']) {
    expect(() => reader(unhex(text)).boolean()).toThrow(Malformed);
  }
});

test.each([
  ['03020780', [true]],
  ['03020106', [false, false, false, false, false, true, true]],
  ['030100', []],
  ['0303070080', [...new Array(8).fill(false), true]],
  ['03020001', [false, false, false, false, false, false, false, true]],
])('the named bits %s are read', (text, bits) => {
  expect(reader(unhex(text)).namedBits()).toEqual(bits);
});

test.each(['0300', '030101', '03020880', '0303080100', '03020080', '030207c0', '0303000100', '03020700'])(
  '%s is malformed as named bits',
  (text) => {
    expect(() => reader(unhex(text)).namedBits()).toThrow(Malformed);
  },
);
