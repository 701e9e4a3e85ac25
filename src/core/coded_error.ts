// An error that says what it is by a code of a closed list. Its name is written out: a minified class has another.

export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  /** @param message a sentence for people */
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
