// A world for one case: a service, a registry with a signed image, a trusted log, and the network between them.
// Every world has its own host names, so that nothing cached by a runtime between cases can matter.
import { randomHex } from '../../support/bytes.ts';
import { type FakeLog, makeLog } from '../../support/fake_log.ts';
import { type FakeRegistry, makeRegistry, type RegistryOptions } from '../../support/fake_registry.ts';
import { type Algorithm, makeKey, type Signer } from '../../support/keys.ts';
import { type Answer, type CallOptions, type Service, startService } from '../../support/service.ts';
import {
  type Content,
  logBody,
  makeImage,
  type PayloadOptions,
  payloadFor,
  type SignedLayer,
  signPayload,
} from '../../support/sign_image.ts';
import { installUpstream, type Upstream } from '../../support/upstream.ts';
import type { TestContext } from '../table.ts';
import { equal } from './assert.ts';
import { LOGGED_AT } from './harness.ts';

export interface WorldOptions {
  auth?: RegistryOptions['auth'];
  /** Settings in addition to the usual ones; a function receives the host names. */
  vars?: Record<string, unknown> | ((hosts: { registry: string; log: string }) => Record<string, unknown>);
  algorithm?: Algorithm;
  payload?: PayloadOptions;
  /** The terms under which the administrator stores the key. */
  terms?: Record<string, unknown>;
  /** Whether the image is left without a signature. */
  unsigned?: boolean;
}

export interface World {
  service: Service;
  registry: FakeRegistry;
  log: FakeLog;
  upstream: Upstream;
  signer: Signer;
  image: Content;
  layer: SignedLayer;
  /** `host/app`. */
  name: string;
  /** `host/app@sha256:…`. */
  byDigest: string;
  /** GET /v1/verify/…, by default with key=release. */
  verify(reference?: string, query?: string, options?: CallOptions): Promise<Answer>;
}

export const REPOSITORY = 'app';

export async function makeWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const id = randomHex(5);
  const { auth } = options;
  const registry = makeRegistry({ host: `r-${id}.example`, ...(auth !== undefined && { auth }) });
  const log = await makeLog({ name: `log-${id}.example` });
  const signer = await makeKey(options.algorithm ?? 'P-256');
  const upstream = installUpstream({
    [registry.host]: registry.handle,
    [log.name]: (request) => log.handle(request),
  });
  t.after(upstream.restore);
  const { vars: given } = options;
  const vars = typeof given === 'function' ? given({ registry: registry.host, log: log.name }) : given;
  const service = startService(t.worker, { REGISTRIES: registry.host, ACCESS: 'open', ...vars });
  const image = await makeImage(id);
  registry.push(REPOSITORY, image, '1');
  const layer = await logged(log, signer, payloadFor(image.digest, options.payload));
  if (options.unsigned !== true) await registry.sign(REPOSITORY, image.digest, [layer]);
  await trustLog(service, log);
  await trustKey(service, 'release', signer, options.terms);
  const name = `${registry.host}/${REPOSITORY}`;
  return {
    service,
    registry,
    log,
    upstream,
    signer,
    image,
    layer,
    name,
    byDigest: `${name}@${image.digest}`,
    verify: (reference = `${name}:1`, query = 'key=release', call = {}) =>
      service.get(`/v1/verify/${reference}?${query}`, call),
  };
}

/** A logged signature with its entry, as cosign pushes it. */
export async function logged(
  log: FakeLog,
  signer: Signer,
  payload: Uint8Array<ArrayBuffer>,
): Promise<SignedLayer> {
  const layer = await signPayload(signer, payload);
  const kind = signer.algorithm === 'ed25519' ? 'rekord' : 'hashedrekord';
  const { entry } = await log.append(await logBody(kind, layer, signer), LOGGED_AT);
  return { ...layer, bundle: log.annotation(entry) };
}

export async function trustLog(service: Service, log: FakeLog, id = 'fake'): Promise<void> {
  const terms = { url: log.url, publicKey: log.signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  const { status, text } = await service.call('PUT', `/v1/logs/${id}`, { as: 'admin', json: terms });
  equal(status, 201, `PUT /v1/logs/${id}: ${text}`);
}

export async function trustKey(
  service: Service,
  id: string,
  signer: Pick<Signer, 'pem'>,
  terms: object = {},
): Promise<void> {
  const json = { publicKey: signer.pem, ...terms };
  const { status, text } = await service.call('PUT', `/v1/keys/${id}`, { as: 'admin', json });
  equal(status, 201, `PUT /v1/keys/${id}: ${text}`);
}

/** Asserts the code, and that verdict, status and header agree with it. */
export function expectVerdict(answer: Answer, status: number, code: string, what = 'the answer'): void {
  const verdict = status === 200 ? 'verified' : status === 403 ? 'refused' : 'undecided';
  equal(
    [answer.status, answer.json?.code, answer.json?.verdict, answer.headers.get('countersign-verdict')],
    [status, code, verdict, verdict],
    `${what}: ${answer.text.slice(0, 600)}`,
  );
}

/** Asserts a refusal whose only signature has this code. */
export function expectSignature(answer: Answer, code: string, what = 'the answer'): void {
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE', what);
  equal(
    answer.json.signatures.map((one: { code: string }) => one.code),
    [code],
    what,
  );
}

export function expectProblem(answer: Answer, status: number, code: string, what = 'the answer'): void {
  equal(
    [answer.status, answer.json?.code, answer.json?.status],
    [status, code, status],
    `${what}: ${answer.text.slice(0, 600)}`,
  );
  equal(answer.headers.get('content-type'), 'application/problem+json', `${what}: Content-Type`);
  for (const field of ['type', 'title', 'detail', 'instance']) {
    equal(typeof answer.json[field], 'string', `${what}: ${field}`);
  }
  equal(typeof answer.json.retryable, 'boolean', `${what}: retryable`);
  if (status < 500) equal(answer.json.retryable, status === 429, `${what}: retryable`);
  equal(answer.json.instance, answer.headers.get('x-request-id'), `${what}: instance`);
}
