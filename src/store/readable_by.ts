// Makes a schema from a parser of the core, so that only usable text can be stored.
import * as z from 'zod';
import { Malformed } from '../core/encoding/malformed.ts';

/** Text that the parser accepts. The parser's error becomes the schema issue. */
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
