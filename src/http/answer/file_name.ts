// The name that a downloaded file is offered under.

/** What follows the last slash of a path or repository; `download` where nothing does. */
export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || 'download';
}

/** The name of the file at a URL, its percent-encoding undone; what cannot be undone stays as it is. */
export function fileName(url: string): string {
  const segment = lastSegment(new URL(url).pathname);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** RFC 6266: a name without folders, quotes and control characters, and its full spelling beside it. */
export function disposition(name: string): string {
  const base = lastSegment(name.replaceAll('\\', '/'));
  const plain = base.replace(/[^\x20-\x7e]|["\\;%]/g, '_');
  const full = encodeURIComponent(base.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
