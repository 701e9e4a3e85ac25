// The service with a real registry, Debian's docker-registry: open, with a password and with tokens, on both runtimes.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RUNTIMES } from '../../scripts/service/service.ts';
import { PASSWORD, skipWithoutRegistry, USER } from './support/docker_registry.ts';
import { AUTHENTICATIONS, makeRegistryScene, type RegistryScene } from './support/registry_scene.ts';
import { type ServiceUnderTest, startServiceUnderTest } from './support/service_under_test.ts';

const CREDENTIALS = `${USER}:${PASSWORD}`;
const NAME = skipWithoutRegistry ? 'docker-registry (not installed)' : 'docker-registry';

describe.skipIf(skipWithoutRegistry).each(AUTHENTICATIONS)(
  `${NAME}, authentication: %s`,
  (authentication) => {
    let scene: RegistryScene;
    beforeAll(async () => {
      scene = await makeRegistryScene(authentication);
    });
    afterAll(() => scene?.stop());

    describe.each(RUNTIMES)('%s', (runtime) => {
      let service: ServiceUnderTest;
      const start = (credentials: string | undefined) =>
        startServiceUnderTest({ runtime, registry: scene.proxy.host, keyPem: scene.signer.pem, credentials });
      beforeAll(async () => {
        service = await start(authentication === 'none' ? undefined : CREDENTIALS);
      });
      afterAll(() => service?.stop());

      /** The answer about `image`, and the requests that the service made to the registry. */
      async function verify(image: string, from = service, as: 'admin' | 'anyone' = 'admin') {
        const before = scene.proxy.seen.length;
        const response = await from.get(`/v1/verify/${scene.proxy.host}/${image}?key=release`, as);
        const header = response.headers.get('countersign-verdict');
        const body = (await response.json()) as Record<string, unknown>;
        return { status: response.status, header, body, seen: scene.proxy.seen.slice(before) };
      }

      test('a signed image verifies by tag, first without and then with cached evidence', async () => {
        const cold = await verify('signed:1');
        expect(cold).toMatchObject({
          status: 200,
          header: 'verified',
          body: { verdict: 'verified', code: 'VERIFIED', subject: { digest: scene.digests.signed1 } },
        });
        const warm = await verify('signed:1');
        expect(warm).toMatchObject({ status: 200, body: { subject: { digest: scene.digests.signed1 } } });
        // The tag is resolved every time; its signature is fetched once.
        expect(warm.seen.map(({ request }) => request)).toEqual([
          expect.stringMatching(/ \/v2\/signed\/manifests\/1$/),
        ]);
        if (authentication === 'none') expect(cold.seen).toHaveLength(5);
      });

      test('a signed image verifies by digest, first without and then with cached evidence', async () => {
        const { signed2 } = scene.digests;
        const cold = await verify(`signed@${signed2}`);
        expect(cold).toMatchObject({
          status: 200,
          body: { verdict: 'verified', subject: { digest: signed2 } },
        });
        if (authentication === 'none') expect(cold.seen).toHaveLength(4);
        const warm = await verify(`signed@${signed2}`);
        expect(warm).toMatchObject({ status: 200, body: { verdict: 'verified' }, seen: [] });
      });

      test('an unsigned image is refused', async () => {
        const answer = await verify('unsigned:1');
        expect(answer).toMatchObject({
          status: 403,
          header: 'refused',
          body: { code: 'NO_SIGNATURES', subject: { digest: scene.digests.unsigned } },
        });
      });

      test("an image with another key's signature is refused", async () => {
        const answer = await verify('foreign:1');
        expect(answer).toMatchObject({
          status: 403,
          body: { code: 'NO_TRUSTED_SIGNATURE', signatures: [{ code: 'SIGNATURE_INVALID' }] },
        });
      });

      test('a missing image is 404', async () => {
        expect(await verify('signed:none')).toMatchObject({ status: 404, body: { code: 'IMAGE_NOT_FOUND' } });
      });

      if (authentication === 'none') return;

      test('with wrong registry credentials an image is undecided', async () => {
        const locked = await start(`${USER}:wrong`);
        try {
          for (const image of ['signed:1', `signed@${scene.digests.signed1}`]) {
            const answer = await verify(image, locked);
            expect(answer).toMatchObject({
              status: 502,
              header: 'undecided',
              body: { code: 'REGISTRY_UNAUTHORIZED' },
            });
          }
        } finally {
          await locked.stop();
        }
      });

      test('registry credentials are used only for callers with a token', async () => {
        const answer = await verify('signed:1', service, 'anyone');
        expect(answer).toMatchObject({ status: 502, body: { code: 'REGISTRY_UNAUTHORIZED' } });
        expect(answer.seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
      });
    });
  },
);
