// Reading from one repository of one registry (OCI distribution-spec §3): manifests and blobs as raw bytes. Absent is not an
// error, everything else that is not the content is "could not decide".

import type { Digest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Undecided } from '../core/undecided.ts';
import type { Egress, EgressRequest, EgressResponse, OpenedResponse } from '../egress/egress.ts';
import { failure, isTransient, unavailable } from '../egress/failure.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import {
  type AuthorizationContext,
  type AuthorizationMemory,
  authorizationFor,
  forgetAuthorization,
  knownAuthorization,
} from './authorization.ts';
import type { Credentials } from './credentials.ts';
import { registryOrigin } from './endpoint.ts';
import { nextPage } from './link.ts';
import { INDEX_ACCEPT, MANIFEST_ACCEPT, MAX_MANIFEST_BYTES } from './manifest.ts';

export interface RegistryOptions {
  egress: Egress;
  policy: EgressPolicy;
  memory: AuthorizationMemory;
  credentials: Credentials;
  now: () => number;
}

export interface RawManifest {
  bytes: Bytes;
  contentType: string | null;
}

export interface ListPage extends RawManifest {
  /** Where the next page is, if there is one: a path and query of this registry. */
  next?: string;
  /** Whether the registry has left out what is of another artifact type than the one asked for (distribution-spec "Listing Referrers"). */
  isFiltered?: true;
}

export interface RepositoryClient {
  /** @param reference a tag or a digest; @param step its role, for people; undefined when the registry has no such manifest */
  manifest(reference: string, step: string): Promise<RawManifest | undefined>;
  /** The blob's bytes, not yet compared with the digest. */
  blob(digest: Digest, maxBytes: number, step: string): Promise<Bytes>;
  /** The blob as it comes, or with HEAD its headers; undefined when it is not there. @param own ends it */
  openBlob(digest: Digest, method: 'GET' | 'HEAD', own: AbortController): Promise<OpenedResponse | undefined>;
  /** One page of the tags (distribution-spec "Listing Tags"); undefined when there is no such repository. */
  tags(query: string): Promise<ListPage | undefined>;
  /**
   * One page of the referrers API (distribution-spec "Listing Referrers"); undefined when the registry has no such API.
   * @param page what the page before said of this one, or what is asked of the first beside the digest, from its `?` on
   */
  referrers(
    digest: Digest,
    step: string,
    page?: { next: string } | { query: string },
  ): Promise<ListPage | undefined>;
  /** What to throw when the content of a step cannot be what was asked for. @param problem a predicate: "is not a manifest" */
  malformed(step: string, problem: string): Undecided;
  /** What to throw when the content is more than is looked at. */
  tooMuch(step: string, problem: string): Undecided;
}

type Asking = Omit<EgressRequest, 'maxBytes'>;

interface Lookup {
  /** From the root of the registry's origin. */
  path: string;
  step: string;
  maxBytes: number;
  accept?: string;
  /** Statuses that say it is not there. */
  absent?: ReadonlySet<number>;
}

export const FILTERS_HEADER = 'OCI-Filters-Applied';
const ABSENT = new Set([404]);
/** How registries without the referrers API say so. */
const NO_REFERRERS = new Set([400, 404, 405, 406, 501]);

/** @throws CallerError `REGISTRY_NOT_ALLOWED` */
export function openRepository(
  { egress, policy, memory, credentials, now }: RegistryOptions,
  registry: string,
  repository: string,
): RepositoryClient {
  const origin = registryOrigin(registry, policy);
  const context: AuthorizationContext = {
    egress,
    memory,
    now,
    registry,
    origin,
    repository,
    credential: credentials.get(registry),
  };

  /** Look-ups side by side are challenged side by side: they share one answer. */
  let answering: Promise<string | undefined> | undefined;
  let knowing: Promise<string | undefined> | undefined;

  /** One token is fetched for look-ups side by side, where the registry has said before where to. */
  function known(): Promise<string | undefined> {
    knowing ??= knownAuthorization(context).finally(() => {
      knowing = undefined;
    });
    return knowing;
  }

  async function get(lookup: Lookup): Promise<EgressResponse> {
    return ask(lookup, (request) => egress.send({ ...request, maxBytes: lookup.maxBytes }));
  }

  /** With the authorization that is known, and if need be with what the registry's challenge asks for. */
  async function ask<R extends Omit<EgressResponse, 'body'>>(
    { path, step, accept, absent = ABSENT }: Omit<Lookup, 'maxBytes'>,
    call: (request: Asking) => Promise<R>,
  ): Promise<R> {
    const request = {
      service: 'registry' as const,
      step,
      url: `${origin}${path}`,
      ...(accept !== undefined && { headers: { accept } }),
      named: new Set([origin]),
      redirects: 'follow' as const,
    };
    const send = (authorization: string | undefined) =>
      call({ ...request, ...(authorization !== undefined && { authorization }) });
    let response = await send(await known());
    if (response.status === 401 && response.isSameOrigin) {
      const header = response.headers.get('www-authenticate') ?? '';
      answering ??= authorizationFor(context, header).finally(() => {
        answering = undefined;
      });
      const authorization = await answering;
      if (authorization !== undefined) response = await send(authorization);
    }
    if (response.status === 200 || absent.has(response.status)) return response;
    throw statusFailure(request, response);
  }

  function statusFailure(
    request: Parameters<typeof failure>[0],
    response: Omit<EgressResponse, 'body'>,
  ): Undecided {
    const { status } = response;
    if (isTransient(status)) return unavailable(request, response);
    if (status !== 401 && status !== 403) return failure(request, 'MALFORMED', `is answered with ${status}`);
    forgetAuthorization(context);
    return failure(
      request,
      'UNAUTHORIZED',
      `is refused (${status}); the repository is private, or does not exist`,
    );
  }

  const malformed = (step: string, problem: string) =>
    failure({ service: 'registry', step, url: origin }, 'MALFORMED', problem);

  /** @param path of this page, which the next one's address may be relative to */
  function listPage({ headers, body }: EgressResponse, path: string, step: string) {
    const link = headers.get('link');
    const next = link === null ? undefined : nextPage(link, `${origin}${path}`);
    if (next === null) throw malformed(step, 'goes on at another place than this registry');
    const isFiltered = headers.get(FILTERS_HEADER)?.trim() === 'artifactType';
    return {
      bytes: body,
      contentType: headers.get('content-type'),
      ...(next !== undefined && { next }),
      ...(isFiltered && { isFiltered }),
    };
  }

  return {
    async manifest(reference, step) {
      const path = `/v2/${repository}/manifests/${reference}`;
      const response = await get({ path, step, maxBytes: MAX_MANIFEST_BYTES, accept: MANIFEST_ACCEPT });
      if (response.status === 404) return undefined;
      return { bytes: response.body, contentType: response.headers.get('content-type') };
    },
    async referrers(digest, step, page = { query: '' }) {
      const isFirst = 'query' in page;
      const path = isFirst ? `/v2/${repository}/referrers/${digest}${page.query}` : page.next;
      // Only the first page can say that there is no such API; a list that breaks off may hide a signature.
      const absent = isFirst ? NO_REFERRERS : new Set<number>();
      const response = await get({ path, step, maxBytes: MAX_MANIFEST_BYTES, accept: INDEX_ACCEPT, absent });
      return response.status === 200 ? listPage(response, path, step) : undefined;
    },
    async openBlob(digest, method, own) {
      const path = `/v2/${repository}/blobs/${digest}`;
      const opened = await ask({ path, step: 'blob' }, async (request) => {
        const response = await egress.open({ ...request, method }, own);
        // Nobody reads what a challenge or a refusal says: unread, its connection would stay open for as long as the transfer.
        if (response.status !== 200) await response.body?.cancel();
        return response;
      });
      if (opened.status === 200) return opened;
      own.abort();
      return undefined;
    },
    async tags(query) {
      const path = `/v2/${repository}/tags/list${query}`;
      const step = 'list of tags';
      const response = await get({ path, step, maxBytes: MAX_MANIFEST_BYTES });
      return response.status === 200 ? listPage(response, path, step) : undefined;
    },
    async blob(digest, maxBytes, step) {
      const response = await get({ path: `/v2/${repository}/blobs/${digest}`, step, maxBytes });
      if (response.status === 200) return response.body;
      throw malformed(step, 'is listed in a manifest, but the registry does not have it');
    },
    malformed,
    tooMuch: (step, problem) => failure({ service: 'registry', step, url: origin }, 'LIMIT', problem),
  };
}
