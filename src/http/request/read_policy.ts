// Reads policies from request bodies: limits their size, parses them strictly and validates them. Each error says where.

import { utf8 } from '../../core/encoding/bytes.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { type PolicyDocument, policyDocumentSchema } from '../../store/policy_document.ts';
import type { AppContext } from '../context.ts';
import { mediaType, parseJsonBody, readBody, validate } from './body.ts';

/** In bytes. */
const MAX_POLICY_BYTES = 48 * 1024;
const TYPES = new Set([undefined, 'application/json', 'text/plain', 'application/octet-stream']);

/** Reads JSON, with or without its Content-Type (`curl -T policy.json`). Errors: `BAD_POLICY`, `TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`. */
export async function readPolicyDocument(context: AppContext): Promise<PolicyDocument> {
  if (!TYPES.has(mediaType(context)))
    throw new CallerError('UNSUPPORTED_MEDIA_TYPE', 'Send the policy as application/json.');
  const bytes = await readBody(context, MAX_POLICY_BYTES);
  return asPolicy(() => validate(policyDocumentSchema, parseJsonBody(bytes)));
}

/** Errors: `BAD_POLICY`, `TOO_LARGE`. @param place prefix for errors if the policy is part of a larger body, such as `policy.` */
export function validatePolicy(value: unknown, place: string): PolicyDocument {
  if (utf8(stringifyJson(value)).length > MAX_POLICY_BYTES)
    throw new CallerError('TOO_LARGE', `The policy is larger than ${MAX_POLICY_BYTES} bytes.`);
  return asPolicy(() => validate(policyDocumentSchema, value), place);
}

function asPolicy<T>(work: () => T, place = ''): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CallerError) || error.code !== 'BAD_REQUEST') throw error;
    throw new CallerError('BAD_POLICY', `${place}${error.message}`);
  }
}
