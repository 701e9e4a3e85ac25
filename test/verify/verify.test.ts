// What a report says beside its verdict: the keys that were asked for, exemptions, and hints in the summary.
import { beforeAll, describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/core/crypto/digest.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import type { RequiringRule, Rule } from '../../src/core/policy/policy.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import { putKey } from '../../src/store/keys.ts';
import type { ImageQuestion, NamedTrust } from '../../src/verify/question.ts';
import { verifyEvidence, verifyImage } from '../../src/verify/verify.ts';
import { makeKey, type Signer } from '../support/keys.ts';
import { type Content, makeImage, makeIndex, payloadFor, signPayload } from '../support/sign_image.ts';
import { makeVerifier } from '../support/verifier.ts';

const HOST = 'registry.example';
const NAME = `${HOST}/app`;
let signer: Signer;
let [leaf, index]: Content[] = [];

beforeAll(async () => {
  signer = await makeKey();
  leaf = await makeImage('leaf');
  index = await makeIndex([{ image: leaf, platform: { os: 'linux', architecture: 'amd64' } }]);
});

/** A registry with an index and its only image, and a store with the key `release`. */
async function makeWorld(signed: Content[] = []) {
  const world = makeVerifier(HOST);
  const [image, list] = [leaf as Content, index as Content];
  world.registry.push('app', image, 'image');
  world.registry.push('app', list, 'list');
  for (const { digest } of signed)
    await world.registry.sign('app', digest, [await signPayload(signer, payloadFor(digest))]);
  const key = await parsePublicKeyPem(signer.pem);
  await putKey(
    world.store,
    'release',
    key,
    { transparency: 'unsafe-none' },
    { precondition: {}, by: 'test', now: 0 },
  );
  const verify = (reference: string, trust: NamedTrust, more: Partial<ImageQuestion> = {}) =>
    verifyImage(
      world.session(),
      { reference: parseImageReference(reference), trust, annotations: [], ...more },
      {},
    );
  return { ...world, key, image, list, verify };
}

const policyOf = (...rules: Rule[]): NamedTrust => ({
  policy: { draft: { id: 'prod', version: '1', policy: { mirrors: [], rules } } },
});

const requiring = (...keys: string[]): RequiringRule => ({
  name: 'release',
  match: ['**'],
  except: [],
  mode: 'enforce',
  require: { threshold: 1, keys, annotations: [], attestations: [] },
});

describe('the keys of a report', () => {
  test('are those that were asked for, each once, by the id that it is stored under', async () => {
    const { verify, key, image } = await makeWorld();
    const trust = { keys: [key.fingerprint, 'release'] };
    const { keys } = await verify(`${NAME}@${image.digest}`, trust);
    expect(keys.map(({ id, key: { fingerprint } }) => [id, fingerprint])).toEqual([
      ['release', key.fingerprint],
    ]);
  });
});

describe('an exemption', () => {
  test('holds for evidence that the caller sends, which is not judged', async () => {
    const { session, image, registry } = await makeWorld();
    const exempting: Rule = {
      name: 'old',
      match: ['**'],
      except: [],
      unsafeAllowUnsigned: 'built elsewhere',
    };
    const report = await verifyEvidence(
      session(),
      {
        digest: parseDigest(image.digest),
        held: [{ form: 'blob', signature: 'AAAA' }],
        reference: parseImageReference(NAME),
        trust: policyOf(exempting),
        annotations: [],
      },
      {},
    );
    expect(report).toMatchObject({
      verdict: 'exempt',
      code: 'EXEMPT',
      summary: 'Exempt from signing by rule old: built elsewhere',
      signatures: [],
      verifications: 0,
    });
    expect(registry.log()).toEqual([]);
  });
});

describe('the summary', () => {
  const HINT = 'It is an index, and nothing about the images in it counts for it';

  test('says that an image without signatures is an index only if that is known and no platform was asked for', async () => {
    const { verify, list } = await makeWorld();
    const says = async (reference: string, more: Partial<ImageQuestion> = {}) => {
      const { code, summary } = await verify(reference, { keys: ['release'] }, more);
      expect(code).toBe('NO_SIGNATURES');
      return summary.includes(HINT);
    };
    expect(await says(`${NAME}:list`)).toBe(true);
    expect(await says(`${NAME}:list`, { platform: parsePlatform('linux/amd64') })).toBe(false);
    expect(await says(`${NAME}:image`)).toBe(false);
    expect(await says(`${NAME}@${list.digest}`)).toBe(false);
  });

  test('of an index with signatures that do not count has no such hint', async () => {
    const { verify } = await makeWorld([index as Content]);
    const { code, summary } = await verify(
      `${NAME}:list`,
      { keys: ['release'] },
      { transparency: 'required' },
    );
    expect([code, summary.includes(HINT)]).toEqual(['NO_TRUSTED_SIGNATURE', false]);
  });

  test('of a refusal before anything was found has no hint', async () => {
    const { verify } = await makeWorld();
    const { code, summary } = await verify(`${NAME}:list`, policyOf());
    expect([code, summary]).toEqual(['POLICY_NO_RULE', `No rule of the policy prod matches ${NAME}.`]);
  });

  test('names keys that a rule lists and nobody has stored, if the image is refused', async () => {
    const { verify, image, list } = await makeWorld([await makeImage('leaf')]);
    const missing = 'The rule names keys that are not stored: gone, lost.';
    const refused = await verify(`${NAME}@${list.digest}`, policyOf(requiring('gone', 'release', 'lost')));
    expect([refused.code, refused.summary.endsWith(missing)]).toEqual(['NO_SIGNATURES', true]);
    const stored = await verify(`${NAME}@${list.digest}`, policyOf(requiring('release')));
    expect(stored.summary).not.toContain('not stored');
    const verified = await verify(`${NAME}@${image.digest}`, policyOf(requiring('gone', 'release')));
    expect([verified.code, verified.summary.includes('not stored')]).toEqual(['VERIFIED', false]);
  });

  test('names the platform if only its image is signed', async () => {
    const platform = parsePlatform('linux/amd64');
    const of = async (signed: Content[]) => {
      const { verify, list } = await makeWorld(signed);
      return verify(`${NAME}@${list.digest}`, { keys: ['release'] }, { platform });
    };
    const image = await makeImage('leaf');
    expect((await of([image])).summary).toMatch(`linux/amd64, ${image.digest}: `);
    expect((await of([index as Content])).summary).not.toContain('linux/amd64');
  });
});
