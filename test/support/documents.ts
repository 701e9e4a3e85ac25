// Documents with one value changed.

/**
 * A copy with another value at a path; undefined removes the value.
 * @param path names separated by dots, as in `Payload.logID` or `signatures.0.sig`
 */
// biome-ignore lint/suspicious/noExplicitAny: documents are changed into forms that no type allows
export function changed(document: unknown, path: string, value: unknown): any {
  const copy = structuredClone(document);
  const names = path.split('.');
  const last = names.pop() ?? '';
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const holder = names.reduce((inner: any, name) => inner[name], copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}
