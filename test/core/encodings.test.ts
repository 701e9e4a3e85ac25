// Text encodings of bytes, PEM, instants and URLs: each value has one text, up to every limit.
import { describe, expect, test } from 'vitest';
import { apiAddress } from '../../src/core/encoding/api_address.ts';
import {
  collect,
  concat,
  equalBytes,
  fromBase64,
  fromBase64Lenient,
  fromEitherBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
} from '../../src/core/encoding/bytes.ts';
import { formatInstant, parseInstant } from '../../src/core/encoding/instant.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import {
  encodePem,
  holdsPrivateKey,
  MAX_PEM_LENGTH,
  parsePem,
  parsePemBlocks,
} from '../../src/core/encoding/pem.ts';
import { problem } from '../support/problem.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('base64', () => {
  test.each<[string, number[]]>([
    ['', []],
    ['AA==', [0]],
    ['AAA=', [0, 0]],
    ['AAAA', [0, 0, 0]],
    ['/w==', [255]],
    ['//8=', [255, 255]],
    ['+/+/', [0xfb, 0xff, 0xbf]],
    ['AQIDBA==', [1, 2, 3, 4]],
  ])('%s', (text, values) => {
    expect(fromBase64(text, 'x')).toEqual(bytes(...values));
    expect(toBase64(bytes(...values))).toBe(text);
    const broken = `\r\n${text.slice(0, 2)}\n${text.slice(2)}\r`;
    expect(fromBase64(broken, 'x')).toEqual(bytes(...values));
  });

  test.each([
    'A',
    'AA',
    'AAA',
    'AA=',
    'A===',
    '====',
    '=AAA',
    'AA=A',
    'AA==AA==',
    'AB==',
    'AAB=',
    '/x==',
    '-_-_',
    'A A=',
    'AAA=\t',
    'AAAAA',
    'AA\u0000=',
  ])('%j is malformed', (text) =>
    expect(problem(() => fromBase64(text, 'place'))).toBe('place: not standard base64 with padding'),
  );

  test('of any length is encoded and decoded', () => {
    const long = Uint8Array.from({ length: 0x8000 + 7 }, (_, at) => at * 31);
    expect(fromBase64(toBase64(long), 'x')).toEqual(long);
  });

  test.each([
    ['-_8=', [0xfb, 0xff]],
    ['____', [0xff, 0xff, 0xff]],
    ['+/8=', [0xfb, 0xff]],
  ])('in either alphabet: %s', (text, values) =>
    expect(fromEitherBase64(text, 'x')).toEqual(bytes(...values)),
  );

  test.each(['-/8=', '+_8=', '-_8'])('not in both alphabets at once, and padded: %s', (text) =>
    expect(() => fromEitherBase64(text, 'place')).toThrow(/^place: /),
  );

  test.each(['-_8=', '-_8', '+/8', '+/8='])('%s is accepted by the lenient decoder only', (text) =>
    expect(fromBase64Lenient(text, 'x')).toEqual(bytes(0xfb, 0xff)),
  );
  test.each(['', 'AAAA', 'AAAA==', 'AA', 'AA=='])('%j is accepted by the lenient decoder', (text) =>
    expect(fromBase64Lenient(text, 'x')).toEqual(
      new Uint8Array(text === '' ? 0 : text.startsWith('AAAA') ? 3 : 1),
    ),
  );
  test.each(['A', '!', 'AB', 'A=A'])('%s is refused by the lenient decoder too', (text) =>
    expect(() => fromBase64Lenient(text, 'place')).toThrow(/^place: /),
  );
});

describe('hex', () => {
  test('has two digits per byte, and is written in lower case', () => {
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(fromHex(toHex(all), 'x')).toEqual(all);
    expect(fromHex(toHex(all).toUpperCase(), 'x')).toEqual(all);
    expect(toHex(bytes(0, 9, 10, 0xff))).toBe('00090aff');
    expect(fromHex('', 'x')).toEqual(bytes());
  });

  test.each(['0', '000', 'g0', '0g', ' 00', '00 ', '0x00', '00\n'])('%j is malformed', (text) =>
    expect(problem(() => fromHex(text, 'place'))).toBe('place: not hexadecimal'),
  );
});

describe('bytes', () => {
  test('are decoded as text if they are UTF-8, including a byte-order mark', () => {
    expect(fromUtf8(bytes(0xef, 0xbb, 0xbf, 0x41), 'x')).toBe('\ufeffA');
    expect(problem(() => fromUtf8(bytes(0xff), 'place'))).toBe('place: not valid UTF-8');
  });

  test('are equal if their length and every byte are', () => {
    expect(equalBytes(bytes(1, 2), bytes(1, 2))).toBe(true);
    expect(equalBytes(bytes(), bytes())).toBe(true);
    for (const other of [bytes(1), bytes(1, 2, 3), bytes(1, 3), bytes(2, 2), bytes()])
      expect(equalBytes(bytes(1, 2), other)).toBe(false);
  });

  test('are joined in order', async () => {
    expect(concat(bytes(1), bytes(), bytes(2, 3))).toEqual(bytes(1, 2, 3));
    const chunks = [bytes(1, 2), bytes(3)];
    const lengths: number[] = [];
    const read = async () => {
      const value = chunks.shift();
      return value === undefined
        ? { done: true as const, value: undefined }
        : { done: false as const, value };
    };
    expect(await collect(read, (length) => lengths.push(length))).toEqual(bytes(1, 2, 3));
    expect(lengths).toEqual([2, 1]);
  });

  test('are copied as they arrive, so that no buffer is kept that was only lent for a chunk', async () => {
    const lent = bytes(0);
    let reads = 0;
    const read = async () => {
      if (reads === 5) return { done: true as const, value: undefined };
      lent[0] = ++reads;
      return { done: false as const, value: lent };
    };
    expect(await collect(read, () => undefined)).toEqual(bytes(1, 2, 3, 4, 5));
  });
});

describe('PEM', () => {
  const block = encodePem(
    'PUBLIC KEY',
    Uint8Array.from({ length: 60 }, (_, at) => at),
  );
  const der = Uint8Array.from({ length: 60 }, (_, at) => at);

  test('has lines of 64 characters', () => {
    expect(block.split('\n').map((line) => line.length)).toEqual([26, 64, 16, 24, 0]);
    expect(encodePem('X', bytes())).toBe('-----BEGIN X-----\n\n-----END X-----\n');
  });

  test.each([
    block,
    block.trimEnd(),
    `${block}\n \t\n`,
    `what it is\n${block}`,
    block.replaceAll('\n', '\r\n'),
    block.replace('KEY-----\n', 'KEY----- \t\n'),
    block.replace('\n', '\n \t'),
  ])('%j is one block', (text) => expect(parsePem(text)).toEqual({ label: 'PUBLIC KEY', der }));

  test.each<[string, RegExp]>([
    ['', /no "-----BEGIN/],
    [block.replace('BEGIN', 'begin'), /no "-----BEGIN/],
    [`x${block}`, /no "-----BEGIN/],
    [block.replace('KEY-----\n', 'KEY-----x\n'), /no "-----BEGIN/],
    [block.replace('PUBLIC KEY', 'public key'), /no "-----BEGIN/],
    [block.replaceAll('PUBLIC KEY', ' KEY'), /no "-----BEGIN/],
    [block.replaceAll('PUBLIC KEY', 'KEY '), /no "-----BEGIN/],
    [block.replace('END PUBLIC', 'END PRIVATE'), /no "-----END PUBLIC KEY-----" line/],
    [`${block}x`, /text after the END line/],
    [`${block}${block}`, /text after the END line/],
    [encodePem('X', bytes()), /the block is empty/],
    [block.replace('A', '!'), /not standard base64/],
  ])('%j is malformed', (text, message) => expect(() => parsePem(text)).toThrow(message));

  test('has labels of letters, digits, spaces and hyphens', () => {
    for (const label of ['X', 'X9', 'A-B C', '9'])
      expect(parsePem(encodePem(label, bytes(1))).label).toBe(label);
  });

  test('has a maximum length', () => {
    const rest = encodePem('X', bytes(1)).length;
    const padded = (length: number) => `${encodePem('X', bytes(1))}${' '.repeat(length - rest)}`;
    expect(parsePem(padded(MAX_PEM_LENGTH)).der).toEqual(bytes(1));
    expect(() => parsePem(padded(MAX_PEM_LENGTH + 1))).toThrow('longer than 16384 characters');
  });

  test('may be a chain of blocks', () => {
    const [one, two] = [encodePem('CERTIFICATE', bytes(1)), encodePem('CERTIFICATE', bytes(2))];
    const ders = (text: string) => parsePemBlocks(text).map((part) => part.der[0]);
    expect(ders(one)).toEqual([1]);
    expect(ders(one + two)).toEqual([1, 2]);
    expect(ders(`first\n${one}\nsecond\n${two}\n \n`)).toEqual([1, 2]);
    const indented = one.replace('-----END', ' -----END');
    for (const bad of ['', ' ', `${one}x`, `${one}${two}x`, one.replace('END', 'end'), `${indented}${two}`])
      expect(() => parsePemBlocks(bad), bad).toThrow(Malformed);
    const label = 'L'.repeat(64);
    expect(ders(encodePem(label, bytes(7)))).toEqual([7]);
  });
});

describe('a private key', () => {
  test.each([
    '-----BEGIN PRIVATE KEY-----',
    'see -----BEGIN EC PRIVATE KEY-----\nMHcC',
    '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----',
    '-----BEGIN ED25519 PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY',
  ])('is detected in %j', (text) => expect(holdsPrivateKey(text)).toBe(true));
  test.each(['', '-----BEGIN PUBLIC KEY-----', 'BEGIN PRIVATE KEY', '-----BEGIN CERTIFICATE-----'])(
    'is not detected in %j',
    (text) => expect(holdsPrivateKey(text)).toBe(false),
  );
});

describe('an instant', () => {
  test.each<[string, string]>([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.6Z', '2026-01-02T03:04:05.600Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05+01:30', '2026-01-02T01:34:05Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%s is parsed', (text, written) => expect(formatInstant(parseInstant(text, 'x'))).toBe(written));

  test.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00z',
    '2026-01-01T00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00.1234567890Z',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00+99:00',
    '2026-01-01',
    '1',
    '',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z ',
    '+02026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z (noon)',
    '2026-01-01T00:00:00Z\n',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
  ])('%j is malformed', (text) =>
    expect(problem(() => parseInstant(text, 'place'))).toBe('place: expected an RFC 3339 date and time'),
  );

  test('beyond the range of Date is written as a number of milliseconds; every other instant is written as it was read', () => {
    expect(formatInstant(9e15)).toBe('9000000000000000 ms');
    const times = Array.from({ length: 200 }, (_, at) => at * 1000);
    for (const _ of [1, 2])
      for (const time of times)
        expect(formatInstant(time)).toBe(new Date(time).toISOString().replace('.000', ''));
  });
});

describe('a web address', () => {
  test.each<[string, string | undefined]>([
    ['https://a.example', 'https://a.example'],
    ['https://a.example/', 'https://a.example'],
    ['http://a.example:81/x//', 'http://a.example:81/x'],
    ['HTTPS://A.example/X', 'https://a.example/X'],
    ['ftp://a.example', undefined],
    ['xhttp://a.example', undefined],
    ['https+x://a.example', undefined],
    ['https://u@a.example', undefined],
    ['https://:p@a.example', undefined],
    ['https://a.example?x', undefined],
    ['https://a.example#x', undefined],
    ['a.example', undefined],
    ['', undefined],
  ])('%j is %j', (text, address) => expect(apiAddress(text)).toBe(address));
});
