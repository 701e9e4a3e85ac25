// A schema made from a parser of the core, so that what is stored is what can be used.
import * as z from 'zod';
import { Malformed } from '../core/encoding/malformed.ts';

/** Text that the parser takes; its error becomes the issue. */
export function readableBy(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });
}
