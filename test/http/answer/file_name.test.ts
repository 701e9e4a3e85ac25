// The file names of downloads.
import { expect, test } from 'vitest';
import { disposition, fileName } from '../../../src/http/answer/file_name.ts';

test.each([
  ['https://x.example/a/my%20file.tgz?b=c', 'my file.tgz'],
  ['https://x.example/b%C3%BC%25', 'bü%'],
  ['https://x.example/%zz', '%zz'],
  ['https://x.example/a%2Fb', 'a/b'],
  ['https://x.example/', 'download'],
])('%s has the file name %s', (url, name) => expect(fileName(url)).toBe(name));

test.each([
  ['my file.tgz', 'my file.tgz', 'my%20file.tgz'],
  ['bü%', 'b__', 'b%C3%BC%25'],
  ['../a/b', 'b', 'b'],
  ['a\\b', 'b', 'b'],
  ['a"\n;', 'a___', 'a%22%0A%3B'],
])('%j is offered as %s', (name, plain, full) =>
  expect(disposition(name)).toBe(`attachment; filename="${plain}"; filename*=UTF-8''${full}`),
);
