// Bundles and envelopes about a world's image, logged in its log: what cosign 3 would have attached to it, where it is found and asked about.
import {
  bundle,
  bundleEntry,
  dsseBody,
  type Envelope,
  envelope,
  hintOf,
  type StatementOptions,
  statement,
} from '../../support/bundles.ts';
import { type Bytes, utf8 } from '../../support/bytes.ts';
import type { Signer } from '../../support/keys.ts';
import type { TestContext } from '../table.ts';
import { LOGGED_AT } from './harness.ts';
import { makeWorld, type World, type WorldOptions } from './world.ts';

export const PROVENANCE = 'https://slsa.dev/provenance/v1';

export interface SigningOptions extends StatementOptions {
  signer?: Signer;
  /** The image to sign in place of the world's. */
  about?: string;
}

export interface SignedEnvelope {
  bytes: Bytes;
  envelope: Envelope;
  signer: Signer;
}

/** A logged envelope, with its entry as the text of the annotation. */
export async function signEnvelope(
  world: World,
  options: SigningOptions = {},
): Promise<SignedEnvelope & { logBundle: string; entry: ReturnType<typeof bundleEntry> }> {
  const { signer = world.signer, about = world.image.digest, ...words } = options;
  const signed = await envelope(signer, statement(about, words));
  const given = JSON.stringify(signed);
  const { entry } = await world.log.append(await dsseBody(signed, signer, given), LOGGED_AT);
  return {
    bytes: utf8(given),
    envelope: signed,
    signer,
    logBundle: world.log.annotation(entry),
    entry: bundleEntry(entry),
  };
}

/** The bytes of a bundle: a signature as cosign 3 makes it, or an attestation of another predicate type. */
export async function signBundle(world: World, options: SigningOptions = {}): Promise<Bytes> {
  const { envelope: dsseEnvelope, entry, signer } = await signEnvelope(world, options);
  return utf8(
    JSON.stringify(bundle({ hint: hintOf(signer), content: { dsseEnvelope }, tlogEntries: [entry] })),
  );
}

/** A world whose registry has the referrers API, and whose image has no `.sig` tag. */
export async function modern(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const world = await makeWorld(t, { unsigned: true, ...options });
  world.registry.referrers = {};
  return world;
}

/** POST /v1/verify/{digest} with evidence that the caller holds. */
export function post(world: World, digest: string, json: unknown, query = 'key=release') {
  return world.service.call('POST', `/v1/verify/${digest}?${query}`, { json });
}
