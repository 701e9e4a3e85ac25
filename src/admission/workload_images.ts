// Every place in a Kubernetes object that names an image, and which of them are new in another version of it. docs/abuse.md A91, A92, A94.
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

/** Group and kind to where the pod spec stands, in every version there was of them. `batch.volcano.sh/Job` is none of these. */
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

/** Lists within lists; kubectl writes one. */
const MAX_LIST_NESTING = 4;

const API_VERSION = /^(?:([^/]*)\/)?([^/]+)$/;
const LIST_MEMBERS = ['apiVersion', 'kind', 'metadata', 'items'];

/**
 * Every place that names an image: in the kinds of Kubernetes itself, in lists of objects, and in any other kind where it has
 * something that looks like a pod spec. Annotations and labels count for nothing. References are neither parsed nor normalised.
 *
 * A list is one object: its items that name nothing (a Service, a ConfigMap) are passed over if others do.
 * @throws Malformed when a container has no usable image text, when the shape is not that of its kind, when there is too much to
 *   look at, and when nothing at all names an image
 */
export function imagesOf(object: Json): ImagePlace[] {
  const places = imagesIn(object);
  if (places.length === 0) refuse('', 'nothing in it names an image');
  return places;
}

/** The same, where an object may well name none: a manifest has Services too. */
export function imagesIn(object: Json): ImagePlace[] {
  const search = startSearch();
  searchObject(object, ROOT, search, 0, undefined);
  return search.places;
}

/**
 * The places of `object` that are not in `oldObject` with the same image: what an update has to answer for, whatever else it does
 * and whatever state the object is in. A name that two containers of a list share says nothing, so those count as changed.
 * @param oldObject one that cannot be read counts as absent
 * @throws Malformed as imagesOf does, for `object`
 */
export function changedImages(object: Json, oldObject: Json | undefined): ImagePlace[] {
  const places = imagesOf(object);
  const before = oldObject === undefined ? [] : attempt(() => imagesOf(oldObject));
  if (before instanceof Malformed) return places;
  const now = bySlot(places);
  const then = bySlot(before);
  return places.filter(({ slot, image }) => now.get(slot) !== image || then.get(slot) !== image);
}

/** Images by slot, without those slots that stand more than once. */
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

/** @param inherited the type of the items of a typed list, which leave it out */
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
  // No workload has items, and whatever has them is a list to kubectl: it would make those, and not this.
  if (Object.hasOwn(workload, 'items'))
    refuse(memberAt(at, 'items').pointer, 'a workload has no items; kubectl takes it for a list');
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
    if (!LIST_MEMBERS.includes(name)) refuse(memberAt(at, name).pointer, 'a list has items and nothing else');
  }
  const items = memberAt(at, 'items');
  const itemType = type.kind === 'List' ? undefined : { ...type, kind: type.kind.slice(0, -'List'.length) };
  for (const [index, item] of asArray(own(list, 'items'), placeName(items.pointer)).entries()) {
    searchObject(item, itemAt(items, index, item), search, nesting + 1, itemType);
  }
}
