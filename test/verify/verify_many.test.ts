// Many images in one request: each has its own outcome, equal questions are answered once, and the cost of an image is charged once.
import { beforeAll, describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/core/crypto/digest.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { CallerError } from '../../src/core/errors/caller_error.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import type { AnyQuestion, ImageQuestion } from '../../src/verify/question.ts';
import { beginMany, endMany, type Many, verifyMany } from '../../src/verify/verify_many.ts';
import { makeKey, type Signer } from '../support/keys.ts';
import { type Content, makeImage, payloadFor, signPayload } from '../support/sign_image.ts';
import { makeVerifier, type VerifierWorld } from '../support/verifier.ts';

const HOST = 'registry.example';
let signer: Signer;
let images: Content[];

beforeAll(async () => {
  signer = await makeKey();
  images = await Promise.all(['one', 'two', 'three'].map((label) => makeImage(label)));
});

/** A registry with the images, each signed. */
async function world(settings = {}): Promise<VerifierWorld> {
  const made = makeVerifier(HOST, settings);
  for (const image of images) {
    made.registry.push('app', image);
    await made.registry.sign('app', image.digest, [await signPayload(signer, payloadFor(image.digest))]);
  }
  return made;
}

const trust = async () => ({ publicKeys: [await parsePublicKeyPem(signer.pem)], isLogWaived: true });

async function asking(at: number, more: Partial<ImageQuestion> = {}): Promise<ImageQuestion> {
  const reference = parseImageReference(`${HOST}/app@${images[at]?.digest}`);
  return { reference, trust: await trust(), annotations: [], ...more };
}

const codes = ({ outcomes }: Many) => outcomes.map((outcome) => outcome?.code);

async function verified({ session }: VerifierWorld, questions: Many['questions']) {
  const many = beginMany(questions);
  const done: number[] = [];
  const own = session();
  await verifyMany(own, many, (index) => done.push(index));
  return { many, done, session: own };
}

describe('each image', () => {
  test('has the outcome of its own question, in the order of the questions', async () => {
    const wrong = new CallerError('BAD_REFERENCE', 'not a name');
    const unsigned = await makeImage('unsigned');
    const made = await world();
    made.registry.push('app', unsigned);
    const reference = parseImageReference(`${HOST}/app@${unsigned.digest}`);
    const questions = [await asking(0), wrong, { ...(await asking(1)), reference }, await asking(2)];
    const { many, done } = await verified(made, questions);
    expect(codes(many)).toEqual(['VERIFIED', 'BAD_REFERENCE', 'NO_SIGNATURES', 'VERIFIED']);
    expect(many.outcomes[1]).toBe(wrong);
    expect(done.toSorted()).toEqual([0, 1, 2, 3]);
  });

  test('gets the caller’s mistake about it as its outcome, without effect on the others', async () => {
    const unknown = await asking(0, { trust: { keys: ['nobody'] } });
    const { many } = await verified(await world(), [unknown, await asking(1)]);
    expect(codes(many)).toEqual(['KEY_NOT_FOUND', 'VERIFIED']);
  });

  test('costs no outbound call if the caller’s mistake about it needs none to be found', async () => {
    const mistakes = await Promise.all(
      Array.from({ length: 9 }, (_, at) =>
        asking(0, { reference: parseImageReference(`${HOST}/app:${at}`), trust: { keys: ['nobody'] } }),
      ),
    );
    const made = await world({ maxCalls: 24 });
    const { many } = await verified(made, [
      ...mistakes,
      ...(await Promise.all([0, 1, 2].map((at) => asking(at)))),
    ]);
    expect(codes(many)).toEqual([...mistakes.map(() => 'KEY_NOT_FOUND'), 'VERIFIED', 'VERIFIED', 'VERIFIED']);
    expect(made.registry.log().filter((asked) => /^manifest app:[0-9]$/.test(asked))).toEqual([]);
  });

  test('may come with evidence from the caller', async () => {
    const [image] = images;
    if (image === undefined) throw new TypeError('images are made before the tests');
    const { payload, signature } = await signPayload(signer, payloadFor(image.digest));
    const held: AnyQuestion = {
      digest: parseDigest(image.digest),
      held: [{ form: 'simple-signing', payload, signature: String(signature) }],
      trust: await trust(),
      annotations: [],
    };
    const made = await world();
    const { many } = await verified(made, [held]);
    expect(codes(many)).toEqual(['VERIFIED']);
    expect(made.registry.log()).toEqual([]);
  });

  test('that is asked for twice is verified once', async () => {
    const made = await world();
    const { many, session } = await verified(made, [await asking(0), await asking(0)]);
    expect(many.outcomes[0]).toBe(many.outcomes[1]);
    expect(many.progress[0]).toBe(many.progress[1]);
    expect(session.spent.verifications).toBe(1);
  });

  test.each<[string, Partial<ImageQuestion>, string]>([
    ['annotations', { annotations: [['env', 'prod']] }, 'NO_TRUSTED_SIGNATURE'],
    ['a log entry', { transparency: 'required' }, 'NO_TRUSTED_SIGNATURE'],
    ['an attestation', { attestation: 'https://slsa.dev/provenance/v1' }, 'NO_SIGNATURES'],
    ['another place of signatures', { signatures: { registry: HOST, repository: 'sig' } }, 'NO_SIGNATURES'],
    ['stored keys', { trust: { keys: ['nobody'] } }, 'KEY_NOT_FOUND'],
    // The image's configuration, which says its platform, is not in this registry.
    ['a platform', { platform: parsePlatform('linux/arm64') }, 'REGISTRY_MALFORMED'],
    ['a policy', { trust: { policy: { id: 'prod', isImplied: false } } }, 'POLICY_NOT_FOUND'],
  ])('that is asked for again with %s is another question', async (_, more, expected) => {
    const { many } = await verified(await world(), [await asking(0), await asking(0, more)]);
    expect(codes(many)).toEqual(['VERIFIED', expected]);
  });

  test('that is asked for again with another key of the caller’s, or by another id, is another question', async () => {
    const key = await parsePublicKeyPem((await makeKey()).pem);
    const other = { publicKeys: [key], isLogWaived: true };
    const { many } = await verified(await world(), [
      await asking(0),
      await asking(0, { trust: other }),
      await asking(0, { trust: { keys: ['nobody'] } }),
      await asking(0, { trust: { keys: ['somebody'] } }),
    ]);
    expect(codes(many)).toEqual(['VERIFIED', 'NO_TRUSTED_SIGNATURE', 'KEY_NOT_FOUND', 'KEY_NOT_FOUND']);
    expect(many.outcomes[3]).toMatchObject({ message: expect.stringContaining('no key somebody') });
  });

  test('that is asked for again without the waiver of the log is another question', async () => {
    const strict = { ...(await trust()), isLogWaived: false };
    const { many } = await verified(await world(), [await asking(0), await asking(0, { trust: strict })]);
    expect(codes(many)).toEqual(['VERIFIED', 'NO_TRUSTED_SIGNATURE']);
  });
});

describe('limits', () => {
  test('a single image takes no turn, so it may use every outbound call', async () => {
    const { many, session } = await verified(await world({ maxCalls: 4 }), [await asking(0)]);
    expect(session.queue).toBeUndefined();
    expect(codes(many)).toEqual(['VERIFIED']);
  });

  test('images for which no calls are left are not started, and a retry would not help', async () => {
    const { many } = await verified(
      await world({ maxCalls: 12 }),
      await Promise.all([0, 1, 2].map((at) => asking(at))),
    );
    expect(codes(many)).toEqual(['VERIFIED', 'VERIFIED', 'LIMIT_EXCEEDED']);
    expect(many.outcomes[2]).toMatchObject({ undecided: { retryable: false } });
  });

  test('after 4096 verifications no further image is started', async () => {
    const made = await world();
    const own = made.session();
    for (const [spent, expected] of [
      [4096, 'VERIFIED'],
      [4097, 'LIMIT_EXCEEDED'],
    ] as const) {
      own.spent.verifications = spent;
      const many = beginMany([await asking(spent - 4096)]);
      await verifyMany(own, many);
      expect(codes(many)).toEqual([expected]);
      if (expected === 'LIMIT_EXCEEDED')
        expect(many.outcomes[0]).toMatchObject({ undecided: { retryable: false } });
    }
  });

  test('after 16,384 signatures in the outcomes no further image is started', async () => {
    const made = await world();
    for (const [before, expected] of [
      [16_384, 'VERIFIED'],
      [16_385, 'LIMIT_EXCEEDED'],
    ] as const) {
      const many = beginMany([await asking(0)]);
      many.signatures = before;
      await verifyMany(made.session(), many);
      expect(codes(many)).toEqual([expected]);
      expect(many.signatures).toBe(16_385);
    }
  });

  test('a defect is not an outcome', async () => {
    const made = await world();
    made.verifier.memory.evidence.get = () => {
      throw new RangeError('a defect');
    };
    await expect(verified(made, [await asking(0)])).rejects.toThrow('a defect');
  });
});

describe('after the deadline', () => {
  test('finished images keep their outcome, and the rest is undecided, with what is known about each', async () => {
    const many = beginMany([await asking(0), await asking(1)]);
    const done = new CallerError('BAD_REFERENCE', 'not a name');
    many.outcomes[0] = done;
    const subject = { digest: parseDigest(images[1]?.digest) };
    many.progress[1] = { subject };
    const late = new Undecided('DEADLINE_EXCEEDED', 'too slow');
    const [first, second] = endMany(many, late);
    expect(first).toBe(done);
    expect(second).toMatchObject({
      verdict: 'undecided',
      code: 'DEADLINE_EXCEEDED',
      undecided: late,
      subject,
      signatures: [],
      keys: [],
    });
  });
});

test('what was signed is shown up to 16 MiB in all, however many images share it, and images without any are not affected', async () => {
  const made = makeVerifier(HOST);
  const optional = { a: 'a'.repeat(250_000), b: '1' };
  const image = await makeImage('annotated');
  made.registry.push('app', image);
  made.registry.push('app', images[0] as Content);
  const layers = Array.from({ length: 30 }, (_, at) =>
    signPayload(signer, payloadFor(image.digest, { optional: { ...optional, at } })),
  );
  await made.registry.sign('app', image.digest, await Promise.all(layers));
  const reference = parseImageReference(`${HOST}/app@${image.digest}`);
  const many = await Promise.all(
    Array.from({ length: 5 }, (_, at) =>
      asking(0, { reference, annotations: at === 0 ? [] : [['b', at === 4 ? '2' : '1']] }),
    ),
  );
  const { many: judged } = await verified(made, [...many, await asking(0)]);
  const found = codes(judged);
  // Which two are finished first varies.
  expect(found.slice(0, 5).filter((code) => code === 'LIMIT_EXCEEDED')).toHaveLength(3);
  expect(found[5]).toBe('NO_SIGNATURES');
});
