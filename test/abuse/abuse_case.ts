// A published failure of such software: what it was, what answers it here, and how that answer is taken out to see its test fail.

export interface AbuseCase {
  /** `A1` to `A111`; the tests that carry it in their names are its tests. */
  id: string;
  /** What went wrong elsewhere, in one line. */
  failure: string;
  /** What answers it here: a check by its name, or a rule in a few words. */
  answer: string;
  /** Each takes the answer, or one part of it, out of the source; a test of this id must then fail. */
  removals: Removal[];
  /** What of it does not apply here, and why. */
  beside?: string;
}

export interface Removal {
  /** What is taken out, in a few words. */
  without: string;
  /** Made together: where an answer stands in two places, both go. */
  edits: Edit[];
}

/** `find` occurs once in `file`. */
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

/** What must still be so without the answer: a removal that breaks everything shows nothing. */
export const GOOD = [
  'GET verify by tag, by digest, and by both, with the whole verdict',
  'a signed image is pulled whole: tag, manifest, configuration, layers, as they are in the registry',
];

/** Whether a test's name carries the id. */
export function carries(name: string, id: string): boolean {
  return new RegExp(`\\b${id}\\b`).test(name);
}
