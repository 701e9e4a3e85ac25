// Finds the images of an object of an unknown kind: anything that looks like part of a pod spec, at any depth, and every `image`
// that is a string. docs/abuse.md A92.

import type { Json, JsonObject } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { type At, imagePlace, itemAt, memberAt, own, podItemAt, refuse } from './image_place.ts';
import { found, type Search, visit } from './search.ts';

/** The lists of a pod spec, and of Tekton's tasks. */
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers', 'steps', 'sidecars'];
/** Members that hold a single container: in Argo's workflow templates, and the defaults of Tekton's steps. */
const SINGLE_CONTAINERS = ['container', 'script', 'stepTemplate'];

/** Maps from arbitrary names to strings: an `image` in these is just such a name. */
const TEXT_MAPS = ['labels', 'matchLabels', 'annotations', 'selector', 'nodeSelector', 'data', 'stringData'];

/** The depth that the JSON parser allows. Values from other parsers come here too, and YAML can create cycles. */
export const MAX_WALK_DEPTH = 64;

/**
 * Adds every image found, or none if nothing names one; it is for the caller to check whether any was found. A container that names
 * no image is skipped, because its kind may fill it in (a step may refer to one that is stored elsewhere).
 * @param isText whether an `image` below this value is only a string
 * @throws Malformed if the image of a container or volume is not a non-empty string, or if the object is too large or too deep
 */
export function searchAnywhere(value: Json, at: At, search: Search, depth = 0, isText = false): void {
  if (depth > MAX_WALK_DEPTH) refuse(at.pointer, `nested deeper than ${MAX_WALK_DEPTH}`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      visit(search);
      if (isNested(item)) searchAnywhere(item, itemAt(at, index, item), search, depth + 1, isText);
    }
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      visit(search);
      searchMember(name, item, at, search);
      if (!isText) searchText(name, item, at, search);
      if (isNested(item))
        searchAnywhere(item, memberAt(at, name), search, depth + 1, isText || isSaid(name, item, depth));
    }
  }
}

/** Adds what the member itself names, if it is part of a pod spec. */
function searchMember(name: string, value: Json, at: At, search: Search): void {
  if (SINGLE_CONTAINERS.includes(name) && isObject(value)) {
    const place = { pointer: `${at.pointer}/${name}`, slot: `${at.slot} ${name}`.trimStart() };
    searchContainer(value, place, search);
  }
  if (CONTAINER_LISTS.includes(name)) searchItems(value, name, at, search, searchContainer);
  if (name === 'volumes') searchItems(value, name, at, search, searchVolume);
}

/** An image outside a pod spec: many kinds have one for what their operator runs. The case is ignored, as some parsers ignore it. */
function searchText(name: string, value: Json, at: At, search: Search): void {
  if (name.toLowerCase() !== 'image' || typeof value !== 'string' || value === '') return;
  const { pointer, slot } = memberAt(at, name);
  found(search, imagePlace(value, pointer, slot));
}

/** Whether strings below only describe: in labels and the like, and in the object's status. In Ceph volumes, `image` is a block device. */
function isSaid(name: string, value: Json, depth: number): boolean {
  if ((depth === 0 && name === 'status') || name === 'rbd') return true;
  if (!TEXT_MAPS.includes(name) || !isObject(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}

function searchItems(
  items: Json,
  list: string,
  at: At,
  search: Search,
  searchItem: (item: JsonObject, at: At, search: Search) => void,
): void {
  if (!Array.isArray(items)) return;
  for (const [index, item] of items.entries())
    if (isObject(item)) searchItem(item, podItemAt(at, list, index, item), search);
}

function searchContainer(container: JsonObject, at: At, search: Search): void {
  const image = own(container, 'image');
  if (image !== undefined) found(search, imagePlace(image, `${at.pointer}/image`, at.slot));
}

function searchVolume(volume: JsonObject, at: At, search: Search): void {
  const source = own(volume, 'image');
  const reference = isObject(source) ? own(source, 'reference') : undefined;
  if (reference !== undefined) found(search, imagePlace(reference, `${at.pointer}/image/reference`, at.slot));
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}
