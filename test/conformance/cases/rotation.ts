// A key's whole life, step by step, while 32 callers keep asking: no wrong answer before or after a step, and no failure.
import { makeKey } from '../../support/keys.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { logged, REPOSITORY, trustKey } from '../support/world.ts';
import { anotherImage, makePolicyWorld, policyOf, putPolicy } from '../support/world_policies.ts';
import { test } from '../table.ts';

const CALLERS = 32;

test('32 concurrent callers get the right verdicts throughout a key’s rotation and revocation', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  const { service, image, log, registry } = world;
  const [old, next] = [await makeKey(), await makeKey()];
  await trustKey(service, 'old', old);
  await registry.sign(REPOSITORY, image.digest, [await logged(log, old, payloadFor(image.digest))]);
  const fresh = await anotherImage(world, [next]);
  const never = await anotherImage(world, []);
  const images = [image.digest, fresh.image.digest, never.image.digest].map(
    (digest) => `${world.name}@${digest}`,
  );
  await putPolicy(service, 'default', policyOf({ name: 'release', require: { keys: ['old'] } }));

  /** The answers that each image may give now: during a step, those from before and after it. */
  let expected = [['VERIFIED'], ['NO_TRUSTED_SIGNATURE'], ['NO_SIGNATURES']];
  let isOver = false;
  let asked = 0;
  const wrong: string[] = [];
  const caller = async (start: number) => {
    for (let i = start; !isOver; i++) {
      const at = i % images.length;
      const before = expected[at] ?? [];
      const { status, json } = await world.verify(images[at], '');
      const allowed = [...before, ...(expected[at] ?? [])];
      if (status >= 500 || !allowed.includes(json.code))
        wrong.push(`${images[at]}: ${status} ${json.code}, not ${allowed}`);
      asked++;
      // If all callers answer from memory, the administrator's calls would never get a turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, i) => caller(i));
  const step = async (work: () => Promise<unknown>, ...after: string[]) => {
    const before = expected;
    expected = after.map((code, at) => [...(before[at] ?? []), code]);
    await work();
    expected = after.map((code) => [code]);
    const goal = asked + 3 * CALLERS;
    while (asked < goal) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const admin = async (method: string, path: string, json: object) => {
    const answer = await service.call(method, path, { as: 'admin', json });
    ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  };
  const NONE = 'NO_SIGNATURES';
  await step(
    () => admin('PUT', '/v1/keys/next', { publicKey: next.pem }),
    'VERIFIED',
    'NO_TRUSTED_SIGNATURE',
    NONE,
  );
  const both = policyOf({ name: 'release', require: { keys: ['old', 'next'] } });
  await step(() => admin('PUT', '/v1/policies/default', both), 'VERIFIED', 'VERIFIED', NONE);
  const signedLater = { publicKey: old.pem, validUntil: '2020-01-01T00:00:00Z' };
  await step(() => admin('PUT', '/v1/keys/old', signedLater), 'NO_TRUSTED_SIGNATURE', 'VERIFIED', NONE);
  await step(() => admin('PUT', '/v1/keys/old', { publicKey: old.pem }), 'VERIFIED', 'VERIFIED', NONE);
  const later = { reason: 'laptop lost', compromisedAt: '2025-12-01T00:00:00Z' };
  await step(() => admin('POST', '/v1/keys/old/revoke', later), 'VERIFIED', 'VERIFIED', NONE);
  await step(
    () => admin('POST', '/v1/keys/old/revoke', { reason: 'worse' }),
    'NO_TRUSTED_SIGNATURE',
    'VERIFIED',
    NONE,
  );
  const only = policyOf({ name: 'release', require: { keys: ['next'] } });
  await step(() => admin('PUT', '/v1/policies/default', only), 'NO_TRUSTED_SIGNATURE', 'VERIFIED', NONE);
  isOver = true;
  await Promise.all(callers);
  equal(wrong.slice(0, 5), [], `${asked} answers`);
  ok(asked >= 7 * 3 * CALLERS, `${asked} answers`);
});
