// Which bytes are parsed as an envelope, where simple-signing payloads are possible too.
import { expect, test } from 'vitest';
import { isLikeEnvelope } from '../../src/core/formats/dsse.ts';
import { MAX_PAYLOAD_BYTES } from '../../src/core/formats/simple_signing.ts';
import { utf8 } from '../support/bytes.ts';

const ENVELOPE = '{"payloadType": "x", "payload": "", "signatures": []}';

test.each<[string, boolean]>([
  [ENVELOPE, true],
  [` \t\r\n${ENVELOPE}\n`, true],
  ['{"payloadType": 1}', true],
  ['{"payload": "", "signatures": []}', false],
  ['{"critical": {}, "optional": {}}', false],
  ['{"critical": {}, "payloadType": "x"}', false],
  ['{"payloadType": "x"', false],
  ['{"payloadType": "x", "payloadType": "x"}', false],
  [`[${ENVELOPE}]`, false],
  [`\u00a0${ENVELOPE}`, false],
  [`x${ENVELOPE}`, false],
  ['"payloadType"', false],
  ['7', false],
  [' ', false],
  ['', false],
])('%j is parsed as an envelope: %s', (text, expected) => {
  expect(isLikeEnvelope(utf8(text))).toBe(expected);
});

test('an object longer than any simple-signing payload is parsed as an envelope, whatever it holds', () => {
  const filled = (length: number, start: string) => utf8(start + 'x'.repeat(length - start.length));
  for (const start of ['{', ' \n{']) {
    expect(isLikeEnvelope(filled(MAX_PAYLOAD_BYTES, start))).toBe(false);
    expect(isLikeEnvelope(filled(MAX_PAYLOAD_BYTES + 1, start))).toBe(true);
  }
  expect(isLikeEnvelope(filled(MAX_PAYLOAD_BYTES + 1, '['))).toBe(false);
});
