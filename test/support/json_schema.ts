// The subset of JSON Schema 2020-12 that the service's OpenAPI document uses. Returns the first place where a value does not fit.

type Schema = Record<string, unknown>;

export function misfit(value: unknown, schema: Schema, root: unknown, place = '$'): string | undefined {
  if (typeof schema.$ref === 'string') return misfit(value, resolve(root, schema.$ref), root, place);
  const {
    anyOf,
    oneOf,
    allOf,
    not: _,
    type,
    properties,
    required,
    items,
    additionalProperties,
  } = schema as Record<string, never>;
  const known = new Set([
    'anyOf',
    'oneOf',
    'allOf',
    'type',
    'properties',
    'required',
    'items',
    'additionalProperties',
    'enum',
    'const',
    'pattern',
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'description',
    'format',
    'propertyNames',
    'default',
    'title',
    'exclusiveMinimum',
  ]);
  const strange = Object.keys(schema).find((name) => !known.has(name));
  if (strange !== undefined) return `${place}: this reader does not know ${strange}`;
  for (const list of [anyOf, oneOf] as (Schema[] | undefined)[]) {
    if (list?.every((option) => misfit(value, option, root, place) !== undefined))
      return `${place}: fits none of ${list.length} forms`;
  }
  for (const part of (allOf ?? []) as Schema[]) {
    const problem = misfit(value, part, root, place);
    if (problem !== undefined) return problem;
  }
  if (
    type !== undefined &&
    !(Array.isArray(type) ? (type as string[]) : [type as string]).some((one) => isOf(value, one))
  )
    return `${place}: ${JSON.stringify(value)} is no ${type}`;
  if ('const' in schema && JSON.stringify(schema.const) !== JSON.stringify(value))
    return `${place}: is not ${schema.const}`;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return `${place}: ${value} is not one of ${schema.enum}`;
  if (typeof value === 'string') {
    if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern, 'u').test(value))
      return `${place}: ${value} does not match ${schema.pattern}`;
  }
  if (typeof value === 'number') {
    if (typeof schema.minimum === 'number' && value < schema.minimum)
      return `${place}: below ${schema.minimum}`;
  }
  if (Array.isArray(value) && items !== undefined) {
    for (const [index, item] of value.entries()) {
      const problem = misfit(item, items as Schema, root, `${place}[${index}]`);
      if (problem !== undefined) return problem;
    }
  }
  if (!isOf(value, 'object')) return undefined;
  const object = value as Schema;
  for (const name of (required ?? []) as string[])
    if (!(name in object)) return `${place}: ${name} is missing`;
  for (const [name, item] of Object.entries(object)) {
    const own = (properties as Record<string, Schema> | undefined)?.[name];
    if (own === undefined && additionalProperties === false) return `${place}: ${name} is not described`;
    const rule = own ?? (typeof additionalProperties === 'object' ? (additionalProperties as Schema) : {});
    const problem = misfit(item, rule, root, `${place}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function resolve(root: unknown, pointer: string): Schema {
  const found = pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (value as Schema | undefined)?.[name], root);
  if (found === undefined) throw new Error(`nothing at ${pointer}`);
  return found as Schema;
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
