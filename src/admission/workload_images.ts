// Finds every place in a Kubernetes object that names an image, and which are new in another version of it. docs/abuse.md A91, A92, A94.
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { asArray, asObject, asString } from '../core/encoding/json_fields.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { type At, type ImagePlace, itemAt, memberAt, own, placeName, ROOT, refuse } from './image_place.ts';
import { searchPodSpec } from './pod_spec.ts';
import { type Search, startSearch, visit } from './search.ts';
import { searchAnywhere } from './unknown_kind.ts';

export type { ImagePlace } from './image_place.ts';

interface Type {
  group: string;
  kind: string;
  version: string;
}

const TEMPLATE = ['spec', 'template', 'spec'];

/** The path to the pod spec by group and kind, the same in every version there has been. `batch.volcano.sh/Job` is not one of these. */
const POD_SPECS = new Map([
  ['/Pod', ['spec']],
  ['/PodTemplate', ['template', 'spec']],
  ['/ReplicationController', TEMPLATE],
  ['apps/Deployment', TEMPLATE],
  ['apps/StatefulSet', TEMPLATE],
  ['apps/DaemonSet', TEMPLATE],
  ['apps/ReplicaSet', TEMPLATE],
  ['batch/Job', TEMPLATE],
  ['batch/CronJob', ['spec', 'jobTemplate', ...TEMPLATE]],
  ['extensions/Deployment', TEMPLATE],
  ['extensions/DaemonSet', TEMPLATE],
  ['extensions/ReplicaSet', TEMPLATE],
  ['extensions/Job', TEMPLATE],
]);

/** Levels of lists within lists; kubectl writes one. */
const MAX_LIST_NESTING = 4;

const API_VERSION = /^(?:([^/]*)\/)?([^/]+)$/;
const LIST_MEMBERS = ['apiVersion', 'kind', 'metadata', 'items'];

/**
 * Every place that names an image: in Kubernetes' own kinds, in lists of objects, and, in any other kind, wherever something looks like
 * part of a pod spec. Annotations and labels are ignored. References are neither parsed nor normalised.
 *
 * A list counts as one object: items that name no image (a Service, a ConfigMap) are skipped if others do.
 * @throws Malformed if a container has no usable image string, if the object does not have the shape of its kind, if it is too large,
 *   or if nothing in it names an image
 */
export function imagesOf(object: Json): ImagePlace[] {
  const places = imagesInAll([object]);
  if (places.length === 0) refuse('', 'names no image');
  return places;
}

/**
 * Like `imagesOf`, for several objects, which may name no image: manifests contain Services too. They share the limits of one search:
 * with aliases, an object of a few hundred bytes can reach them alone. @throws Malformed
 */
export function imagesInAll(objects: Json[]): ImagePlace[] {
  const search = startSearch();
  for (const object of objects) {
    // A pointer says where a place is only within its own object.
    search.pointers.clear();
    searchObject(object, ROOT, search, 0, undefined);
  }
  return search.places;
}

/**
 * The places of `object` that do not have the same image in `oldObject`: what an update has to answer for, whatever else it changes and
 * whatever state the object is in. A name shared by two containers of a list identifies neither, so both count as changed.
 * @param oldObject counts as absent if it cannot be read
 * @throws Malformed if the images of `object` cannot be determined
 */
export function changedImages(object: Json, oldObject: Json | undefined): ImagePlace[] {
  const places = imagesOf(object);
  const before = attempt(() => imagesOf(oldObject ?? null));
  if (before instanceof Malformed) return places;
  const now = bySlot(places);
  const then = bySlot(before);
  return places.filter(({ slot, image }) => now.get(slot) !== image || then.get(slot) !== image);
}

/** Images by slot, without slots that occur more than once. */
function bySlot(places: ImagePlace[]): Map<string, string> {
  const images = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { slot, image } of places) {
    if (images.has(slot)) ambiguous.add(slot);
    images.set(slot, image);
  }
  for (const slot of ambiguous) images.delete(slot);
  return images;
}

/** @param inherited the type of the items of a typed list, which omit it */
function searchObject(
  value: Json,
  at: At,
  search: Search,
  nesting: number,
  inherited: Type | undefined,
): void {
  visit(search);
  const object = asObject(value, placeName(at.pointer));
  const type = typeOf(object, at, inherited);
  const path = POD_SPECS.get(`${type.group}/${type.kind}`);
  if (path !== undefined) searchWorkload(object, path, at, search);
  else if (isList(object, type)) searchList(object, type, at, search, nesting);
  else searchAnywhere(object, at, search);
}

function typeOf(object: JsonObject, at: At, inherited: Type | undefined): Type {
  const kind = own(object, 'kind') ?? inherited?.kind;
  const apiVersion = own(object, 'apiVersion') ?? inherited?.version;
  const match = API_VERSION.exec(asString(apiVersion, placeName(`${at.pointer}/apiVersion`)));
  if (match === null) refuse(`${at.pointer}/apiVersion`, 'expected a group and a version, as in apps/v1');
  return {
    group: match[1] ?? '',
    kind: asString(kind, placeName(`${at.pointer}/kind`)),
    version: match[0],
  };
}

function searchWorkload(workload: JsonObject, path: string[], at: At, search: Search): void {
  // No workload has items. kubectl treats any object with items as a list, so it would create the items instead of the workload.
  if (Object.hasOwn(workload, 'items'))
    refuse(memberAt(at, 'items').pointer, 'a workload must not have items: kubectl would treat it as a list');
  let value: Json | undefined = workload;
  let place = at;
  for (const name of path) {
    value = own(asObject(value, placeName(place.pointer)), name);
    place = memberAt(place, name);
  }
  searchPodSpec(value, place, search);
}

function isList(object: JsonObject, { kind }: Type): boolean {
  return kind === 'List' || (kind.endsWith('List') && Array.isArray(own(object, 'items')));
}

function searchList(list: JsonObject, type: Type, at: At, search: Search, nesting: number): void {
  if (nesting >= MAX_LIST_NESTING) refuse(at.pointer, `lists nested deeper than ${MAX_LIST_NESTING}`);
  for (const name of Object.keys(list)) {
    if (!LIST_MEMBERS.includes(name))
      refuse(memberAt(at, name).pointer, 'a list must have items and no other fields');
  }
  const items = memberAt(at, 'items');
  const itemType = type.kind === 'List' ? undefined : { ...type, kind: type.kind.slice(0, -'List'.length) };
  for (const [index, item] of asArray(own(list, 'items'), placeName(items.pointer)).entries()) {
    searchObject(item, itemAt(items, index, item), search, nesting + 1, itemType);
  }
}
