// The schemas of responses. openapi.json documents them, and tests check the service's answers against them.
import * as z from 'zod';
import { CHECK_NAMES } from '../../core/checks.ts';
import { REFUSAL_CODES, UNDECIDED_CODES, VERDICT_CODES } from '../../core/codes.ts';
import type { CallerCode } from '../../core/errors/caller_error.ts';
import { FORMATS } from '../../core/evidence/evidence.ts';
import { keyRecordSchema } from '../../store/key_records.ts';
import { storedAuthoritySchema, storedLogSchema, storedRootSchema } from '../../store/log_records.ts';
import { policyRecordSchema } from '../../store/policies.ts';
import { tokenRecordSchema } from '../../store/tokens.ts';
import { CALLER_STATUS } from '../answer/problem.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const source = z.object({
  manifest: digest.optional(),
  layer: digest.optional(),
  index: z.int().min(0),
  via: z.enum(['tag', 'referrers', 'fallback-tag', 'request']),
});
const subject = z.object({
  reference: z.string().optional(),
  digest: z
    .string()
    .regex(/^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/)
    .optional(),
  mediaType: z.string().optional(),
  platform: z.object({ name: z.string(), digest }).optional(),
  unverified: z
    .array(z.string())
    .optional()
    .meta({ description: 'Fields that come from the caller and were not verified' }),
});

export const verdictCodeSchema = z.enum(VERDICT_CODES);

export const checkSchema = z.object({
  name: z.enum(CHECK_NAMES),
  result: z.enum(['pass', 'fail', 'not-run']),
  code: z.enum([...REFUSAL_CODES, ...UNDECIDED_CODES]).optional(),
  expected: z.string().optional(),
  actual: z.string().optional(),
  source: z.string().optional(),
});

export const signatureSchema = z.object({
  verdict: z.enum(['verified', 'refused', 'undecided']),
  code: verdictCodeSchema,
  format: z.enum(FORMATS),
  source,
  key: z
    .object({ id: z.string().optional(), fingerprint: digest, algorithm: z.string(), hash: z.string() })
    .optional(),
  signedAt: z.string().optional(),
  claims: z
    .object({ dockerReference: z.string().optional(), annotations: z.record(z.string(), z.unknown()) })
    .optional(),
  predicateType: z.string().optional(),
  predicate: z.unknown().optional(),
  transparency: z
    .object({
      log: z.string(),
      logIndex: z.int().optional(),
      entry: z.string(),
      integratedTime: z.string().optional(),
      proof: z.enum(['set', 'inclusion', 'both', 'online']),
      url: z.string().optional(),
    })
    .optional(),
  checks: z.array(checkSchema),
});

export const verdictSchema = z.object({
  verdict: z.enum(['verified', 'exempt', 'refused', 'undecided']),
  code: verdictCodeSchema,
  summary: z.string(),
  subject,
  trust: z.union([
    z.object({ keys: z.array(z.string()) }),
    z.object({
      policy: z.object({
        id: z.string(),
        version: z.string().optional(),
        rule: z.string().optional(),
        enforcement: z.enum(['enforce', 'warn']).optional(),
      }),
    }),
    z.object({ publicKeys: z.array(digest), transparency: z.literal('unsafe-none').optional() }),
  ]),
  signatures: z.array(signatureSchema),
});

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum([...(Object.keys(CALLER_STATUS) as CallerCode[]), ...UNDECIDED_CODES]),
  instance: z.string(),
  retryable: z.boolean(),
  upstream: z.object({ host: z.string(), step: z.string() }).optional(),
});

export const keyDocumentSchema = keyRecordSchema.omit({ revision: true }).extend({
  state: z.enum(['active', 'not-yet', 'expired', 'revoked']),
});

export const policyDocumentOutputSchema = policyRecordSchema
  .omit({ revision: true })
  .extend({ version: z.string(), warnings: z.array(z.string()).optional() });

export const tokenDocumentSchema = tokenRecordSchema.omit({ hash: true, revision: true }).extend({
  state: z.enum(['active', 'expired']),
  secret: z.string().optional().meta({ description: 'Only in the response that created the token' }),
});

const logDocumentFields = {
  id: z.string(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
  updatedAt: z.string().optional(),
  updatedBy: z.string().optional(),
  builtIn: z.boolean(),
};
export const logDocumentSchema = storedLogSchema.extend(logDocumentFields);
export const authorityDocumentSchema = storedAuthoritySchema.extend(logDocumentFields);
export const rootDocumentSchema = storedRootSchema.extend(logDocumentFields);
export const trustedDocumentSchema = z.union([
  logDocumentSchema,
  authorityDocumentSchema,
  rootDocumentSchema,
]);

export const inspectionSchema = z.object({
  subject,
  signatures: z.array(
    z.object({
      format: z.enum(FORMATS),
      source,
      claims: z
        .object({
          digests: z.array(z.string()),
          dockerReference: z.string().optional(),
          annotations: z.record(z.string(), z.unknown()),
        })
        .optional(),
      predicateType: z.string().optional(),
      namedKeys: z.array(z.object({ fingerprint: digest, storedAs: z.string().optional() })),
      logEntries: z.array(
        z.object({
          logId: z.string(),
          logIndex: z.int(),
          integratedTime: z.string().optional(),
          kind: z.string().optional(),
        }),
      ),
      timestamps: z.int().min(0),
      hasCertificate: z.boolean(),
      problems: z.array(z.string()),
    }),
  ),
});

const itemVerdict = verdictSchema.extend({ image: z.string() });
const itemProblem = problemSchema.extend({ image: z.string(), verdict: z.literal('undecided') });
/** Of each image: its verdict, or the problem if what the caller sent for it was wrong. */
export const batchResultSchema = z.object({ results: z.array(z.union([itemVerdict, itemProblem])) });

const explanation = {
  explanation: z
    .object({ name: z.string(), rules: z.array(z.object({ rule: z.string(), result: z.string() })) })
    .optional(),
  current: z
    .object({
      verdict: z.string(),
      code: z.string(),
      policy: z.string().optional(),
      version: z.string().optional(),
      rule: z.string().optional(),
      enforcement: z.string().optional(),
      changes: z.boolean().optional(),
    })
    .optional(),
};
export const policyTestResultSchema = z.object({
  results: z.array(z.union([itemVerdict.extend(explanation), itemProblem.extend(explanation)])),
});
