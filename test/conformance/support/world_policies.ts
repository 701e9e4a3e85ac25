// A world with policies: several signers with stored keys, images signed by any of them, and verdicts by policy.
import { attach } from '../../support/artifacts.ts';
import { randomHex } from '../../support/bytes.ts';
import { makeKey, type Signer } from '../../support/keys.ts';
import type { Answer, Service } from '../../support/service.ts';
import { type Content, makeImage, payloadFor, type SignedLayer } from '../../support/sign_image.ts';
import type { TestContext } from '../table.ts';
import { ok } from './assert.ts';
import { logged, makeWorld, REPOSITORY, trustKey, type World, type WorldOptions } from './world.ts';
import { signBundle } from './world_bundles.ts';

export interface Rule {
  name?: string;
  match?: string[];
  except?: string[];
  mode?: string;
  require?: object;
  unsafeAllowUnsigned?: string;
  until?: string;
}

/** Signers by the id under which their keys are stored. */
export type Signers = Record<string, Signer>;

export async function makeSigners(service: Service, ...ids: string[]): Promise<Signers> {
  const signers: Signers = {};
  for (const id of ids) {
    signers[id] = await makeKey();
    await trustKey(service, id, signers[id]);
  }
  return signers;
}

/** A world whose image is signed by some of `a`, `b` and `c`, with the given rules as the policy `default`. */
export async function makePolicyWorld(
  t: TestContext,
  { by = ['a'], rules, ...options }: WorldOptions & { by?: string[]; rules?: Rule[] } = {},
): Promise<World & { signers: Signers }> {
  const world = await makeWorld(t, { ...options, unsigned: true });
  const signers = await makeSigners(world.service, 'a', 'b', 'c');
  await signWith(
    world,
    world.image,
    by.map((id) => signerOf(signers, id)),
    options.payload,
  );
  if (rules !== undefined) await putPolicy(world.service, 'default', policyOf(...rules));
  return { ...world, signers };
}

export function signerOf(signers: Signers, id: string): Signer {
  const signer = signers[id];
  ok(signer, `the signer ${id}`);
  return signer;
}

export async function signWith(
  world: World,
  image: Content,
  signers: Signer[],
  payload: WorldOptions['payload'] = {},
): Promise<SignedLayer[]> {
  const layers: SignedLayer[] = [];
  for (const signer of signers)
    layers.push(await logged(world.log, signer, payloadFor(image.digest, payload)));
  if (layers.length > 0) await world.registry.sign(REPOSITORY, image.digest, layers);
  return layers;
}

/** Pushes another image to the world's repository, with a tag. */
export async function anotherImage(
  world: World,
  signers: Signer[],
): Promise<{ image: Content; tag: string }> {
  const tag = randomHex(4);
  const image = await makeImage(tag);
  world.registry.push(REPOSITORY, image, tag);
  await signWith(world, image, signers);
  return { image, tag };
}

export async function attest(
  world: World,
  signer: Signer,
  predicateType: string,
  predicate: object = {},
): Promise<void> {
  world.registry.referrers = {};
  const bytes = await signBundle(world, { signer, predicateType, predicate });
  await attach(world.registry, REPOSITORY, world.image, bytes);
}

/** A policy of these rules; by default a rule has a name and matches every image. */
export function policyOf(...rules: Rule[]): { rules: object[] } {
  return { rules: rules.map((rule, at) => ({ name: `rule ${at}`, match: ['**'], ...rule })) };
}

export async function putPolicy(service: Service, id: string, document: object): Promise<Answer> {
  const answer = await service.call('PUT', `/v1/policies/${id}`, { as: 'admin', json: document });
  ok(answer.status === 200 || answer.status === 201, `PUT /v1/policies/${id}: ${answer.text}`);
  return answer;
}

/** The answer about the world's image by the policy `default`. */
export function byPolicy(world: World, query = '', reference = world.byDigest): Promise<Answer> {
  return world.verify(reference, query);
}
