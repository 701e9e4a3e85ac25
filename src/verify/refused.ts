// A definite refusal of the image itself, before any signature is looked at.
import type { RefusalCode } from '../core/codes.ts';

export class Refused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, summary: string) {
    super(summary);
    this.name = 'Refused';
    this.code = code;
  }
}
