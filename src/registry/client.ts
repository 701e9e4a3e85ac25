// Reads from one repository of one registry (OCI distribution-spec §3): manifests and blobs as raw bytes. Absence is not an error;
// anything else that is not the content is `Undecided`.

import type { Digest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Undecided } from '../core/errors/undecided.ts';
import type { Egress } from '../egress/egress.ts';
import type { EgressPolicy } from '../egress/egress_policy.ts';
import { failure } from '../egress/failure.ts';
import type { EgressResponse, OpenedResponse } from '../egress/request.ts';
import { discardBody } from '../egress/response_body.ts';
import { createAsk, type Lookup } from './ask.ts';
import type { AuthorizationMemory } from './authorization.ts';
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
  /** The next page, if there is one: a path and query on this registry. */
  next?: string;
  /** Whether the registry left out artifacts of other types than the one asked for (distribution-spec "Listing Referrers"). */
  isFiltered?: true;
}

export interface RepositoryClient {
  /** @param reference a tag or a digest; @param step its role, for messages. Undefined if the registry has no such manifest */
  manifest(reference: string, step: string): Promise<RawManifest | undefined>;
  /** The blob's bytes, not yet compared with the digest. */
  blob(digest: Digest, maxBytes: number, step: string): Promise<Bytes>;
  /** Opens the blob as a stream, or only its headers with HEAD; undefined if it does not exist. @param own aborts it */
  openBlob(digest: Digest, method: 'GET' | 'HEAD', own: AbortController): Promise<OpenedResponse | undefined>;
  /** One page of tags (distribution-spec "Listing Tags"); undefined if the repository does not exist. */
  tags(query: string): Promise<ListPage | undefined>;
  /**
   * One page of the referrers API (distribution-spec "Listing Referrers"); undefined if the registry has no such API.
   * @param page the next page as the previous one gave it, or the query of the first page, beginning with `?`
   */
  referrers(
    digest: Digest,
    step: string,
    page?: { next: string } | { query: string },
  ): Promise<ListPage | undefined>;
  /** The error to throw if a step's content cannot be what was asked for. @param problem a predicate: "is not a manifest" */
  malformed(step: string, problem: string): Undecided;
  /** The error to throw if there is more content than is examined. */
  tooMuch(step: string, problem: string): Undecided;
}

export const FILTERS_HEADER = 'OCI-Filters-Applied';
/** Statuses with which registries without the referrers API answer. */
const NO_REFERRERS = new Set([400, 404, 405, 406, 501]);

/** @throws CallerError `REGISTRY_NOT_ALLOWED` */
export function openRepository(
  { egress, policy, memory, credentials, now }: RegistryOptions,
  registry: string,
  repository: string,
): RepositoryClient {
  const origin = registryOrigin(registry, policy);
  const ask = createAsk({
    egress,
    memory,
    now,
    registry,
    origin,
    repository,
    credential: credentials.get(registry),
  });

  async function get({ maxBytes, ...lookup }: Lookup & { maxBytes: number }): Promise<EgressResponse> {
    return ask(lookup, (request) => egress.send({ ...request, maxBytes }));
  }

  const malformed = (step: string, problem: string) =>
    failure({ service: 'registry', step, url: origin }, 'MALFORMED', problem);

  /** @param path the path of this page, which the next page's URL may be relative to */
  function listPage({ headers, body }: EgressResponse, path: string, step: string) {
    const link = headers.get('link');
    const next = link === null ? undefined : nextPage(link, `${origin}${path}`);
    if (next === null) throw malformed(step, 'has a next page at another address');
    const isFiltered = headers.get(FILTERS_HEADER) === 'artifactType';
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
      // Only the first page can say that there is no such API. A list that breaks off later may hide a signature.
      const absent = isFirst ? NO_REFERRERS : new Set<number>();
      const response = await get({ path, step, maxBytes: MAX_MANIFEST_BYTES, accept: INDEX_ACCEPT, absent });
      return response.status === 200 ? listPage(response, path, step) : undefined;
    },
    async openBlob(digest, method, own) {
      const path = `/v2/${repository}/blobs/${digest}`;
      const opened = await ask({ path, step: 'blob' }, async (request) => {
        const response = await egress.open({ ...request, method }, own);
        // Nobody reads the body of a challenge or a refusal. If not cancelled, it holds its connection as long as the transfer lasts.
        if (response.status !== 200) await discardBody(response);
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
      throw malformed(step, 'is listed in a manifest but missing from the registry');
    },
    malformed,
    tooMuch: (step, problem) => failure({ service: 'registry', step, url: origin }, 'LIMIT', problem),
  };
}
