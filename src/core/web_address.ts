// The address of an API, as configuration and administrators give it.

/** An http or https URL without credentials, query or fragment, and without a trailing slash; undefined for anything else. */
export function apiAddress(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  return url.href.replace(/\/+$/, '');
}
