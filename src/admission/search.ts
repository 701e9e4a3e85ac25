// The state of a search through one object, or the objects of one text: what it has found, and how many values it has visited.
import { type ImagePlace, refuse } from './image_place.ts';

/**
 * Values visited in one search. An object of the size that etcd accepts (1.5 MiB) has about ten thousand; with YAML aliases, a few
 * lines can stand for billions.
 */
export const MAX_VISITED = 250_000;

/** Images found in one search: as many as a list of a few thousand workloads has. */
export const MAX_PLACES = 10_000;

export interface Search {
  places: ImagePlace[];
  /** The pointers of `places`: the search can reach a place in two ways. */
  pointers: Set<string>;
  visited: number;
}

export function startSearch(): Search {
  return { places: [], pointers: new Set(), visited: 0 };
}

/** Counts one more value. @throws Malformed if that exceeds the limit */
export function visit(search: Search): void {
  search.visited++;
  if (search.visited > MAX_VISITED) refuse('', `has more than ${MAX_VISITED} values, too many to examine`);
}

/** Adds a place unless it is already there. @throws Malformed if there are too many */
export function found(search: Search, place: ImagePlace): void {
  if (search.pointers.has(place.pointer)) return;
  search.pointers.add(place.pointer);
  if (search.places.length >= MAX_PLACES) refuse(place.pointer, `has more than ${MAX_PLACES} images`);
  search.places.push(place);
}
