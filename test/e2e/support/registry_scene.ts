// A registry with everything the tests verify: an image signed by the trusted key, an unsigned image, and one signed by
// another key.

import { makeKey, type Signer } from '../../support/keys.ts';
import { type CountingProxy, startCountingProxy } from './counting_proxy.ts';
import { type DockerRegistry, PASSWORD, startDockerRegistry, USER } from './docker_registry.ts';
import { pushImage, pushSignature } from './push.ts';
import { TokenIssuer } from './token_issuer.ts';

export const AUTHENTICATIONS = ['none', 'basic', 'token'] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];

export interface RegistryScene {
  proxy: CountingProxy;
  signer: Signer;
  /** Digests of `signed:1`, `signed:2`, `unsigned:1` and `foreign:1`, which other keys than `signer` signed. */
  digests: { signed1: string; signed2: string; unsigned: string; foreign: string };
  stop(): Promise<void>;
}

export async function makeRegistryScene(authentication: Authentication): Promise<RegistryScene> {
  const proxy = await startCountingProxy();
  const issuer = authentication === 'token' ? await TokenIssuer.make() : undefined;
  const registry = await startDockerRegistry(
    issuer?.auth(`http://${proxy.host}/token`) ?? (authentication as 'basic'),
  );
  proxy.upstream = registry.url;
  proxy.issuer = issuer;
  const signer = await makeKey('P-256');
  return {
    proxy,
    signer,
    digests: await fill(registry, authentication, issuer, signer),
    async stop() {
      await proxy.stop();
      await registry.stop();
    },
  };
}

async function fill(
  registry: DockerRegistry,
  authentication: Authentication,
  issuer: TokenIssuer | undefined,
  signer: Signer,
): Promise<RegistryScene['digests']> {
  const target = (repository: string) => ({
    url: registry.url,
    repository,
    authorization:
      authentication === 'none'
        ? undefined
        : authentication === 'basic'
          ? basicAuthorization(USER, PASSWORD)
          : `Bearer ${issuer?.issue(repository, ['pull', 'push'])}`,
  });
  const signed1 = await pushImage(target('signed'), '1');
  await pushSignature(target('signed'), signed1, signer);
  const signed2 = await pushImage(target('signed'), '2');
  await pushSignature(target('signed'), signed2, signer);
  const unsigned = await pushImage(target('unsigned'), '1');
  const foreign = await pushImage(target('foreign'), '1');
  await pushSignature(target('foreign'), foreign, await makeKey('P-256'));
  return { signed1, signed2, unsigned, foreign };
}

function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
