// A Worker has 128 MB, and when one request takes more, all of them end. Evidence that takes many times its bytes once it is parsed must
// not do that. The bundle runs on Deno with a heap of that size; bytes that were read, but not parsed, are outside of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/paths.ts';
import { type Service, startService } from '../../scripts/service/service.ts';
import { attach, tagAttestations } from '../support/artifacts.ts';
import { bundle, envelope } from '../support/bundles.ts';
import { utf8 } from '../support/bytes.ts';
import { makeKey, type Signer } from '../support/keys.ts';
import {
  type Content,
  content,
  INDEX_TYPE,
  MANIFEST_TYPE,
  makeImage,
  payloadFor,
  signPayload,
} from '../support/sign_image.ts';
import { type ServedRegistry, serveRegistry } from './support/served_registry.ts';

const ADMIN_TOKEN = 'e2e-admin-token-0123456789abcdef';
const TYPE = 'https://spdx.dev/Document';
const [trusted, stranger] = [makeKey(), makeKey()];
/** As many as one request reads, at 1.8 MB each. */
const MANY = 16;
const OBJECTS = 450_000;

/** JSON that takes three bytes for each object, and sixty once it is parsed. */
const empty = (count: number) => `[${'{},'.repeat(count)}0]`;

const statement = ({ digest }: Content, predicate: string, at: number) =>
  utf8(
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"${at}","digest":{"sha256":"${digest.slice(7)}"}}],` +
      `"predicateType":"${TYPE}","predicate":${predicate}}`,
  );

let registry: ServedRegistry;
let service: Service;
let ended: string | undefined;

beforeAll(async () => {
  registry = await serveRegistry();
  registry.referrers = {};
  const settings = {
    ADMIN_TOKEN,
    REGISTRIES: registry.host,
    INSECURE_REGISTRIES: registry.host,
    DENO_V8_FLAGS: '--max-old-space-size=128',
  };
  service = await startService('deno', { bundle: BUNDLE, settings });
  service.ended.then((how) => {
    ended = how;
  });
  const stored = await ask('/v1/keys/release', {
    method: 'PUT',
    body: JSON.stringify({ publicKey: (await trusted).pem, transparency: 'unsafe-none' }),
  });
  expect(stored.status).toBe(201);
  const good = await makeImage('good');
  registry.push('good', good, '1');
  await registry.sign('good', good.digest, [await signPayload(await trusted, payloadFor(good.digest))]);
});

afterAll(async () => {
  await service?.stop();
  await registry?.stop();
});

function ask(path: string, more: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
  return fetch(service.url + path, { headers, ...more });
}

/** Verifies an image by tag, and then one that is good: the service must still be there. */
async function verify(
  repository: string,
  query = '',
): Promise<{ status: number; code: string; length: number }> {
  const answers = [];
  for (const [image, more] of [
    [repository, query],
    ['good', ''],
  ]) {
    const response = await ask(`/v1/verify/${registry.host}/${image}:1?key=release${more}`);
    const text = await response.text();
    answers.push({ status: response.status, code: JSON.parse(text).code, length: text.length });
  }
  const [answer, good] = answers as [(typeof answers)[0], (typeof answers)[0]];
  expect(good).toMatchObject({ status: 200, code: 'VERIFIED' });
  expect(ended).toBeUndefined();
  return answer;
}

async function makeAttested(repository: string, signer: Promise<Signer>): Promise<void> {
  const image = await makeImage(repository);
  registry.push(repository, image, '1');
  const layers = Array.from({ length: MANY }, async (_, at) => {
    const signed = await envelope(await signer, statement(image, empty(OBJECTS), at));
    return { envelope: utf8(JSON.stringify(signed)) };
  });
  await tagAttestations(registry, repository, image, await Promise.all(layers));
}

test('attestations by a stranger, of several images at once', async () => {
  const repositories = ['strange-1', 'strange-2', 'strange-3'];
  for (const repository of repositories) await makeAttested(repository, stranger);
  const answers = await Promise.all(repositories.map((one) => verify(one, `&attestation=${TYPE}`)));
  for (const answer of answers) expect(answer).toMatchObject({ status: 403, code: 'NO_TRUSTED_SIGNATURE' });
});

test('attestations by a trusted key, with their predicates', async () => {
  await makeAttested('attested', trusted);
  const answer = await verify('attested', `&attestation=${TYPE}&include=predicate`);
  expect(answer).toMatchObject({ status: 200, code: 'VERIFIED' });
  expect(answer.length).toBeGreaterThan(3 * OBJECTS);
});

test('bundles, as referrers', async () => {
  for (const repository of ['bundles-1', 'bundles-2']) {
    const image = await makeImage(repository);
    registry.push(repository, image, '1');
    for (let at = 0; at < MANY; at++) {
      const dsseEnvelope = await envelope(await stranger, statement(image, empty(OBJECTS), at));
      await attach(registry, repository, image, utf8(JSON.stringify(bundle({ content: { dsseEnvelope } }))));
    }
    expect((await verify(repository, `&attestation=${TYPE}`)).status).toBe(403);
  }
});

test('payloads with annotations', async () => {
  for (const repository of ['payloads-1', 'payloads-2', 'payloads-3']) {
    const image = await makeImage(repository);
    registry.push(repository, image, '1');
    const layers = Array.from({ length: 25 }, async (_, at) => {
      const payload = payloadFor(image.digest, { optional: { at, a: 'HERE' } });
      const filled = utf8(new TextDecoder().decode(payload).replace('"HERE"', empty(80_000)));
      return signPayload(await stranger, filled);
    });
    await registry.sign(repository, image.digest, await Promise.all(layers));
    expect((await verify(repository)).status).toBe(403);
  }
});

test('manifests and lists', async () => {
  const image = await makeImage('lists');
  registry.push('lists', image, '1');
  const text = (fields: string) => utf8(`{"schemaVersion":2,"mediaType":"${INDEX_TYPE}",${fields}}`);
  const long = await content(text(`"manifests":${empty(1_300_000)}`), INDEX_TYPE);
  registry.push('lists', long, image.digest.replace(':', '-'));
  delete registry.referrers;
  expect((await verify('lists')).status).toBe(502);
  const annotated = await content(text(`"manifests":[],"annotations":${empty(1_300_000)}`), INDEX_TYPE);
  registry.push('annotated', annotated, '1');
  expect((await verify('annotated')).status).toBeGreaterThanOrEqual(403);
});

/** An object with that many names, all different. */
const named = (count: number) => `{${Array.from({ length: count }, (_, at) => `"${at.toString(36)}_":0`)}}`;

test('request bodies', async () => {
  const bodies = {
    '/v1/policies/test': `{"policy":{"rules":[]},"images":${empty(OBJECTS)}}`,
    '/v1/policies/test?': `{"policy":{"rules":${empty(OBJECTS)}},"images":["example.org/a"]}`,
    '/v1/policies/test??': `{"policy":${named(990_000)},"images":["example.org/a"]}`,
    '/v1/policies/test???': `{"policy":${named(499_000)},"images":["example.org/a"]}`,
    '/v1/verify/batch': `{"items":${empty(OBJECTS)}}`,
    '/v1/admission/default': `{"kind":"AdmissionReview","request":${empty(OBJECTS)}}`,
  };
  for (const [path, body] of Object.entries(bodies))
    expect((await ask(path, { method: 'POST', body })).status, path).toBe(400);
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('evidence that is sent, with an escape, so that it is read character by character', async () => {
  const nested = `[${`${'['.repeat(60)}${']'.repeat(60)},`.repeat(16_000)}0]`;
  for (const value of [
    nested,
    `[${'[0],'.repeat(499_000)}0]`,
    `"${'\\n'.repeat(4_000_000)}"`,
    named(499_000),
  ]) {
    const body = `{"\\u0061":0,"mediaType":${value}}`;
    const answer = await ask(`/v1/verify/sha256:${'a'.repeat(64)}?key=release`, { method: 'POST', body });
    expect(answer.status).toBe(403);
  }
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('manifests as YAML', async () => {
  const pod = `apiVersion: v1\nkind: Pod\nspec: {containers: [${'{image: *a},'.repeat(900)}]}\n`;
  const bodies = {
    [`a: [${'[],'.repeat(1_300_000)}]`]: 400,
    [`a: [${'"a":,'.repeat(800_000)}]`]: 400,
    ['- \n'.repeat(1_300_000)]: 400,
    ['---\n'.repeat(1_000_000)]: 400,
    [`a: &a ${'a'.repeat(1_000_000)}\n${pod}`]: 413,
  };
  for (const [body, status] of Object.entries(bodies)) {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/yaml' };
    const answer = await ask('/v1/verify/batch?key=release', { method: 'POST', body, headers });
    expect(answer.status, body.slice(0, 10)).toBe(status);
  }
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('lists of a registry that the gate passes on, several at once', async () => {
  registry.lie = ({ what, request }, truth) =>
    what === 'other' && request.url.endsWith('/tags/list')
      ? new Response(`{"\\u0061":0,"tags":[${'{},'.repeat(490_000)}0]}`)
      : truth();
  const path = `/v2/${registry.host.replace(':', '__')}/listed/tags/list`;
  const lists = await Promise.all(Array.from({ length: 6 }, () => ask(path)));
  for (const list of lists) {
    expect(list.status).toBe(200);
    await list.body?.cancel();
  }
  delete registry.lie;
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('indexes through the gate, several at once', async () => {
  const policy = { rules: [{ name: 'all', match: ['**'], require: { keys: ['release'] } }] };
  await ask('/v1/policies/default', { method: 'PUT', body: JSON.stringify(policy) });
  const text = (fields: string) => utf8(`{"schemaVersion":2,"mediaType":"${INDEX_TYPE}",${fields}}`);
  const list = await content(text(`"manifests":[${'{},'.repeat(490_000)}{}]`), INDEX_TYPE);
  const annotated = await content(text(`"manifests":[],"x":${empty(490_000)}`), INDEX_TYPE);
  const tag = `sha256-${'0'.repeat(64)}`;
  registry.push('indexes', list, tag);
  registry.push('indexes', annotated, 'annotated');
  const path = (name: string) => `/v2/${registry.host.replace(':', '__')}/indexes/manifests/${name}`;
  const pulls = [...Array(16).fill(tag), ...Array(8).fill('annotated')].map((name) => ask(path(name)));
  const statuses = (await Promise.all(pulls)).map(({ status }) => status);
  // The list has more artifacts than are looked at.
  expect(statuses).toEqual([...Array(16).fill(503), ...Array(8).fill(403)]);
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('indexes, for a platform, and pages of referrers, several at once', async () => {
  const entry = (more: string) =>
    `{"mediaType":"${MANIFEST_TYPE}","digest":"sha256:${'a'.repeat(64)}","size":1${more}}`;
  const entries = `"manifests":[${entry(`,"annotations":${empty(490_000)}`)}]`;
  const text = `{"\\u0061":0,"schemaVersion":2,"mediaType":"${INDEX_TYPE}",${entries}}`;
  registry.push('index', await content(utf8(text), INDEX_TYPE), '1');
  const item = { image: `${registry.host}/index:1`, keys: ['release'] };
  const items = Array.from({ length: 30 }, (_, at) => ({ ...item, platform: `linux/a${at}` }));
  const answer = await ask('/v1/verify/batch', { method: 'POST', body: JSON.stringify({ items }) });
  expect((await answer.text()).match(/IMAGE_NOT_FOUND/g)?.length).toBeGreaterThan(10);
  const image = await makeImage('paged');
  registry.push('paged', image, '1');
  registry.referrers = {};
  registry.lie = ({ what }, truth) => {
    const link = `</v2/paged/referrers/${image.digest}?n=1>; rel="next"`;
    return what === 'referrers'
      ? new Response(text, { headers: { 'content-type': INDEX_TYPE, link } })
      : truth();
  };
  const path = `/v1/verify/${registry.host}/paged:1?key=release`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(path)));
  for (const paged of answers) expect(await paged.json()).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  delete registry.lie;
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('an attestation that many items of a batch show', async () => {
  const image = await makeImage('shown');
  registry.push('shown', image, '1');
  const signed = await envelope(await trusted, statement(image, `"${'a'.repeat(5_000_000)}"`, 0));
  await tagAttestations(registry, 'shown', image, [{ envelope: utf8(JSON.stringify(signed)) }]);
  const item = { image: `${registry.host}/shown:1`, keys: ['release'], attestation: { type: TYPE } };
  const body = JSON.stringify({ items: Array(200).fill(item) });
  const answer = await ask('/v1/verify/batch?include=predicate', { method: 'POST', body });
  const { results } = JSON.parse(await answer.text());
  const codes = results.map(({ code }: { code: string }) => code);
  expect(codes.filter((code: string) => code === 'VERIFIED')).toHaveLength(3);
  expect(codes.filter((code: string) => code === 'LIMIT_EXCEEDED')).toHaveLength(197);
  expect(await verify('good')).toMatchObject({ status: 200 });
});

test('evidence that is remembered, without the manifests that it came with', async () => {
  const padding = '\u4e61'.repeat(1_300_000);
  registry.lie = async ({ reference, what }, truth) => {
    const answer = await truth();
    if (what !== 'manifest' || !reference.endsWith('.sig') || !answer.ok) return answer;
    const padded = (await answer.text()).replace('{', `{"annotations":{"\\u0061":"${padding}"},`);
    return new Response(padded, { headers: { 'content-type': MANIFEST_TYPE } });
  };
  for (let at = 0; at < 80; at++) {
    const image = await makeImage(`kept-${at}`);
    registry.push('kept', image, '1');
    await registry.sign('kept', image.digest, [await signPayload(await stranger, payloadFor(image.digest))]);
    const answer = await ask(`/v1/verify/${registry.host}/kept:1?key=release`);
    expect(answer.status).toBe(403);
    await answer.text();
  }
  delete registry.lie;
  expect(await verify('good')).toMatchObject({ status: 200 });
});
