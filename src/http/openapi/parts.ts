// Building blocks of the OpenAPI paths.
import * as z from 'zod';
import { timeoutQuerySchema } from '../request/schemas.ts';

type JsonSchema = Record<string, unknown>;

/** Before transforms: requests come in this form, and records are answered in it. */
export const AS_SENT = { io: 'input', unrepresentable: 'any' } as const;

const jsonSchema = (schema: z.ZodType): JsonSchema => bare(z.toJSONSchema(schema, AS_SENT));

/** Neither its dialect, which is OpenAPI's own, nor its address. */
export function bare(schema: object): JsonSchema {
  const { $schema: _, $id, ...rest } = schema as JsonSchema;
  return rest;
}

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
export const text = { 'text/plain': { schema: { type: 'string' } } };
const header = (name: string, description: string) => ({
  [name]: { description, schema: { type: 'string' } },
});
export const ETAG = header('ETag', 'The version, for If-Match');
const RETRY_AFTER = header('Retry-After', 'Seconds to wait, or a date');
export const problem = (description: string, headers = {}) => ({
  description,
  headers,
  content: { 'application/problem+json': { schema: ref('Problem') }, ...text },
});

export const COMMON = {
  '400': problem('Bad request'),
  '401': problem('Authentication required'),
  '403': problem('Not permitted: the token lacks the scope, or does not cover the name'),
  '404': problem('No such key, image, policy, log, token or path'),
  '414': { description: 'The URL is too long. The platform answers this itself, in a form of its own' },
  '429': problem('Too many requests', RETRY_AFTER),
  '500': problem('Internal error'),
  '503': problem('Upstream unavailable', RETRY_AFTER),
  '504': problem('Deadline exceeded'),
};

export const VERDICTS = {
  ...COMMON,
  '200': {
    description: 'Verified, or exempt by a rule',
    content: {
      ...json(ref('Verdict')),
      'application/x-ndjson': { schema: { type: 'string', description: 'Attestations with format=cosign' } },
      ...text,
    },
  },
  '403': {
    description: 'Refused; or not permitted, as a problem document',
    content: { ...json(ref('Verdict')), 'application/problem+json': { schema: ref('Problem') }, ...text },
  },
  '502': problem('Undecided: bad answer from upstream, or limit exceeded'),
  '503': problem('Undecided: upstream unavailable', RETRY_AFTER),
  '504': problem('Undecided: deadline exceeded'),
};

export const WRITES = {
  '409': problem('Conflict'),
  '412': problem('Precondition failed'),
  '413': problem('Too large'),
  '415': problem('Unsupported media type'),
};

/** Query parameters of a strict object schema. */
export function queryOf(schema: z.ZodObject): object[] {
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = listIfRepeatable(property);
    return { name, in: 'query', description, required: required.includes(name), schema };
  });
}

/**
 * Given once, a repeatable parameter is a list of one. Lists repeat the name by default: `key=a&key=b`. What describes an item then
 * describes the parameter.
 */
function listIfRepeatable(property: JsonSchema): JsonSchema {
  const forms = (property.anyOf ?? []) as JsonSchema[];
  const list = forms.find(({ type }) => type === 'array');
  if (list === undefined) return property;
  const { description, ...items } = list.items as JsonSchema;
  return { description, ...list, items };
}

export function pathParameter(name: string, description: string, pattern?: string) {
  return {
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
  };
}

export const body = (name: string) => ({ required: true, content: json(ref(name)) });
export const ID = pathParameter('id', 'Id', '^[a-z0-9][a-z0-9._-]{0,62}$');
export const CONDITIONS = ['If-Match', 'If-None-Match'].map((name) => ({
  name,
  in: 'header',
  schema: { type: 'string' },
}));
export const PUBLIC = [];
export const TOKEN = [{ token: [] }];
export const OPTIONAL_TOKEN = [{}, { token: [] }];
export const TIMEOUT = queryOf(timeoutQuerySchema);
