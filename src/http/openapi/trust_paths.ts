// OpenAPI paths for what is trusted: keys, logs, policies and tokens.

import { listQuerySchema } from '../request/schemas.ts';
import {
  body,
  COMMON,
  CONDITIONS,
  ETAG,
  ID,
  json,
  problem,
  queryOf,
  ref,
  TIMEOUT,
  TOKEN,
  text,
  WRITES,
} from './parts.ts';

export function trustPaths() {
  return {
    ...keyPaths(),
    ...records('log', 'logs', 'Log'),
    ...policyPaths(),
    ...records('token', 'tokens', 'Token'),
  };
}

function keyPaths() {
  const key = {
    description: 'The key',
    headers: ETAG,
    content: { ...json(ref('Key')), 'application/x-pem-file': { schema: { type: 'string' } } },
  };
  return {
    ...list('key', 'keys', 'Key'),
    '/v1/keys/{id}': {
      parameters: [ID, ...TIMEOUT],
      get: {
        operationId: 'getKey',
        summary: 'Show a key',
        security: TOKEN,
        responses: { ...COMMON, '200': key },
      },
      put: {
        operationId: 'putKey',
        summary: 'Trust a key, or change its terms',
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
        summary: 'Delete a key',
        security: TOKEN,
        parameters: CONDITIONS,
        responses: { ...COMMON, ...WRITES, '204': { description: 'Deleted' } },
      },
    },
    '/v1/keys/{id}/revoke': {
      post: {
        operationId: 'revokeKey',
        summary: 'Revoke a key',
        security: TOKEN,
        parameters: [ID, ...TIMEOUT, ...CONDITIONS],
        requestBody: body('Revocation'),
        responses: { ...COMMON, ...WRITES, '200': key },
      },
    },
  };
}

function policyPaths() {
  return {
    ...records('policy', 'policies', 'Policy'),
    '/v1/policies/test': {
      post: {
        operationId: 'testPolicy',
        summary: 'Show what a policy would decide',
        security: TOKEN,
        parameters: TIMEOUT,
        requestBody: body('PolicyTest'),
        responses: {
          ...COMMON,
          '200': {
            description: 'What the policy would decide',
            content: json(ref('PolicyTestResult')),
          },
          '413': problem('Too large'),
          '415': problem('Unsupported media type'),
        },
      },
    },
  };
}

/** The paths of a list of stored records, and of one of them. */
function records(one: string, many: string, schema: string) {
  const shown = { description: `The ${one}`, headers: ETAG, content: json(ref(schema)) };
  return {
    ...list(one, many, schema),
    [`/v1/${many}/{id}`]: {
      parameters: [ID, ...TIMEOUT],
      get: {
        operationId: `get${schema}`,
        summary: `Show a ${one}`,
        security: TOKEN,
        responses: { ...COMMON, '200': shown },
      },
      put: {
        operationId: `put${schema}`,
        summary: `Store a ${one}`,
        security: TOKEN,
        parameters: CONDITIONS,
        requestBody: body(`${schema}Request`),
        responses: { ...COMMON, ...WRITES, '200': shown, '201': shown },
      },
      delete: {
        operationId: `delete${schema}`,
        summary: `Delete a ${one}`,
        security: TOKEN,
        parameters: CONDITIONS,
        responses: { ...COMMON, ...WRITES, '204': { description: 'Deleted' } },
      },
    },
  };
}

function list(one: string, many: string, schema: string) {
  const page = {
    type: 'object',
    properties: { [many]: { type: 'array', items: ref(schema) }, cursor: { type: 'string' } },
    required: [many],
  };
  return {
    [`/v1/${many}`]: {
      get: {
        operationId: `list${many.charAt(0).toUpperCase()}${many.slice(1)}`,
        summary: `List ${many}`,
        security: TOKEN,
        parameters: queryOf(listQuerySchema),
        responses: { ...COMMON, '200': { description: `A page of ${one} records`, content: json(page) } },
      },
    },
  };
}
