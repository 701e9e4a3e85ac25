// Finds the images of a pod spec: containers of every sort, and image volumes. docs/abuse.md A91, A92.
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { asArray, asObject } from '../core/encoding/json_fields.ts';
import { type At, imagePlace, own, placeName, podItemAt, refuse } from './image_place.ts';
import { found, type Search, visit } from './search.ts';

/** Kubernetes sidecars are init containers with `restartPolicy: Always`. */
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];

/**
 * Adds the images of a core/v1 PodSpec in the order in which they appear. Kubernetes lets an image volume in a template omit its
 * reference, to be filled in later; this does not, because an unnamed image cannot be judged.
 * @throws Malformed if it has no containers, or if a container or an image volume names no usable image
 */
export function searchPodSpec(value: Json | undefined, at: At, search: Search): void {
  const spec = asObject(value, placeName(at.pointer));
  if (listIn(spec, 'containers', at).length === 0) refuse(`${at.pointer}/containers`, 'lists no containers');
  for (const list of Object.keys(spec)) {
    if (CONTAINER_LISTS.includes(list)) searchContainers(spec, list, at, search);
    if (list === 'volumes') searchVolumes(spec, at, search);
  }
}

function searchContainers(spec: JsonObject, list: string, at: At, search: Search): void {
  for (const { item, itemAt } of objectsIn(spec, list, at, search))
    found(search, imagePlace(own(item, 'image'), `${itemAt.pointer}/image`, itemAt.slot));
}

function searchVolumes(spec: JsonObject, at: At, search: Search): void {
  for (const { item, itemAt } of objectsIn(spec, 'volumes', at, search)) {
    const source = own(item, 'image');
    if (source === undefined) continue;
    const pointer = `${itemAt.pointer}/image`;
    const reference = own(asObject(source, placeName(pointer)), 'reference');
    found(search, imagePlace(reference, `${pointer}/reference`, itemAt.slot));
  }
}

function* objectsIn(
  spec: JsonObject,
  list: string,
  at: At,
  search: Search,
): Generator<{ item: JsonObject; itemAt: At }> {
  for (const [index, item] of listIn(spec, list, at).entries()) {
    visit(search);
    const itemAt = podItemAt(at, list, index, item);
    yield { item: asObject(item, placeName(itemAt.pointer)), itemAt };
  }
}

function listIn(spec: JsonObject, list: string, at: At): Json[] {
  const value = own(spec, list);
  return value === undefined ? [] : asArray(value, placeName(`${at.pointer}/${list}`));
}
