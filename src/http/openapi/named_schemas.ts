// The schemas that the OpenAPI document names. Where one contains another, it refers to it.
import * as z from 'zod';
import {
  anyLogBodySchema,
  authorityBodySchema,
  batchBodySchema,
  blobBodySchema,
  bundleBodySchema,
  evidenceBodySchema,
  keyBodySchema,
  layerBodySchema,
  logBodySchema,
  policyBodySchema,
  policyTestSchema,
  revokeBodySchema,
  rootBodySchema,
  tokenBodySchema,
  verifyBodySchema,
} from '../request/schemas.ts';
import {
  authorityDocumentSchema,
  batchResultSchema,
  checkSchema,
  inspectionSchema,
  keyDocumentSchema,
  logDocumentSchema,
  policyDocumentOutputSchema,
  policyTestResultSchema,
  problemSchema,
  rootDocumentSchema,
  signatureSchema,
  tokenDocumentSchema,
  trustedDocumentSchema,
  verdictCodeSchema,
  verdictSchema,
} from './answer_schemas.ts';
import { AS_SENT, bare, ref } from './parts.ts';

const NAMED = {
  Verdict: verdictSchema,
  VerdictCode: verdictCodeSchema,
  Signature: signatureSchema,
  Check: checkSchema,
  Problem: problemSchema,
  VerifyRequest: verifyBodySchema,
  BatchRequest: batchBodySchema,
  BatchResult: batchResultSchema,
  Evidence: evidenceBodySchema,
  SigstoreBundle: bundleBodySchema,
  Layer: layerBodySchema,
  BlobBundle: blobBodySchema,
  Inspection: inspectionSchema,
  Key: keyDocumentSchema,
  KeyRequest: keyBodySchema,
  Revocation: revokeBodySchema,
  Log: trustedDocumentSchema,
  TransparencyLog: logDocumentSchema,
  TimestampAuthority: authorityDocumentSchema,
  TrustedRoot: rootDocumentSchema,
  LogRequest: anyLogBodySchema,
  TransparencyLogRequest: logBodySchema,
  TimestampAuthorityRequest: authorityBodySchema,
  TrustedRootRequest: rootBodySchema,
  Policy: policyDocumentOutputSchema,
  PolicyRequest: policyBodySchema,
  PolicyTest: policyTestSchema,
  PolicyTestResult: policyTestResultSchema,
  Token: tokenDocumentSchema,
  TokenRequest: tokenBodySchema,
};

export function namedSchemas(): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { ...AS_SENT, uri: (id) => ref(id).$ref });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}
