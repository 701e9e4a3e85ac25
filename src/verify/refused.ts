// A definite refusal of the image itself, before any signature is examined.
import { CodedError } from '../core/coded_error.ts';
import type { RefusalCode } from '../core/codes.ts';

export class Refused extends CodedError<RefusalCode> {
  override readonly name = 'Refused';
}
