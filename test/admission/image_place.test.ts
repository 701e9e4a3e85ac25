// Places in an object: how long the path to one may be, and by which names it is known again. docs/abuse.md: A92, A94.
import { expect, test } from 'vitest';
import { imagePlace, itemAt, memberAt, podItemAt, ROOT } from '../../src/admission/image_place.ts';

const TOO_LONG = 'the path to a value in it is longer than 1024 characters';

test('the path to a value may have 1024 characters, as a pointer and by its names', () => {
  const name = 'n'.repeat(1023);
  expect(memberAt(ROOT, name)).toEqual({ pointer: `/${name}`, slot: name });
  expect(() => memberAt(ROOT, `${name}n`), 'the pointer').toThrow(TOO_LONG);
  // A slot escapes more than a pointer does.
  const escaped = '#'.repeat(512);
  expect(memberAt(ROOT, escaped).slot).toHaveLength(1024);
  expect(() => memberAt(ROOT, `${escaped}#`), 'the slot').toThrow(TOO_LONG);
  const at = memberAt(ROOT, 'n'.repeat(1020));
  expect(itemAt(at, 1, {}).pointer).toHaveLength(1023);
  expect(() => itemAt(at, 1000, {})).toThrow(TOO_LONG);
  expect(() => podItemAt(at, 'containers', 0, {})).toThrow(TOO_LONG);
});

test('an item is known by its name if that has up to 253 characters, and otherwise by its index', () => {
  const at = { pointer: '/spec', slot: 'spec' };
  const slotOf = (name: unknown) => podItemAt(at, 'containers', 7, { name } as never).slot;
  expect(slotOf('a b/c#d~e')).toBe('spec containers a~2b~1c~3d~0e');
  expect(slotOf('n'.repeat(253))).toBe(`spec containers ${'n'.repeat(253)}`);
  for (const name of ['n'.repeat(254), '', null, 1, undefined])
    expect(slotOf(name)).toBe('spec containers #7');
  expect(podItemAt(at, 'containers', 7, 'text').slot).toBe('spec containers #7');
  expect(podItemAt(at, 'containers', 7, Object.create({ name: 'inherited' })).slot).toBe(
    'spec containers #7',
  );
  expect(itemAt(at, 7, { name: 'a' })).toEqual({ pointer: '/spec/7', slot: 'spec/a' });
  expect(podItemAt(ROOT, 'containers', 0, { name: 'a' })).toEqual({
    pointer: '/containers/0',
    slot: 'containers a',
  });
});

test.each([undefined, null, ''])('a place with %j names no image', (text) => {
  expect(() => imagePlace(text, '/a', 'a')).toThrow('names no image');
});

test.each([7, true, {}, []])('a place with %j is refused', (text) => {
  expect(() => imagePlace(text, '/a', 'a')).toThrow('expected an image name');
});
