// Where in an object something stands, by position and by name, and what may stand there as the name of an image.

import type { Json, JsonObject } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';

/** One place in an object that names an image. */
export interface ImagePlace {
  /** As written. */
  image: string;
  /** JSON pointer (RFC 6901) to the text, as in `/spec/template/spec/containers/0/image`. */
  pointer: string;
  /**
   * What the place is called where it does not move when lists are reordered, as in `spec/template/spec containers app`: equal in
   * two versions of one object for the same container or volume.
   */
  slot: string;
}

/** Where a value stands: `pointer` counts list items, `slot` calls them by their names. */
export interface At {
  pointer: string;
  slot: string;
}

export const ROOT: At = { pointer: '', slot: '' };

/** Characters of a pointer or a slot. Names in an unknown kind can be of any length, and every place below repeats them. */
export const MAX_PATH_LENGTH = 1024;
/** Characters. No object or container of Kubernetes has a longer name. */
const MAX_NAME_LENGTH = 253;

/** The member of that name. @throws Malformed when the way there is too long, as the next two do */
export function memberAt(at: At, name: string): At {
  if (name.length > MAX_PATH_LENGTH) refuseLength(at);
  const segment = escapeSlot(name);
  const slot = at.slot === '' ? segment : `${at.slot}/${segment}`;
  return bounded(at, `${at.pointer}/${escapePointer(name)}`, slot);
}

/** An item of a list that lies on the way to a pod spec. */
export function itemAt(list: At, index: number, item: Json): At {
  return bounded(list, `${list.pointer}/${index}`, `${list.slot}/${label(index, item)}`);
}

/** A container or volume: item of one of the lists of the pod spec that stands at `spec`. */
export function podItemAt(spec: At, list: string, index: number, item: Json): At {
  const slot = `${spec.slot} ${list} ${label(index, item)}`.trimStart();
  return bounded(spec, `${spec.pointer}/${list}/${index}`, slot);
}

function bounded(from: At, pointer: string, slot: string): At {
  if (pointer.length > MAX_PATH_LENGTH || slot.length > MAX_PATH_LENGTH) refuseLength(from);
  return { pointer, slot };
}

function refuseLength(from: At): never {
  refuse(from.pointer, `the way to what is in it is longer than ${MAX_PATH_LENGTH} characters`);
}

/**
 * The place, if a name of an image may stand there. Whether it is one is for who parses references.
 * @param text what stands at the pointer
 */
export function imagePlace(text: Json | undefined, pointer: string, slot: string): ImagePlace {
  if (text === undefined || text === null || text === '') refuse(pointer, 'no image is named');
  if (typeof text !== 'string') refuse(pointer, 'expected the name of an image, a string');
  return { image: text, pointer, slot };
}

/** @throws Malformed always */
export function refuse(pointer: string, problem: string): never {
  throw new Malformed(placeName(pointer), problem);
}

/** What a message calls the place. */
export function placeName(pointer: string): string {
  return pointer === '' ? 'the object' : pointer;
}

/** A member by its own name, never what a prototype has; null counts as absent, as the API server reads it. */
export function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** Its name, else its position in a form that no escaped name has. */
function label(index: number, item: Json): string {
  const name = isObject(item) ? own(item, 'name') : undefined;
  return isName(name) ? escapeSlot(name) : `#${index}`;
}

function isName(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Two places never share a slot by what they are called: spaces, slashes and `#` are what a slot is made with. */
function escapeSlot(name: string): string {
  return escapePointer(name).replaceAll(' ', '~2').replaceAll('#', '~3');
}
