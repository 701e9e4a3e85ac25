// API base URLs from configuration and administrators.

/** Normalises an http or https URL, dropping trailing slashes; undefined for other URLs and for any with credentials, query or fragment. */
export function apiAddress(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  return url.href.replace(/\/+$/, '');
}
