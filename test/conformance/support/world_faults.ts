// A world in which every upstream has its own host that can be made to fail, and all endpoints that judge are read in the same way.
import { randomHex } from '../../support/bytes.ts';
import type { Answer, CallOptions } from '../../support/service.ts';
import { content, descriptor, imageConfig, MANIFEST_TYPE, signatureTag } from '../../support/sign_image.ts';
import type { TestContext } from '../table.ts';
import { equal } from './assert.ts';
import { FAULTS, type Fault } from './faults.ts';
import { REPOSITORY } from './world.ts';
import { pod, review } from './world_admission.ts';
import { BASIC, type GateWorld, LAYER_TYPE, makeGateWorld, randomBytes } from './world_gate.ts';
import { signerOf, signWith } from './world_policies.ts';

const PLACES = [
  'the image manifest',
  'the signature manifest',
  'the list of referrers',
  'the token service',
  'the blob host',
  'the log',
] as const;
export type Place = (typeof PLACES)[number];

/** What an endpoint answers about an image, in a common form. */
export interface Said {
  /** `passed`: verified, allowed, or passed through completely. `broken`: a transfer that broke off. */
  outcome: 'passed' | 'refused' | 'undecided' | 'broken';
  /** The code of the whole answer. */
  code: string;
}

export interface FaultWorld extends GateWorld {
  /** Makes this place fail in this way from now on; without arguments nothing fails any more. */
  fail(place?: Place, fault?: Fault): void;
  /** The endpoints by name. @param timeout ends what would never end by itself */
  endpoints: Record<string, (timeout?: string) => Promise<Said>>;
}

/** A signed image behind a token service, with its blobs on another host. Every verdict asks the log, and nothing is cached. */
export async function makeFaultWorld(t: TestContext): Promise<FaultWorld> {
  const world = await makeGateWorld(t, {
    auth: { kind: 'token', realm: 'https://auth.example/token' },
    rules: [{ name: 'ours', require: { keys: ['a'], transparency: 'online' } }],
    vars: { CACHE_SECONDS: '0' },
  });
  const image = await pushFile(world);
  world.registry.referrers = {};
  let failing: { place?: Place; fault?: Fault } = {};
  const at = (place: Place, request: Request, truth: () => Promise<Response>) =>
    failing.place === place && failing.fault !== undefined ? FAULTS[failing.fault](request, truth) : truth();
  serve(world, signatureTag(image.digest), at);
  const all = endpoints(world, image);
  equal(await all['gate: manifest by tag']?.(), { outcome: 'passed', code: 'VERIFIED' }, 'admits the layer');
  return {
    ...world,
    endpoints: all,
    fail(place, fault) {
      world.registry.expireTokens();
      failing = place === undefined || fault === undefined ? {} : { place, fault };
    },
  };
}

interface PushedFile {
  digest: string;
  tag: string;
  file: string;
}

/** An artifact with one file, signed by `a`. */
async function pushFile(world: GateWorld): Promise<PushedFile> {
  const tag = randomHex(4);
  const config = await imageConfig(tag);
  const file = await content(randomBytes(2000), LAYER_TYPE);
  const layer = { ...descriptor(file), annotations: { 'org.opencontainers.image.title': 'file' } };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(config),
    layers: [layer],
  };
  const image = await content(manifest, MANIFEST_TYPE);
  for (const blob of [config, file]) world.registry.push(REPOSITORY, blob);
  world.registry.push(REPOSITORY, image, tag);
  await signWith(world, image, [signerOf(world.signers, 'a')]);
  return { digest: image.digest, tag, file: file.digest };
}

/** Every place answers through `at`. The registry redirects blobs to another host, as large registries do. */
function serve(
  { registry, log, upstream }: GateWorld,
  signatures: string,
  at: (place: Place, request: Request, truth: () => Promise<Response>) => Response | Promise<Response>,
): void {
  const blobs = new Map<string, Response>();
  registry.lie = async ({ what, reference, request }, truth) => {
    if (what === 'token') return at('the token service', request, truth);
    if (what === 'blob') return sendOn(await truth(), reference, blobs);
    if (reference === signatures) return at('the signature manifest', request, truth);
    const isListing = what === 'referrers' || reference === signatures.replace('.sig', '');
    return at(isListing ? 'the list of referrers' : 'the image manifest', request, truth);
  };
  upstream.hosts['auth.example'] = registry.handle;
  upstream.hosts['blobs.example'] = (request) => {
    const { pathname } = new URL(request.url);
    const truth = async () => (blobs.get(pathname.slice(1)) ?? new Response('', { status: 404 })).clone();
    return at('the blob host', request, truth);
  };
  upstream.hosts[log.name] = (request) => at('the log', request, async () => log.handle(request));
}

function sendOn(answer: Response, digest: string, blobs: Map<string, Response>): Response {
  if (answer.status !== 200) return answer;
  blobs.set(digest, answer);
  return new Response('', { status: 307, headers: { location: `https://blobs.example/${digest}` } });
}

function endpoints(world: GateWorld, { digest, tag, file }: PushedFile): FaultWorld['endpoints'] {
  const { service, registry, name } = world;
  const call = (method: string, path: string, timeout?: string, options: CallOptions = {}) => {
    const query = timeout === undefined ? '' : `${path.includes('?') ? '&' : '?'}timeout=${timeout}`;
    return service.call(method, path + query, { as: 'admin', ...options }).catch(() => undefined);
  };
  const byTag = `${name}:${tag}`;
  const admission = { json: review(pod(byTag)) };
  const gatekeeper = {
    json: {
      apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
      kind: 'ProviderRequest',
      request: { keys: [byTag] },
    },
  };
  const batch = { json: { items: [{ image: byTag }] } };
  const gate = (path: string, timeout?: string) =>
    call('GET', `/v2/${registry.host}/app/${path}`, timeout, { as: BASIC });
  return {
    'verify by tag': async (timeout) => headerSaid(await call('GET', `/v1/verify/${byTag}`, timeout)),
    'verify by digest': async (timeout) =>
      headerSaid(await call('GET', `/v1/verify/${name}@${digest}`, timeout)),
    'verify, posted': async (timeout) =>
      headerSaid(await call('POST', '/v1/verify', timeout, { json: { image: byTag } })),
    batch: async (timeout) => itemSaid(await call('POST', '/v1/verify/batch', timeout, batch)),
    admission: async (timeout) => reviewSaid(await call('POST', '/v1/admission/default', timeout, admission)),
    'admission, mutating': async (timeout) =>
      reviewSaid(await call('POST', '/v1/admission/default/mutate', timeout, admission)),
    Gatekeeper: async (timeout) =>
      providerSaid(await call('POST', '/v1/gatekeeper/default', timeout, gatekeeper)),
    'gate: manifest by tag': async (timeout) => headerSaid(await gate(`manifests/${tag}`, timeout)),
    'gate: manifest by digest': async (timeout) => headerSaid(await gate(`manifests/${digest}`, timeout)),
    'gate: layer': async (timeout) => headerSaid(await gate(`blobs/${file}`, timeout)),
    download: async (timeout) => headerSaid(await call('GET', `/v1/download/${byTag}?title=file`, timeout)),
  };
}

const BROKEN: Said = { outcome: 'broken', code: '' };

function headerSaid(answer: Answer | undefined): Said {
  if (answer === undefined) return BROKEN;
  const { status, headers, json } = answer;
  const verdict = headers.get('countersign-verdict');
  const code = headers.get('countersign-code') ?? json?.code ?? json?.errors?.[0]?.detail?.code;
  if (status === 200) return { outcome: 'passed', code: code ?? String(verdict).toUpperCase() };
  return { outcome: verdict === 'undecided' ? 'undecided' : 'refused', code };
}

function itemSaid(answer: Answer | undefined): Said {
  const [result] = answer?.json.results ?? [];
  return { outcome: result.verdict === 'verified' ? 'passed' : result.verdict, code: result.code };
}

/** The message of a denial begins with the code; the status tells whether it was a verdict. */
function reviewSaid(answer: Answer | undefined): Said {
  const { allowed, status } = answer?.json.response ?? {};
  if (allowed === true) return { outcome: 'passed', code: 'VERIFIED' };
  return { outcome: status.code === 403 ? 'refused' : 'undecided', code: codeIn(status.message) };
}

function providerSaid(answer: Answer | undefined): Said {
  const { items, systemError } = answer?.json.response ?? {};
  const [item] = items;
  if (item === undefined) return { outcome: 'undecided', code: codeIn(systemError) };
  if (item.error === '') return { outcome: 'passed', code: 'VERIFIED' };
  return { outcome: 'refused', code: codeIn(item.error) };
}

function codeIn(message: string): string {
  return /\b[A-Z]+(?:_[A-Z]+)+\b/.exec(message)?.[0] ?? message;
}
