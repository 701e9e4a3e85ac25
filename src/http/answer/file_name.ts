// The file name that a download is offered under.

/** The text after the last slash of a path or repository, or `download` if there is none. */
export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || 'download';
}

/** The file name at the end of a URL's path, percent-decoded if it can be. */
export function fileName(url: string): string {
  const segment = lastSegment(new URL(url).pathname);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A Content-Disposition (RFC 6266): `filename` without folders, quotes and control characters, and the full name in `filename*`. */
export function disposition(name: string): string {
  const base = lastSegment(name.replaceAll('\\', '/'));
  const plain = base.replace(/[^\x20-\x7e]|["\\;%]/g, '_');
  const full = encodeURIComponent(base.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
