// The content of a repository: manifests and blobs as text, read from a real registry and pushed to one.
import { createHash } from 'node:crypto';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../test/support/sign_image.ts';

export interface StoredManifest {
  /** Absent if the manifest is known by its digest only. */
  tag?: string;
  mediaType: string;
  text: string;
}

export interface Layout {
  manifests: StoredManifest[];
  /** By digest. */
  blobs: Record<string, string>;
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Reads everything that is reachable from the repository's tags. */
export async function readRepository(origin: string, repository: string): Promise<Layout> {
  const layout: Layout = { manifests: [], blobs: {} };
  const seen = new Set<string>();
  const { tags } = (await (await get(`${origin}/v2/${repository}/tags/list`)).json()) as {
    tags: string[] | null;
  };
  const read = async (reference: string, tag?: string): Promise<void> => {
    const response = await get(`${origin}/v2/${repository}/manifests/${reference}`);
    const text = await response.text();
    const digest = digestOf(text);
    if (tag === undefined && seen.has(digest)) return;
    seen.add(digest);
    const mediaType = response.headers.get('content-type') ?? '';
    layout.manifests.push({ ...(tag !== undefined && { tag }), mediaType, text });
    const { manifests = [], layers = [], config } = JSON.parse(text);
    for (const child of manifests) await read(child.digest);
    for (const { digest: blob } of [...(config === undefined ? [] : [config]), ...layers])
      layout.blobs[blob] ??= await (await get(`${origin}/v2/${repository}/blobs/${blob}`)).text();
  };
  for (const tag of (tags ?? []).sort()) await read(tag, tag);
  return layout;
}

/** Blobs first, then manifests, then indexes: a registry rejects what refers to something that it does not have. */
export async function pushRepository(
  origin: string,
  repository: string,
  { manifests, blobs }: Layout,
): Promise<void> {
  for (const text of Object.values(blobs)) await pushBlob(origin, repository, text);
  const isIndex = ({ mediaType }: StoredManifest) => mediaType === INDEX_TYPE;
  const ordered = [...manifests.filter((item) => !isIndex(item)), ...manifests.filter(isIndex)];
  for (const { tag, mediaType, text } of ordered) {
    const url = `${origin}/v2/${repository}/manifests/${tag ?? digestOf(text)}`;
    await send(url, 'PUT', text, mediaType);
  }
}

async function pushBlob(origin: string, repository: string, text: string): Promise<void> {
  const begun = await send(`${origin}/v2/${repository}/blobs/uploads/`, 'POST');
  const place = new URL(begun.headers.get('location') ?? '', origin);
  place.searchParams.set('digest', digestOf(text));
  await send(place.href, 'PUT', text, 'application/octet-stream');
}

async function get(url: string): Promise<Response> {
  return send(url, 'GET');
}

async function send(url: string, method: string, body?: string, contentType?: string): Promise<Response> {
  const headers = new Headers({ accept: `${MANIFEST_TYPE}, ${INDEX_TYPE}, */*` });
  if (contentType !== undefined) headers.set('content-type', contentType);
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
