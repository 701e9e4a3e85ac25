// One search through one object: what it has found, and how much it has looked at.
import { type ImagePlace, refuse } from './image_place.ts';

/**
 * Values looked at in one document. What etcd keeps as one object (1.5 MiB) has some ten thousand; YAML aliases can make a few
 * lines stand for billions.
 */
export const MAX_VISITED = 250_000;

/** Images in one document, as much as a list of some thousand workloads has. */
export const MAX_PLACES = 10_000;

export interface Search {
  places: ImagePlace[];
  /** Theirs: a place may be come by in two ways. */
  pointers: Set<string>;
  visited: number;
}

export function startSearch(): Search {
  return { places: [], pointers: new Set(), visited: 0 };
}

/** Counts one more value looked at. @throws Malformed when that is one too many */
export function visit(search: Search): void {
  search.visited++;
  if (search.visited > MAX_VISITED) refuse('', `more than ${MAX_VISITED} values, too many to look at`);
}

/** Adds a place, once. @throws Malformed when there are too many */
export function found(search: Search, place: ImagePlace): void {
  if (search.pointers.has(place.pointer)) return;
  search.pointers.add(place.pointer);
  if (search.places.length >= MAX_PLACES) refuse(place.pointer, `more than ${MAX_PLACES} images`);
  search.places.push(place);
}
