// The OpenAPI 3.1 document, made from the schemas that validate.
import * as z from 'zod';
import {
  anyLogBodySchema,
  evidenceBodySchema,
  inspectionSchema,
  inspectQuerySchema,
  keyBodySchema,
  keyDocumentSchema,
  listQuerySchema,
  logDocumentSchema,
  offlineQuerySchema,
  problemSchema,
  revokeBodySchema,
  timeoutQuerySchema,
  verdictSchema,
  verifyBodySchema,
  verifyPostQuerySchema,
  verifyQuerySchema,
} from './schemas.ts';
import { VERSION } from './version.ts';

type JsonSchema = Record<string, unknown>;

const input = (schema: z.ZodType): JsonSchema =>
  withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
const output = input;

function withoutDialect(schema: object): JsonSchema {
  const { $schema: _, ...rest } = schema as JsonSchema;
  return rest;
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
const text = { 'text/plain': { schema: { type: 'string' } } };
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') }, ...text },
});

const COMMON = {
  '400': problem('The request cannot be understood'),
  '401': problem('Authentication is needed'),
  '404': problem('No such key, image, policy, log or path'),
  '500': problem('The service is at fault'),
  '503': problem('An upstream is not available'),
};

const VERDICTS = {
  ...COMMON,
  '200': { description: 'Verified', content: { ...json(ref('Verdict')), ...text } },
  '403': { description: 'Refused', content: { ...json(ref('Verdict')), ...text } },
  '502': problem('Undecided: an upstream answered wrongly, or a limit'),
  '503': problem('Undecided: an upstream is not available'),
  '504': problem('Undecided: time ran out'),
};

const WRITES = {
  '409': problem('Conflict'),
  '412': problem('Precondition failed'),
  '413': problem('Too large'),
  '415': problem('Unsupported media type'),
};

/** Query parameters of a strict object schema. */
function queryOf(schema: z.ZodObject): object[] {
  const { properties = {}, required = [] } = input(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
    ...(JSON.stringify(property).includes('"array"') && { style: 'form', explode: true }),
  }));
}

function pathParameter(name: string, description: string, pattern?: string) {
  return {
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
  };
}

const body = (name: string) => ({ required: true, content: json(ref(name)) });
const ID = pathParameter('id', 'Id', '^[a-z0-9][a-z0-9._-]{0,62}$');
const CONDITIONS = ['If-Match', 'If-None-Match'].map((name) => ({
  name,
  in: 'header',
  schema: { type: 'string' },
}));
const TOKEN = [{ token: [] }];
const OPTIONAL_TOKEN = [{}, { token: [] }];
const TIMEOUT = queryOf(timeoutQuerySchema);

export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: VERSION,
      description: 'Whether a container image carries a signature by someone you trust.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: { ...verifyPaths(), ...keyPaths(), ...logPaths(), ...servicePaths() },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Verdict: output(verdictSchema),
        Problem: output(problemSchema),
        VerifyRequest: input(verifyBodySchema),
        Evidence: input(evidenceBodySchema),
        Inspection: output(inspectionSchema),
        Key: output(keyDocumentSchema),
        KeyRequest: input(keyBodySchema),
        Revocation: input(revokeBodySchema),
        Log: output(logDocumentSchema),
        LogRequest: input(anyLogBodySchema),
      },
    },
  };
}

function verifyPaths() {
  const bodies = { '413': WRITES['413'], '415': WRITES['415'] };
  return {
    '/v1/verify': {
      post: {
        operationId: 'verifyByBody',
        security: OPTIONAL_TOKEN,
        parameters: queryOf(verifyPostQuerySchema),
        requestBody: body('VerifyRequest'),
        responses: { ...VERDICTS, ...bodies },
      },
    },
    '/v1/verify/{reference}': {
      get: {
        operationId: 'verify',
        security: OPTIONAL_TOKEN,
        parameters: [
          pathParameter('reference', 'Image reference; slashes as they are'),
          ...queryOf(verifyQuerySchema),
        ],
        responses: VERDICTS,
      },
      post: {
        operationId: 'verifyEvidence',
        security: OPTIONAL_TOKEN,
        parameters: [pathParameter('reference', 'Digest, sha256:…'), ...queryOf(offlineQuerySchema)],
        requestBody: body('Evidence'),
        responses: { ...VERDICTS, ...bodies },
      },
    },
    '/v1/inspect/{reference}': {
      get: {
        operationId: 'inspect',
        security: TOKEN,
        parameters: [
          pathParameter('reference', 'Image reference; slashes as they are'),
          ...queryOf(inspectQuerySchema),
        ],
        responses: {
          ...COMMON,
          '200': { description: 'What was found', content: json(ref('Inspection')) },
          '502': VERDICTS['502'],
          '504': VERDICTS['504'],
        },
      },
    },
  };
}

function keyPaths() {
  const key = {
    description: 'The key',
    content: { ...json(ref('Key')), 'application/x-pem-file': { schema: { type: 'string' } } },
  };
  const page = {
    type: 'object',
    properties: { keys: { type: 'array', items: ref('Key') }, cursor: { type: 'string' } },
    required: ['keys'],
  };
  return {
    '/v1/keys': {
      get: {
        operationId: 'listKeys',
        security: TOKEN,
        parameters: queryOf(listQuerySchema),
        responses: { ...COMMON, '200': { description: 'A page of keys', content: json(page) } },
      },
    },
    '/v1/keys/{id}': {
      parameters: [ID, ...TIMEOUT],
      get: { operationId: 'getKey', security: TOKEN, responses: { ...COMMON, '200': key } },
      put: {
        operationId: 'putKey',
        security: TOKEN,
        parameters: CONDITIONS,
        requestBody: {
          required: true,
          content: {
            ...json(ref('KeyRequest')),
            'application/x-pem-file': { schema: { type: 'string' } },
            ...text,
          },
        },
        responses: { ...COMMON, ...WRITES, '200': key, '201': key },
      },
      delete: {
        operationId: 'deleteKey',
        security: TOKEN,
        parameters: CONDITIONS,
        responses: { ...COMMON, ...WRITES, '204': { description: 'Forgotten' } },
      },
    },
    '/v1/keys/{id}/revoke': {
      post: {
        operationId: 'revokeKey',
        security: TOKEN,
        parameters: [ID, ...TIMEOUT, ...CONDITIONS],
        requestBody: body('Revocation'),
        responses: { ...COMMON, ...WRITES, '200': key },
      },
    },
  };
}

function logPaths() {
  const log = { description: 'The log', content: json(ref('Log')) };
  const page = {
    type: 'object',
    properties: { logs: { type: 'array', items: ref('Log') }, cursor: { type: 'string' } },
    required: ['logs'],
  };
  return {
    '/v1/logs': {
      get: {
        operationId: 'listLogs',
        security: TOKEN,
        parameters: queryOf(listQuerySchema),
        responses: { ...COMMON, '200': { description: 'A page of logs', content: json(page) } },
      },
    },
    '/v1/logs/{id}': {
      parameters: [ID, ...TIMEOUT],
      get: { operationId: 'getLog', security: TOKEN, responses: { ...COMMON, '200': log } },
      put: {
        operationId: 'putLog',
        security: TOKEN,
        parameters: CONDITIONS,
        requestBody: body('LogRequest'),
        responses: { ...COMMON, ...WRITES, '200': log, '201': log },
      },
      delete: {
        operationId: 'deleteLog',
        security: TOKEN,
        parameters: CONDITIONS,
        responses: { ...COMMON, ...WRITES, '204': { description: 'Forgotten' } },
      },
    },
  };
}

function servicePaths() {
  const object = { type: 'object' };
  return {
    '/': {
      get: { operationId: 'usage', responses: { '200': { description: 'Usage for curl', content: text } } },
    },
    '/healthz': {
      get: {
        operationId: 'health',
        responses: { '200': { description: 'Name and version', content: json(object) } },
      },
    },
    '/readyz': {
      get: {
        operationId: 'ready',
        responses: {
          '200': { description: 'Ready', content: json(object) },
          '500': COMMON['500'],
          '503': COMMON['503'],
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openapi',
        responses: { '200': { description: 'This document', content: json(object) } },
      },
    },
  };
}
