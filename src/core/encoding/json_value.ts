// What strict JSON is parsed into, and how deep it may nest.

/**
 * Integers beyond 2^53 become bigint. Every name is an own property, even `__proto__`; use Object.hasOwn to look up a name that is
 * itself data.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/** `integers`: every number must be written as an integer. Go's parser does not accept `1.0` as one, so it must not become 1 here. */
export type Numbers = 'any' | 'integers';

/** Deeper nesting is an attack, not a document: it would exhaust the stack of a recursive parser. */
export const MAX_JSON_DEPTH = 64;
