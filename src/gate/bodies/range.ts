// Parses `Range` (RFC 9110 §14): a single range of bytes. Anything else is ignored, as the RFC allows, and a range outside the content is
// "not satisfiable".

export interface ByteRange {
  /** Both ends inclusive, from 0. */
  first: number;
  last: number;
}

const ONE = /^bytes=([0-9]*)-([0-9]*)$/;

/** @param size size of the whole content, in bytes */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = ONE.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}
