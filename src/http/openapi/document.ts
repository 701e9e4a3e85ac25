// The OpenAPI 3.1 document, generated from the schemas that validate requests.

import {
  batchQuerySchema,
  downloadArtifactQuerySchema,
  downloadFileQuerySchema,
  inspectQuerySchema,
  offlineQuerySchema,
  verifyPostQuerySchema,
  verifyQuerySchema,
} from '../request/schemas.ts';
import { VERSION } from '../version.ts';
import { admissionPaths } from './admission_paths.ts';
import { namedSchemas } from './named_schemas.ts';
import {
  body,
  COMMON,
  json,
  OPTIONAL_TOKEN,
  PUBLIC,
  pathParameter,
  problem,
  queryOf,
  ref,
  TOKEN,
  text,
  VERDICTS,
  WRITES,
} from './parts.ts';
import { trustPaths } from './trust_paths.ts';

export function openApiDocument(): object {
  const paths: Paths = {
    ...verifyPaths(),
    ...downloadPaths(),
    ...trustPaths(),
    ...admissionPaths(),
    ...servicePaths(),
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: VERSION,
      description: 'Tells whether a container image carries a signature by someone you trust.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.keys(paths).map(tagOf))].map((name) => ({ name })),
    paths: withTags(paths),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: namedSchemas(),
    },
  };
}

type Paths = Record<string, Record<string, object>>;

/** The resource in a path: `keys` for /v1/keys/{id}. */
function tagOf(path: string): string {
  return /^\/v1\/(\w+)/.exec(path)?.[1] ?? 'service';
}

function withTags(paths: Paths): object {
  const tagged = Object.entries(paths).map(([path, methods]) => {
    const operations = Object.entries(methods).map(([method, operation]) => [
      method,
      method === 'parameters' ? operation : { tags: [tagOf(path)], ...operation },
    ]);
    return [path, Object.fromEntries(operations)];
  });
  return Object.fromEntries(tagged);
}

function verifyPaths() {
  const bodies = { '413': WRITES['413'], '415': WRITES['415'] };
  return {
    '/v1/verify': {
      post: {
        operationId: 'verifyByBody',
        summary: 'Verify an image',
        security: OPTIONAL_TOKEN,
        parameters: queryOf(verifyPostQuerySchema),
        requestBody: body('VerifyRequest'),
        responses: { ...VERDICTS, ...bodies },
      },
    },
    '/v1/verify/batch': {
      post: {
        operationId: 'verifyBatch',
        summary: 'Verify many images, or all that manifests would run',
        security: OPTIONAL_TOKEN,
        parameters: queryOf(batchQuerySchema),
        requestBody: {
          required: true,
          content: {
            ...json(ref('BatchRequest')),
            'application/yaml': { schema: { type: 'string', description: 'Kubernetes manifests' } },
          },
        },
        responses: { ...COMMON, ...batchAnswers(), ...bodies },
      },
    },
    '/v1/verify/{reference}': {
      get: {
        operationId: 'verify',
        summary: 'Verify an image',
        security: OPTIONAL_TOKEN,
        parameters: [
          pathParameter('reference', 'Image reference; slashes as they are'),
          ...queryOf(verifyQuerySchema),
        ],
        responses: VERDICTS,
      },
      post: {
        operationId: 'verifyEvidence',
        summary: 'Verify the evidence in the request, for an artifact known by its digest',
        security: OPTIONAL_TOKEN,
        parameters: [pathParameter('reference', 'Digest, sha256:…'), ...queryOf(offlineQuerySchema)],
        requestBody: body('Evidence'),
        responses: { ...VERDICTS, ...bodies },
      },
    },
    '/v1/inspect/{reference}': {
      get: {
        operationId: 'inspect',
        summary: 'List what is attached to an image, without judging it',
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

function downloadPaths() {
  const file = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  const responses = {
    ...VERDICTS,
    '200': { description: 'The file, checked against its digest as it is sent', content: file },
    '304': { description: 'Not modified' },
    '405': problem('Method not allowed'),
  };
  return {
    '/v1/download': {
      get: {
        operationId: 'downloadFile',
        summary: 'Download a file, if it is signed',
        security: TOKEN,
        parameters: queryOf(downloadFileQuerySchema),
        responses,
      },
    },
    '/v1/download/{reference}': {
      get: {
        operationId: 'downloadArtifact',
        summary: 'Download a file of an artifact, if the artifact is signed',
        security: TOKEN,
        parameters: [
          pathParameter('reference', 'Artifact reference; slashes as they are'),
          ...queryOf(downloadArtifactQuerySchema),
        ],
        responses,
      },
    },
  };
}

/** All images share one status: that of the worst outcome. */
function batchAnswers() {
  const content = {
    ...json(ref('BatchResult')),
    'application/x-ndjson': {
      schema: { type: 'string', description: 'One line per image as each is decided, then the end line' },
    },
    'application/problem+json': { schema: ref('Problem') },
    ...text,
  };
  const answer = (description: string) => ({ description, content });
  return {
    '200': answer('All verified or exempt; with application/x-ndjson, always this status'),
    '400': answer('One or more are invalid'),
    '403': answer('One or more refused'),
    '404': answer('One or more do not exist'),
    '502': answer('One or more undecided'),
    '503': answer('One or more undecided'),
    '504': answer('One or more undecided'),
  };
}

function servicePaths() {
  const object = { type: 'object' };
  return {
    '/': {
      get: {
        operationId: 'usage',
        summary: 'Show how to call the service',
        security: PUBLIC,
        responses: { '200': { description: 'Usage for curl', content: text }, '500': COMMON['500'] },
      },
    },
    '/healthz': {
      get: {
        operationId: 'health',
        summary: 'Whether the service runs',
        security: PUBLIC,
        responses: { '200': { description: 'Name and version', content: json(object) } },
      },
    },
    '/readyz': {
      get: {
        operationId: 'ready',
        summary: 'Whether the store answers and the settings are valid',
        security: PUBLIC,
        responses: {
          '200': { description: 'Ready', content: json(object) },
          '500': COMMON['500'],
          '503': COMMON['503'],
          '504': COMMON['504'],
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        summary: 'Counts and times',
        security: TOKEN,
        responses: { ...COMMON, '200': { description: 'Prometheus text', content: text } },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openapi',
        summary: 'This document',
        security: PUBLIC,
        responses: { '200': { description: 'This document', content: json(object) }, '500': COMMON['500'] },
      },
    },
  };
}
