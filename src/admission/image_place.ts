// Places in an object where an image may be named, identified by position and by name.

import type { Json, JsonObject } from '../core/encoding/json.ts';
import { isObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';

/** One place in an object that names an image. */
export interface ImagePlace {
  /** The image, as written. */
  image: string;
  /** JSON pointer (RFC 6901) to the text, as in `/spec/template/spec/containers/0/image`. */
  pointer: string;
  /**
   * A name for the place that stays the same when lists are reordered, such as `spec/template/spec containers app`: equal in two
   * versions of one object for the same container or volume.
   */
  slot: string;
}

/** Where a value is: `pointer` identifies list items by index, `slot` by their names. */
export interface At {
  pointer: string;
  slot: string;
}

export const ROOT: At = { pointer: '', slot: '' };

/** Characters of a pointer or a slot. Names in an unknown kind can have any length, and every place below repeats them. */
export const MAX_PATH_LENGTH = 1024;
/** In characters. No Kubernetes object or container has a longer name. */
const MAX_NAME_LENGTH = 253;

/** The member with that name. @throws Malformed if the path to it is too long */
export function memberAt(at: At, name: string): At {
  const segment = escapeSlot(name);
  const slot = at.slot === '' ? segment : `${at.slot}/${segment}`;
  return bounded(at, `${at.pointer}/${escapePointer(name)}`, slot);
}

/** An item of a list on the path to a pod spec. @throws Malformed if the path to it is too long */
export function itemAt(list: At, index: number, item: Json): At {
  return bounded(list, `${list.pointer}/${index}`, `${list.slot}/${label(index, item)}`);
}

/** A container or volume: an item of one of the lists in the pod spec at `spec`. @throws Malformed if the path to it is too long */
export function podItemAt(spec: At, list: string, index: number, item: Json): At {
  const slot = `${spec.slot} ${list} ${label(index, item)}`.trimStart();
  return bounded(spec, `${spec.pointer}/${list}/${index}`, slot);
}

function bounded(from: At, pointer: string, slot: string): At {
  if (pointer.length > MAX_PATH_LENGTH || slot.length > MAX_PATH_LENGTH)
    refuse(from.pointer, `the path to a value in it is longer than ${MAX_PATH_LENGTH} characters`);
  return { pointer, slot };
}

/**
 * The place, if the value there can name an image. Whether it is a valid reference is checked when references are parsed.
 * @param text the value at the pointer
 */
export function imagePlace(text: Json | undefined, pointer: string, slot: string): ImagePlace {
  if (text === undefined || text === null || text === '') refuse(pointer, 'names no image');
  if (typeof text !== 'string') refuse(pointer, 'expected an image name (a string)');
  return { image: text, pointer, slot };
}

/** @throws Malformed always */
export function refuse(pointer: string, problem: string): never {
  throw new Malformed(placeName(pointer), problem);
}

/** How messages refer to the place. */
export function placeName(pointer: string): string {
  return pointer === '' ? 'the object' : pointer;
}

/** An object's own member, never an inherited one. Null counts as absent, as in the API server. */
export function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** The item's name, or else its index in a form that no escaped name can have. */
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

/** Escapes spaces, slashes and `#`, which slots are built with, so that no two names can produce the same slot. */
function escapeSlot(name: string): string {
  return escapePointer(name).replaceAll(' ', '~2').replaceAll('#', '~3');
}
