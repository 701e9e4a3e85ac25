// What the real cosign signed, attested and judged (test/vectors, made by `npm run vectors`): the service gives cosign's verdict except
// where it differs on purpose, and format=cosign prints what cosign printed.
import { utf8 } from '../../support/bytes.ts';
import { makeRegistry } from '../../support/fake_registry.ts';
import { startService } from '../../support/service.ts';
import { content } from '../../support/sign_image.ts';
import { installUpstream } from '../../support/upstream.ts';
import { equal, ok } from '../support/assert.ts';
import {
  type Asked,
  askService,
  type Call,
  DIFFERENT,
  type VectorQuestion,
} from '../support/vector_service.ts';
import { type TestContext, test } from '../table.ts';

interface Vector extends VectorQuestion {
  name: string;
  digest: string;
  blob?: { artifact: string; bundle: string };
  cosign: { exitCode: number; stdout: string; reason: string };
}

interface Files {
  host: string;
  keys: Record<string, string>;
  logs: { url: string; version: number; publicKey: string }[];
  vectors: Vector[];
}

/** The service with a registry that holds all vectors, whose keys and logs are trusted. */
async function replay(t: TestContext): Promise<{ files: Files; call: Call }> {
  const files: Files = t.json('vectors/vectors.json');
  const registry = makeRegistry({ host: files.host });
  for (const { mediaType, digest, annotations } of t.json('vectors/layout/index.json').manifests) {
    const [repository = '', tag] = annotations['org.opencontainers.image.ref.name'].split(':');
    const text = blobText(t, digest);
    registry.push(repository, await content(utf8(text), mediaType), tag);
    const { config, layers = [] } = JSON.parse(text);
    for (const blob of [...(config === undefined ? [] : [config]), ...layers])
      registry.push(repository, await content(utf8(blobText(t, blob.digest)), blob.mediaType));
  }
  const upstream = installUpstream({ [files.host]: registry.handle });
  t.after(upstream.restore);
  const service = startService(t.worker, {
    REGISTRIES: files.host,
    INSECURE_REGISTRIES: files.host,
    ACCESS: 'open',
  });
  for (const [at, { url, version, publicKey }] of files.logs.entries()) {
    const json = { url, version, publicKey, validFrom: '2020-01-01T00:00:00Z' };
    equal((await service.call('PUT', `/v1/logs/log-${at}`, { as: 'admin', json })).status, 201);
  }
  return {
    files,
    call: async (method, path, json) => {
      const [, id = ''] = /[?&]key=([\w-]+)/.exec(path) ?? [];
      const [name = '', terms] = id.split('-unlogged');
      const body = {
        publicKey: files.keys[name],
        ...(terms !== undefined && { transparency: 'unsafe-none' }),
      };
      await service.call('DELETE', `/v1/keys/${name}`, { as: 'admin' });
      await service.call('DELETE', `/v1/keys/${name}-unlogged`, { as: 'admin' });
      equal((await service.call('PUT', `/v1/keys/${id}`, { as: 'admin', json: body })).status, 201);
      return service.call(method, path, json === undefined ? {} : { json });
    },
  };
}

function blobText(t: TestContext, digest: string): string {
  return t.text(`vectors/layout/blobs/sha256/${digest.slice('sha256:'.length)}`);
}

function asked({ host }: Files, vector: Vector): Asked {
  return { ...vector, name: `${host}/${vector.name}` };
}

test('every cosign vector gets cosign’s verdict, or a listed reason why not', async (t) => {
  const { files, call } = await replay(t);
  ok(files.vectors.length >= 80, `${files.vectors.length} vectors`);
  const names = files.vectors.map(({ name }) => name);
  equal(
    Object.keys(DIFFERENT).filter((name) => !names.includes(name)),
    [],
    'listed differences without a vector',
  );
  for (const vector of files.vectors) {
    const answer = await askService(call, asked(files, vector));
    const isGood = vector.cosign.exitCode === 0;
    const different = DIFFERENT[vector.name];
    const wanted = different === undefined ? isGood : different.code === 'VERIFIED';
    equal(
      [answer.status, answer.json.verdict],
      wanted ? [200, 'verified'] : [403, 'refused'],
      `${vector.name}: ${answer.text.slice(0, 1500)}`,
    );
    if (different !== undefined) {
      equal(answer.json.code, different.code, vector.name);
      equal(isGood, !wanted, `${vector.name} is listed as a difference but does not differ`);
    }
  }
});

test('format=cosign prints what the real cosign printed, field by field', async (t) => {
  const { files, call } = await replay(t);
  let compared = 0;
  for (const vector of files.vectors.filter(
    ({ cosign, ask }) => cosign.exitCode === 0 && ask !== 'blob' && ask !== 'blob-attestation',
  )) {
    if (DIFFERENT[vector.name] !== undefined) continue;
    const answer = await askService(call, asked(files, vector), 'cosign');
    const lines = (text: string) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    equal(lines(answer.text), lines(vector.cosign.stdout), vector.name);
    const text = vector.ask === 'image' ? `\n${answer.text}` : answer.text;
    equal(text, vector.cosign.stdout, `${vector.name}, exactly`);
    compared++;
  }
  ok(compared >= 30, `${compared} compared`);
});
