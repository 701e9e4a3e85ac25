// A published failure of such software: what it was, what prevents it here (the answer), and how to remove that answer to see a test fail.

export interface AbuseCase {
  /** `A1` to `A111`; its tests have it in their names. */
  id: string;
  /** What went wrong elsewhere, in one line. */
  failure: string;
  /** What prevents it here: the name of a check, or a rule in a few words. */
  answer: string;
  /** Each removes the answer, or one part of it, from the source; a test with this id must then fail. */
  removals: Removal[];
  /** Which part of the failure does not apply here, and why. */
  beside?: string;
}

export interface Removal {
  /** What is removed, in a few words. */
  without: string;
  /** Applied together: if an answer is in two places, both are removed. */
  edits: Edit[];
}

/** `find` occurs exactly once in `file`. */
export interface Edit {
  /** Below `src/`. */
  file: string;
  find: string;
  replace: string;
}

export function without(what: string, ...edits: Edit[]): Removal {
  return { without: what, edits };
}

export function edit(file: string, find: string, replace: string): Edit {
  return { file, find, replace };
}

/** Names of tests that must still pass without the answer: a removal that breaks everything proves nothing. */
export const GOOD = [
  'GET verify returns the whole verdict, by tag, by digest, and by both',
  'a signed image is pulled whole and unchanged: by tag, manifest, configuration and layers',
];

/** Whether a test's name contains the id. */
export function carries(name: string, id: string): boolean {
  return new RegExp(`\\b${id}\\b`).test(name);
}
