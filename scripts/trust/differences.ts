// How two documents differ, one line for each place. An absent field equals an undefined one.

const MAX_SHOWN = 100;

/** @param place of the two values in their documents, as in `rules.0.require`. @returns nothing if they are equal */
export function differences(before: unknown, after: unknown, place = ''): string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    return [...before, ...after].some(isObject)
      ? fieldsOf({ ...before }, { ...after }, place)
      : itemsOf(before, after, place);
  }
  if (isObject(before) && isObject(after)) return fieldsOf(before, after, place);
  return before === after ? [] : [`${place} ${show(before)} → ${show(after)}`];
}

type Fields = Record<string, unknown>;

function fieldsOf(before: Fields, after: Fields, place: string): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    differences(own(before, name), own(after, name), place === '' ? name : `${place}.${name}`),
  );
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** For plain values: which were removed and added, regardless of position. */
function itemsOf(before: unknown[], after: unknown[], place: string): string[] {
  if (before.length === after.length && before.every((item, at) => item === after[at])) return [];
  const lines = [
    ...before.filter((item) => !after.includes(item)).map((item) => `${place} - ${show(item)}`),
    ...after.filter((item) => !before.includes(item)).map((item) => `${place} + ${show(item)}`),
  ];
  return lines.length > 0 ? lines : [`${place} in another order`];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
