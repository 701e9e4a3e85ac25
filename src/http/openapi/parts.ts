// Building blocks of the OpenAPI paths.
import * as z from 'zod';
import { timeoutQuerySchema } from '../request/schemas.ts';

type JsonSchema = Record<string, unknown>;

/** As sent, before transforms: requests come in this form, and records are answered in it. */
export const jsonSchema = (schema: z.ZodType): JsonSchema =>
  withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));

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
  '400': problem('Bad request'),
  '401': problem('Authentication required'),
  '403': problem('Not permitted: the token lacks the scope, or does not cover the name'),
  '404': problem('No such key, image, policy, log, token or path'),
  '414': { description: 'The URL is too long. The platform answers this itself, in a form of its own' },
  '429': problem('Too many requests'),
  '500': problem('Internal error'),
  '503': problem('Upstream unavailable'),
  '504': problem('Deadline exceeded'),
};

export const VERDICTS = {
  ...COMMON,
  '200': { description: 'Verified, or exempt by a rule', content: { ...json(ref('Verdict')), ...text } },
  '403': {
    description: 'Refused; or not permitted, as a problem document',
    content: { ...json(ref('Verdict')), 'application/problem+json': { schema: ref('Problem') }, ...text },
  },
  '502': problem('Undecided: bad answer from upstream, or limit exceeded'),
  '503': problem('Undecided: upstream unavailable'),
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
