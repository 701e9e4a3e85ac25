// Answers in JSON that keep every number as it was read.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import type { AppContext } from '../context.ts';

/** @param type a media type whose documents are JSON */
export function answerJson(
  context: AppContext,
  document: object,
  status: ContentfulStatusCode = 200,
  type = 'application/json',
): Response {
  return context.body(stringifyJson(document), status, { 'Content-Type': type });
}
