// Signed notes and checkpoints exactly as C2SP specifies them, and which of them count as signed by the log.
import { describe, expect, test } from 'vitest';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import {
  isSignedByLog,
  MAX_CHECKPOINT_LENGTH,
  MAX_CHECKPOINT_SIGNATURES,
  parseCheckpoint,
} from '../../src/core/log/checkpoint.ts';
import { base64, join, unhex, utf8 } from '../support/bytes.ts';
import { noteLine } from '../support/fake_log.ts';
import { makeKey, type Signer } from '../support/keys.ts';

const NAME = 'rekor.example';
const ROOT = base64(new Uint8Array(32).fill(9));
const LINE = `\u2014 ${NAME} ${base64(Uint8Array.of(1, 2, 3, 4, 5))}`;
const note = (lines: string[], signatures = [LINE]) => `${lines.join('\n')}\n\n${signatures.join('\n')}\n`;
const ORIGIN = `${NAME} - 123`;
const usual = [ORIGIN, '7', ROOT];

describe('a checkpoint', () => {
  test('is parsed completely', () => {
    expect(
      parseCheckpoint(note([...usual, 'more', 'and more'], [LINE, LINE.replace(NAME, 'witness')])),
    ).toEqual({
      origin: ORIGIN,
      size: 7n,
      root: new Uint8Array(32).fill(9),
      signed: utf8(`${ORIGIN}\n7\n${ROOT}\nmore\nand more\n`),
      signatures: [NAME, 'witness'].map((name) => ({
        name,
        hint: Uint8Array.of(1, 2, 3, 4),
        signature: Uint8Array.of(5),
      })),
    });
    expect(parseCheckpoint(note([ORIGIN, '0', ROOT])).size).toBe(0n);
    expect(parseCheckpoint(note([ORIGIN, '9'.repeat(19), ROOT])).size).toBe(9999999999999999999n);
  });

  test.each<[string, string, RegExp]>([
    ['a tab', note([`${ORIGIN}\t`, '7', ROOT]), /control character/],
    ['a NUL', note([`${ORIGIN}\0`, '7', ROOT]), /control character/],
    ['a carriage return', note(usual).replaceAll('\n', '\r\n'), /control character/],
    ['a vertical tab', note([...usual, '\v']), /control character/],
    ['an escape', note([...usual, '\u001f']), /control character/],
    ['no blank line', `${usual.join('\n')}\n${LINE}\n`, /blank line, then signatures/],
    ['no last newline', note(usual).slice(0, -1), /blank line, then signatures/],
    ['no root', note([ORIGIN, '7']), /needs origin, size and root/],
    ['no origin', note(['', '7', ROOT]), /without blank lines between them/],
    ['nothing before the blank line', `\n\n${LINE}\n`, /without blank lines between them/],
    ['a blank line in the text', note([...usual, '', 'x']), /without blank lines between them/],
    ['a size with a leading zero', note([ORIGIN, '07', ROOT]), /size/],
    ['a size with a sign', note([ORIGIN, '+7', ROOT]), /size/],
    ['a size with a space', note([ORIGIN, '7 ', ROOT]), /size/],
    ['a size in words', note([ORIGIN, 'x7', ROOT]), /size/],
    ['no size', note([ORIGIN, ' ', ROOT]), /size/],
    ['a size of twenty digits', note([ORIGIN, '1'.repeat(20), ROOT]), /size/],
    ['a root of 31 bytes', note([ORIGIN, '7', base64(new Uint8Array(31))]), /32 bytes/],
    ['a root of 33 bytes', note([ORIGIN, '7', base64(new Uint8Array(33))]), /32 bytes/],
    ['a root that is not base64', note([ORIGIN, '7', `${ROOT.slice(0, -1)}`]), /checkpoint root/],
    ['no signature', note(usual, []), /without blank lines between them/],
    ['a hyphen for a dash', note(usual, [LINE.replace('\u2014', '-')]), /signature line/],
    ['text before the dash', note(usual, [`x${LINE}`]), /signature line/],
    ['text after the signature', note(usual, [`${LINE} x`]), /signature line/],
    ['a name with a plus', note(usual, [LINE.replace('rekor', 're+kor')]), /signature line/],
    ['a name with a space', note(usual, [LINE.replace('rekor', 're kor')]), /signature line/],
    ['no name', note(usual, [LINE.replace(NAME, '')]), /signature line/],
    ['three equal signs', note(usual, [`${LINE}=`.replace('==', '===')]), /signature/],
    [
      'a hint and no signature',
      note(usual, [`\u2014 ${NAME} ${base64(Uint8Array.of(1, 2, 3, 4))}`]),
      /too short/,
    ],
    ['a bad line among good ones', note(usual, [LINE, 'x', LINE]), /signature line/],
  ])('with %s is malformed', (_, text, problem) => expect(() => parseCheckpoint(text)).toThrow(problem));

  test('may have up to the maximum length and number of signatures, and no more', () => {
    const rest = note([...usual, '']).length;
    const filled = (length: number) => note([...usual, 'x'.repeat(length)]);
    expect(filled(MAX_CHECKPOINT_LENGTH - rest)).toHaveLength(MAX_CHECKPOINT_LENGTH);
    expect(parseCheckpoint(filled(MAX_CHECKPOINT_LENGTH - rest)).size).toBe(7n);
    expect(() => parseCheckpoint(filled(MAX_CHECKPOINT_LENGTH - rest + 1))).toThrow(/longer than/);
    const signed = (times: number) =>
      note(
        usual,
        Array.from({ length: times }, () => LINE),
      );
    expect(parseCheckpoint(signed(MAX_CHECKPOINT_SIGNATURES)).signatures).toHaveLength(
      MAX_CHECKPOINT_SIGNATURES,
    );
    expect(() => parseCheckpoint(signed(MAX_CHECKPOINT_SIGNATURES + 1))).toThrow(/more than 100 signatures/);
  });
});

describe('a checkpoint is signed by the log', () => {
  async function signed(
    by: [name: string, signer: Signer, text?: string][],
    origin: string,
    log: Signer,
    version: 1 | 2 = 1,
  ) {
    const text = `${origin}\n7\n${ROOT}\n`;
    const lines = await Promise.all(by.map(([name, signer, other]) => noteLine(name, signer, other ?? text)));
    const checkpoint = parseCheckpoint(`${text}\n${lines.join('')}`);
    return isSignedByLog(checkpoint, { name: NAME, version, key: await parsePublicKeyPem(log.pem) });
  }

  test.each(['P-256', 'P-384', 'rsa-2048', 'ed25519'] as const)(
    'if its %s key has signed the text',
    async (algorithm) => {
      const [log, stranger] = [await makeKey(algorithm), await makeKey(algorithm)];
      expect(await signed([[NAME, log]], ORIGIN, log)).toBe(true);
      expect(await signed([[NAME, log, 'other text\n']], ORIGIN, log)).toBe(false);
      expect(await signed([[NAME, stranger]], ORIGIN, log)).toBe(false);
      expect(await signed([['other.example', log]], ORIGIN, log)).toBe(false);
    },
  );

  test('beside witness lines, but only if every line of the log itself verifies', async () => {
    const [log, witness] = [await makeKey(), await makeKey('ed25519')];
    expect(
      await signed(
        [
          ['witness', witness],
          [NAME, log],
          [NAME, witness],
        ],
        ORIGIN,
        log,
      ),
    ).toBe(true);
    expect(await signed([['witness', witness]], ORIGIN, log)).toBe(false);
    expect(
      await signed(
        [
          [NAME, log],
          [NAME, log, 'other text\n'],
        ],
        ORIGIN,
        log,
      ),
    ).toBe(false);
    expect(
      await signed(
        [
          [NAME, log, 'other text\n'],
          [NAME, log],
        ],
        ORIGIN,
        log,
      ),
    ).toBe(false);
  });

  test('not if a line of the log is not a signature', async () => {
    const log = await makeKey();
    const key = await parsePublicKeyPem(log.pem);
    const line = `\u2014 ${NAME} ${base64(join(unhex(log.fingerprint.slice(7, 15)), [0]))}`;
    expect(await isSignedByLog(parseCheckpoint(note(usual, [line])), { name: NAME, version: 1, key })).toBe(
      false,
    );
  });

  test.each<[string, boolean, boolean]>([
    [NAME, true, true],
    [`${NAME} - 123`, true, false],
    [`${NAME} - `, false, false],
    [`${NAME} - 12a`, false, false],
    [`${NAME} - a12`, false, false],
    [`${NAME} -123`, false, false],
    [`${NAME}- 123`, false, false],
    [`x${NAME} - 123`, false, false],
    [`other.example - 123`, false, false],
    [`${NAME}.evil.example`, false, false],
    ['other.example', false, false],
  ])('with the origin %s: for v1 %s, for v2 %s', async (origin, v1, v2) => {
    const log = await makeKey();
    expect(await signed([[NAME, log]], origin, log, 1)).toBe(v1);
    expect(await signed([[NAME, log]], origin, log, 2)).toBe(v2);
  });
});
