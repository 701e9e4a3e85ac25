// An error with a code from a closed list. Subclasses set `name` explicitly, because minification renames classes.
import { shortened } from '../encoding/display.ts';

/** In characters. A message may quote what a registry or a caller wrote. */
const MAX_LENGTH = 4096;

export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  /** @param message a sentence for humans */
  constructor(code: Code, message: string) {
    super(shortened(message, MAX_LENGTH));
    this.code = code;
  }
}
