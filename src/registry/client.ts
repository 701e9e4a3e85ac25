// Reading from one repository of one registry (OCI distribution-spec §3): manifests and blobs as raw bytes. Absent is not an
// error, everything else that is not the content is "could not decide".
import type { Bytes } from '../core/bytes.ts';
import type { Digest } from '../core/digest.ts';
import type { Undecided } from '../core/undecided.ts';
import type { Egress, EgressResponse } from '../egress/egress.ts';
import { failure, unavailable } from '../egress/egress.ts';
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
import { MANIFEST_ACCEPT, MAX_MANIFEST_BYTES } from './manifest.ts';

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

export interface RepositoryClient {
  /** @param reference a tag or a digest; @param step its role, for people; undefined when the registry has no such manifest */
  manifest(reference: string, step: string): Promise<RawManifest | undefined>;
  /** The blob's bytes, not yet compared with the digest. */
  blob(digest: Digest, maxBytes: number, step: string): Promise<Bytes>;
  /** What to throw when the content of a step cannot be what was asked for. @param problem a predicate: "is not a manifest" */
  malformed(step: string, problem: string): Undecided;
  /** What to throw when the content is more than is looked at. */
  tooMuch(step: string, problem: string): Undecided;
}

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
    credentials,
  };

  async function get(path: string, step: string, maxBytes: number, accept?: string): Promise<EgressResponse> {
    const request = {
      service: 'registry' as const,
      step,
      url: `${origin}/v2/${repository}/${path}`,
      ...(accept !== undefined && { headers: { accept } }),
      maxBytes,
      named: new Set([origin]),
      redirects: 'follow' as const,
    };
    const send = (authorization: string | undefined) =>
      egress.send({ ...request, ...(authorization !== undefined && { authorization }) });
    let response = await send(await knownAuthorization(context));
    if (response.status === 401 && response.isSameOrigin) {
      const authorization = await authorizationFor(context, response.headers.get('www-authenticate') ?? '');
      if (authorization !== undefined) response = await send(authorization);
    }
    if (response.status === 200 || response.status === 404) return response;
    throw statusFailure(request, response);
  }

  function statusFailure(request: Parameters<typeof failure>[0], response: EgressResponse): Undecided {
    const { status } = response;
    if (status === 408 || status === 425 || status === 429 || status >= 500)
      return unavailable(request, response);
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

  return {
    async manifest(reference, step) {
      const response = await get(`manifests/${reference}`, step, MAX_MANIFEST_BYTES, MANIFEST_ACCEPT);
      if (response.status === 404) return undefined;
      return { bytes: response.body, contentType: response.headers.get('content-type') };
    },
    async blob(digest, maxBytes, step) {
      const response = await get(`blobs/${digest}`, step, maxBytes);
      if (response.status === 200) return response.body;
      throw malformed(step, 'is listed in a manifest, but the registry does not have it');
    },
    malformed,
    tooMuch: (step, problem) => failure({ service: 'registry', step, url: origin }, 'LIMIT', problem),
  };
}
