// Answers in one line, and who gets them.
import { expect, test } from 'vitest';
import { asciiLine } from '../../../src/http/answer/text.ts';

test.each([
  ['verified sha256:12', 'verified sha256:12'],
  ['cut…', 'cut...'],
  ['a\nb\u001b[31m', 'a\\u000ab\\u001b[31m'],
  ['bü', 'b\\u00fc'],
  ['\uffff', '\\uffff'],
  ['😀', '\\u{1f600}'],
  ['~ ', '~ '],
])('%j is written as %j', (text, line) => expect(asciiLine(text)).toBe(`${line}\n`));
