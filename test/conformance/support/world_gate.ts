// A gate in front of a world's registry: images with layers, pulled as clients pull them.
import { base64, randomHex } from '../../support/bytes.ts';
import type { Signer } from '../../support/keys.ts';
import { ADMIN_TOKEN, type Answer, type CallOptions } from '../../support/service.ts';
import {
  type Content,
  content,
  descriptor,
  imageConfig,
  MANIFEST_TYPE,
  makeIndex,
} from '../../support/sign_image.ts';
import type { TestContext } from '../table.ts';
import { equal } from './assert.ts';
import { REPOSITORY, type World, type WorldOptions } from './world.ts';
import { makePolicyWorld, type Rule, type Signers, signWith } from './world_policies.ts';

export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const BASIC = `Basic ${base64(`anyone:${ADMIN_TOKEN}`)}`;
const REQUIRE_A: Rule[] = [{ name: 'ours', require: { keys: ['a'] } }];

export interface LayeredImage {
  image: Content;
  tag: string;
  config: Content;
  layers: Content[];
}

export interface GateWorld extends World {
  signers: Signers;
  /** Requests a path below `/v2/<registry>/` through the gate, logged in. */
  pull(path: string, options?: CallOptions & { method?: string }): Promise<Answer>;
}

export async function makeGateWorld(
  t: TestContext,
  { rules = REQUIRE_A, ...options }: WorldOptions & { rules?: Rule[] } = {},
): Promise<GateWorld> {
  const world = await makePolicyWorld(t, { by: [], rules, ...options });
  return {
    ...world,
    pull: (path, { method = 'GET', ...more } = {}) =>
      world.service.call(method, `/v2/${world.registry.host}/${path}`, { as: BASIC, ...more }),
  };
}

/** Pushes an image under a tag, signed by these signers. */
export async function pushLayered(
  world: World,
  signers: Signer[],
  {
    repository = REPOSITORY,
    sizes = [1000, 200_000],
    more = {},
  }: { repository?: string; sizes?: number[]; more?: object } = {},
): Promise<LayeredImage> {
  const tag = randomHex(4);
  const config = await imageConfig(tag);
  const layers = await Promise.all(sizes.map((size) => content(randomBytes(size), LAYER_TYPE)));
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...more,
  };
  const image = await content(manifest, MANIFEST_TYPE);
  for (const blob of [config, ...layers]) world.registry.push(repository, blob);
  world.registry.push(repository, image, tag);
  await signWith(world, image, signers);
  return { image, tag, config, layers };
}

/** Pushes an index with two images, of which the index or some images are signed. */
export async function pushIndex(world: World, byIndex: Signer[], byFirst: Signer[] = []) {
  const first = await pushLayered(world, byFirst);
  const second = await pushLayered(world, []);
  const index = await makeIndex([
    { image: first.image, platform: { os: 'linux', architecture: 'amd64' } },
    { image: second.image, platform: { os: 'linux', architecture: 'arm64' } },
  ]);
  const tag = randomHex(4);
  world.registry.push(REPOSITORY, index, tag);
  await signWith(world, index, byIndex);
  return { index, tag, first, second };
}

export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** Asserts a refusal in the form of registries: 403 DENIED, with the verdict's code in the message and the headers. */
export function expectDenied(answer: Answer, code: string, what = 'the answer'): void {
  const [error] = answer.json?.errors ?? [];
  equal(
    [
      answer.status,
      error?.code,
      error?.message?.split(':')[0],
      error?.detail?.code,
      answer.headers.get('countersign-code'),
    ],
    [403, 'DENIED', code, code, code],
    `${what}: ${answer.text.slice(0, 300)}`,
  );
  equal(error.detail.requestId, answer.headers.get('x-request-id'), what);
}

export function expectUnavailable(answer: Answer, code: string, what = 'the answer'): void {
  const [error] = answer.json?.errors ?? [];
  equal(
    [answer.status, error?.message?.split(':')[0], error?.detail?.code],
    [503, code, code],
    `${what}: ${answer.text}`,
  );
  equal(answer.headers.get('countersign-verdict'), 'undecided', what);
}
