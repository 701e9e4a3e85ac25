// A definite refusal of the image itself, before any signature is examined.

import type { RefusalCode } from '../core/codes.ts';
import { CodedError } from '../core/errors/coded_error.ts';

export class Refused extends CodedError<RefusalCode> {
  override readonly name = 'Refused';
}
