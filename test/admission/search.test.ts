// The limits of a search for images. docs/abuse.md: A92.
import { expect, test } from 'vitest';
import { found, MAX_PLACES, MAX_VISITED, startSearch, visit } from '../../src/admission/search.ts';

test(`a search visits at most ${MAX_VISITED} values`, () => {
  const search = startSearch();
  for (let at = 0; at < MAX_VISITED; at++) visit(search);
  expect(() => visit(search)).toThrow('the object: has more than');
});

test(`a search finds at most ${MAX_PLACES} images, each place once`, () => {
  const search = startSearch();
  const place = (at: number) => ({ image: 'a', pointer: `/${at}`, slot: `${at}` });
  for (let at = 0; at < MAX_PLACES; at++) found(search, place(at));
  found(search, place(0));
  expect(search.places).toHaveLength(MAX_PLACES);
  expect(() => found(search, place(MAX_PLACES))).toThrow('has more than');
});
