// A fake pull-only OCI registry in memory, as a fetch handler: tags, digests, blobs, token authentication and Basic. `lie`
// can replace any response.
import { base64, digest as digestOf, text } from './bytes.ts';
import {
  type Content,
  INDEX_TYPE,
  MANIFEST_TYPE,
  type SignedLayer,
  signatureImage,
  signatureTag,
} from './sign_image.ts';
import type { Handler } from './upstream.ts';

export interface RegistryOptions {
  host?: string;
  auth?:
    | { kind: 'none' }
    | { kind: 'basic'; user: string; password: string }
    | {
        kind: 'token';
        realm?: string;
        service?: string;
        user?: string;
        password?: string;
        challenge?: string;
      };
}

/** What a request asks for, so that a lie can choose. */
export interface Asked {
  what: 'manifest' | 'blob' | 'token' | 'referrers' | 'ping' | 'other';
  repository: string;
  /** Tag or digest. */
  reference: string;
  request: Request;
}

export interface FakeRegistry {
  host: string;
  asked: Asked[];
  lie?: (asked: Asked, truth: () => Promise<Response>) => Response | Promise<Response> | undefined;
  push(repository: string, item: Content, tag?: string): void;
  /** Pushes a `.sig` image with these layers for a digest, and returns its manifest. */
  sign(repository: string, imageDigest: string, layers: SignedLayer[]): Promise<Content>;
  /** The referrers API (OCI 1.1): computed from the pushed manifests' `subject`. If absent, it responds 404, as old registries do. */
  referrers?: { pageSize?: number };
  /** Invalidates all tokens issued so far. */
  expireTokens(): void;
  handle: Handler;
  /** A short form of each request, as in `manifest app:1`. */
  log(): string[];
}

export function makeRegistry({
  host = 'registry.example',
  auth = { kind: 'none' },
}: RegistryOptions = {}): FakeRegistry {
  const items = new Map<string, Content>();
  const tokens = new Set<string>();

  const registry: FakeRegistry = {
    host,
    asked: [],
    push(repository, item, tag) {
      items.set(`${repository} ${item.digest}`, item);
      if (tag !== undefined) items.set(`${repository} ${tag}`, item);
    },
    async sign(repository, imageDigest, layers) {
      const { manifest, blobs } = await signatureImage(layers);
      for (const blob of blobs) registry.push(repository, blob);
      registry.push(repository, manifest, signatureTag(imageDigest));
      return manifest;
    },
    expireTokens: () => tokens.clear(),
    async handle(request) {
      const asked = read(request);
      registry.asked.push(asked);
      const truth = () => answer(asked);
      return (await registry.lie?.(asked, truth)) ?? truth();
    },
    log: () => registry.asked.map(({ what, repository, reference }) => `${what} ${repository}:${reference}`),
  };

  function read(request: Request): Asked {
    const { pathname } = new URL(request.url);
    const match = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(pathname);
    const kinds = { manifests: 'manifest', blobs: 'blob', referrers: 'referrers' } as const;
    if (match !== null) {
      const [, repository = '', kind = '', reference = ''] = match;
      return { what: kinds[kind as keyof typeof kinds], repository, reference, request };
    }
    const what = pathname === '/token' ? 'token' : pathname === '/v2/' ? 'ping' : 'other';
    return { what, repository: '', reference: '', request };
  }

  async function answer(asked: Asked): Promise<Response> {
    const { what, repository, reference, request } = asked;
    if (what === 'token') return token(request);
    const refusal = authenticate(asked);
    if (refusal !== undefined) return refusal;
    if (what === 'ping') return Response.json({});
    if (what === 'referrers' && registry.referrers !== undefined)
      return listReferrers(asked, registry.referrers);
    const item = acceptable(items.get(`${repository} ${reference}`), request);
    if (item === undefined || what === 'other' || what === 'referrers') {
      const code = what === 'manifest' ? 'MANIFEST_UNKNOWN' : what === 'blob' ? 'BLOB_UNKNOWN' : 'NOT_FOUND';
      return Response.json({ errors: [{ code, message: 'not here' }] }, { status: 404 });
    }
    const headers = {
      'content-type': what === 'blob' ? 'application/octet-stream' : item.mediaType,
      'content-length': String(item.bytes.length),
      'docker-content-digest': await digestOf(item.bytes),
    };
    return new Response(request.method === 'HEAD' ? null : item.bytes, { headers });
  }

  function listReferrers(
    { repository, reference, request }: Asked,
    { pageSize = 100 }: { pageSize?: number },
  ): Response {
    const all = [
      ...new Map([...items].filter(([name]) => name.startsWith(`${repository} sha256:`))).values(),
    ].flatMap((item) => referrerDescriptor(item, reference));
    const from = Number(new URL(request.url).searchParams.get('from') ?? 0);
    const manifests = all.slice(from, from + pageSize);
    const next =
      from + pageSize < all.length
        ? `</v2/${repository}/referrers/${reference}?from=${from + pageSize}>; rel="next"`
        : undefined;
    return new Response(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }), {
      headers: { 'content-type': INDEX_TYPE, ...(next !== undefined && { link: next }) },
    });
  }

  function authenticate({ repository, request }: Asked): Response | undefined {
    const given = request.headers.get('authorization') ?? '';
    if (auth.kind === 'none') return undefined;
    if (auth.kind === 'basic') {
      if (given === `Basic ${base64(`${auth.user}:${auth.password}`)}`) return undefined;
      return unauthorized(`Basic realm="${host}"`);
    }
    if (given.startsWith('Bearer ') && tokens.has(given.slice('Bearer '.length))) return undefined;
    const { realm = `https://${host}/token`, service = host } = auth;
    return unauthorized(
      auth.challenge ?? `Bearer realm="${realm}",service="${service}",scope="repository:${repository}:pull"`,
    );
  }

  function token(request: Request): Response {
    if (auth.kind !== 'token') return new Response('no tokens here', { status: 404 });
    const wanted = auth.user === undefined ? undefined : `Basic ${base64(`${auth.user}:${auth.password}`)}`;
    if (wanted !== undefined && request.headers.get('authorization') !== wanted)
      return new Response('{}', { status: 401 });
    const value = `token-${tokens.size}-${crypto.randomUUID()}`;
    tokens.add(value);
    return Response.json({ token: value, expires_in: 300 });
  }

  return registry;
}

/** An item as its subject's list of referrers shows it: with the artifact's own type and annotations. */
function referrerDescriptor({ bytes, digest, mediaType }: Content, subject: string): object[] {
  if (mediaType !== MANIFEST_TYPE) return [];
  const manifest = JSON.parse(text(bytes));
  if (manifest.subject?.digest !== subject) return [];
  const { artifactType = manifest.config?.mediaType, annotations } = manifest;
  return [
    {
      mediaType,
      digest,
      size: bytes.length,
      artifactType,
      ...(annotations !== undefined && { annotations }),
    },
  ];
}

/** Like docker-registry, hides a manifest whose type the request does not accept. */
function acceptable(item: Content | undefined, request: Request): Content | undefined {
  const isManifest = item?.mediaType === MANIFEST_TYPE || item?.mediaType === INDEX_TYPE;
  return isManifest && !request.headers.get('accept')?.includes(item.mediaType) ? undefined : item;
}

function unauthorized(challenge: string): Response {
  return Response.json(
    { errors: [{ code: 'UNAUTHORIZED' }] },
    { status: 401, headers: { 'www-authenticate': challenge } },
  );
}
