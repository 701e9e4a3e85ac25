// Keys, logs and policies as the service shows them, without authors and timestamps, for comparison. The service's own schemas
// parse them, so that times have one form and unknown fields are not overlooked.
import type * as z from 'zod';
import {
  keyDocumentSchema,
  policyDocumentOutputSchema,
  trustedDocumentSchema,
} from '../../src/http/openapi/answer_schemas.ts';
import type { KeyTerms, Revocation } from '../../src/store/key_records.ts';
import type { LogContent } from '../../src/store/log_records.ts';
import type { PolicyDocument } from '../../src/store/policy_document.ts';
import { type Kind, PLURALS } from './kinds.ts';
import { Trouble } from './trouble.ts';

export interface KeyContent {
  publicKey: string;
  fingerprint: string;
  terms: KeyTerms;
  revoked?: Revocation;
}

export type Document =
  | { kind: 'key'; id: string; content: KeyContent }
  | { kind: 'log'; id: string; content: LogContent; isBuiltIn: boolean }
  | { kind: 'policy'; id: string; content: PolicyDocument };

/** @throws Trouble for a form that this version does not know */
export function readDocument(kind: Kind, value: unknown): Document {
  switch (kind) {
    case 'key':
      return keyDocument(parse(keyDocumentSchema, kind, value));
    case 'log':
      return logDocument(parse(trustedDocumentSchema, kind, value));
    case 'policy': {
      const { id, description, mirrors, rules } = parse(policyDocumentOutputSchema, kind, value);
      return { kind, id, content: { description, mirrors, rules } };
    }
  }
}

function keyDocument(document: z.output<typeof keyDocumentSchema>): Document {
  const { id, publicKey, fingerprint, revoked } = document;
  const { description, validFrom, validUntil, scopes, transparency } = document;
  const terms = { description, validFrom, validUntil, scopes, transparency };
  if (revoked === undefined) return { kind: 'key', id, content: { publicKey, fingerprint, terms } };
  const { reason, compromisedAt } = revoked;
  return {
    kind: 'key',
    id,
    content: { publicKey, fingerprint, terms, revoked: { reason, compromisedAt } },
  };
}

function logDocument(document: z.output<typeof trustedDocumentSchema>): Document {
  const {
    id,
    builtIn: isBuiltIn,
    createdAt: _1,
    createdBy: _2,
    updatedAt: _3,
    updatedBy: _4,
    ...content
  } = document;
  return { kind: 'log', id, content, isBuiltIn };
}

function parse<S extends z.ZodType>(schema: S, kind: Kind, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Trouble(
    `GET /v1/${PLURALS[kind]}: a record has a form that this version does not know (${issue?.path.join('.')}: ${issue?.message}); use the version that the service runs.`,
  );
}
