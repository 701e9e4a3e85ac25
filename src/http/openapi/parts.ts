// The pieces that OpenAPI paths are put together from.
import * as z from 'zod';
import { timeoutQuerySchema } from '../request/schemas.ts';

type JsonSchema = Record<string, unknown>;

export const input = (schema: z.ZodType): JsonSchema =>
  withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
export const output = input;

function withoutDialect(schema: object): JsonSchema {
  const { $schema: _, ...rest } = schema as JsonSchema;
  return rest;
}

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
export const text = { 'text/plain': { schema: { type: 'string' } } };
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') }, ...text },
});

export const COMMON = {
  '400': problem('The request cannot be understood'),
  '401': problem('Authentication is needed'),
  '403': problem('Not permitted: the token has not the scope, or is for other names'),
  '404': problem('No such key, image, policy, log, token or path'),
  '429': problem('Too many requests'),
  '500': problem('The service is at fault'),
  '503': problem('An upstream is not available'),
  '504': problem('Time ran out'),
};

export const VERDICTS = {
  ...COMMON,
  '200': { description: 'Verified, or exempt by a rule', content: { ...json(ref('Verdict')), ...text } },
  '403': {
    description: 'Refused; or not permitted, as a problem document',
    content: { ...json(ref('Verdict')), 'application/problem+json': { schema: ref('Problem') }, ...text },
  },
  '502': problem('Undecided: an upstream answered wrongly, or a limit'),
  '503': problem('Undecided: an upstream is not available'),
  '504': problem('Undecided: time ran out'),
};

export const WRITES = {
  '409': problem('Conflict'),
  '412': problem('Precondition failed'),
  '413': problem('Too large'),
  '415': problem('Unsupported media type'),
};

/** Query parameters of a strict object schema. */
export function queryOf(schema: z.ZodObject): object[] {
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
export const TOKEN = [{ token: [] }];
export const OPTIONAL_TOKEN = [{}, { token: [] }];
export const TIMEOUT = queryOf(timeoutQuerySchema);
