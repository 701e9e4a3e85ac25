// Other encodings of the same value, on which parsers disagree.
// biome-ignore lint/suspicious/noExplicitAny: values are edited into forms that no type allows
type Json = any;

type Rewriting = [name: string, rewrite: (text: string) => string];

/** Ways to rewrite an object's JSON text. */
export const JSON_TEXT: Rewriting[] = [
  ['indented', (text) => JSON.stringify(JSON.parse(text), null, 2)],
  ['with a newline at its end', (text) => `${text}\n`],
  ['with something behind it', (text) => `${text}{}`],
  ['with junk behind it', (text) => `${text}junk`],
  ['with a byte order mark', (text) => `\ufeff${text}`],
  ['with an unknown field', (text) => text.replace(/^\{/, '{"unknown":1,')],
  ['in an array', (text) => `[${text}]`],
  ['as a text in JSON', (text) => JSON.stringify(text)],
  ['empty', () => ''],
  ['null', () => 'null'],
  ['an empty object', () => '{}'],
  ['cut short', (text) => text.slice(0, -5)],
];

/** Wrong values to put in a field's place. */
export function wrongValues(value: Json): [name: string, value: Json][] {
  const typed: [string, Json][] = [
    ['null', null],
    ['an object', {}],
    ['a list', []],
    ['true', true],
  ];
  if (typeof value === 'number') {
    return [
      ...typed,
      ['as a text', String(value)],
      ['one more', value + 1],
      ['one less', value - 1],
      ['negative', -value - 1],
      ['zero', 0],
      ['with a fraction', value + 0.5],
      ['beyond 2^53', 2 ** 53 + 2],
    ];
  }
  if (typeof value !== 'string') return typed;
  return [
    ...typed,
    ['a number', 7],
    ['empty', ''],
    ['in upper case', value.toUpperCase()],
    ['with a space', `${value} `],
    ['in a list', [value]],
  ];
}
