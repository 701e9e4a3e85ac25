// An error with a code from a closed list. Subclasses set `name` explicitly, because minification renames classes.

export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  /** @param message a sentence for humans */
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
