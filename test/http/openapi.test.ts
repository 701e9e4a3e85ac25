// The OpenAPI document, as generators of clients read it.
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/http/openapi/document.ts';

interface Parameter {
  name: string;
  in: string;
  description?: string;
  schema: { type?: string; anyOf?: unknown };
}
interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: unknown;
  parameters?: Parameter[];
  responses: Record<string, { headers?: object; content?: Record<string, { schema: object }> }>;
}
interface Document {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
const document = openApiDocument() as Document;
const operations = Object.values(document.paths).flatMap((methods) =>
  Object.entries(methods)
    .filter(([method]) => method !== 'parameters')
    .map(([, operation]) => operation),
);

function referencesIn(part: unknown): string[] {
  return [...JSON.stringify(part).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = '']) => reference);
}

describe('/openapi.json', () => {
  it('gives every operation a name of its own, a summary, a tag that is listed, and says whether it needs a token', () => {
    const tags = document.tags.map(({ name }) => name);
    expect(tags).toContain('keys');
    for (const { operationId, summary = '', tags: [tag] = [], security } of operations) {
      expect(summary, operationId).toMatch(/^[A-Z].+[^.]$/);
      expect(tags, operationId).toContain(tag);
      expect(security, operationId).toBeInstanceOf(Array);
    }
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('refers only to schemas that it defines, and to each of them', () => {
    const defined = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(referencesIn(document))].sort()).toEqual(defined.sort());
  });

  it('states a schema that has a name nowhere else', () => {
    const named = Object.values(document.components.schemas).map((schema) => JSON.stringify(schema));
    const whole = JSON.stringify(document);
    for (const schema of named) expect(whole.split(schema).length - 1, schema).toBe(1);
  });

  it('describes a repeatable parameter as a list', () => {
    const repeatable = operations
      .flatMap(({ parameters = [] }) => parameters)
      .filter(({ name }) => ['key', 'annotation', 'publicKey'].includes(name));
    expect(repeatable.length).toBeGreaterThan(5);
    for (const { schema } of repeatable) expect(schema).toMatchObject({ type: 'array', minItems: 1 });
  });

  it('says of every parameter in a path or query what it is, once', () => {
    const parameters = [
      ...Object.values(document.paths).flatMap((methods) => methods.parameters ?? []),
      ...operations.flatMap((operation) => operation.parameters ?? []),
    ] as Parameter[];
    expect(new Set(parameters.map(({ name }) => name)).size).toBeGreaterThan(15);
    for (const { name, in: place, description, schema } of parameters.filter((one) => one.in !== 'header')) {
      expect(description, `${place} ${name}`).toMatch(/\w/);
      expect(JSON.stringify(schema), name).not.toContain('description');
    }
  });

  it('says that a bad configuration is 500 everywhere but at /healthz', () => {
    const without = operations.filter(({ responses }) => responses['500'] === undefined);
    expect(without.map(({ operationId }) => operationId)).toEqual(['health']);
  });

  it('lists the lines in which format=cosign prints attestations', () => {
    const printing = operations.filter(({ parameters }) => parameters?.some(({ name }) => name === 'format'));
    expect(printing.length).toBe(3);
    for (const { responses, operationId } of printing)
      expect(responses['200']?.content, operationId).toHaveProperty('application/x-ndjson');
  });

  it('does not require what a test of a policy leaves out, and lists what it says about an image that is not there', () => {
    const { PolicyTestResult } = document.components.schemas as Record<string, { properties?: object }>;
    const [verdict, problem] = Object.values(PolicyTestResult?.properties ?? {})[0].items.anyOf;
    for (const { properties } of [verdict, problem])
      expect(properties.current.required, 'unless both are decided').not.toContain('changes');
  });

  it('documents the headers that a client has to act on', () => {
    const responses = document.paths['/v1/keys/{id}']?.put?.responses;
    expect(responses?.['201']?.headers).toHaveProperty('ETag');
    expect(responses?.['429']?.headers).toHaveProperty('Retry-After');
    expect(responses?.['503']?.headers).toHaveProperty('Retry-After');
  });
});
