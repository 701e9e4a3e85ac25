// The client of one repository: its requests, the meaning of each status, and how it answers challenges.
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { utf8 } from '../../src/core/encoding/bytes.ts';
import type { Egress } from '../../src/egress/egress.ts';
import type { EgressRequest } from '../../src/egress/request.ts';
import { createAuthorizationMemory } from '../../src/registry/authorization.ts';
import { openRepository } from '../../src/registry/client.ts';
import type { Credential } from '../../src/registry/credentials.ts';
import { MANIFEST_ACCEPT, MAX_MANIFEST_BYTES } from '../../src/registry/manifest.ts';

const ORIGIN = 'https://registry.example';
const DIGEST = `sha256:${'ab'.repeat(32)}` as Digest;
const BASIC = { 'www-authenticate': 'Basic realm="r"' };
const CREDENTIAL: Credential = { username: 'user', password: 'pass' };

interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
  isSameOrigin?: boolean;
}

/** @param answers in order, or by the Authorization header of the request */
function fakeWorld(answers: Answer[] | ((request: EgressRequest) => Answer | Promise<Answer>)) {
  const asked: EgressRequest[] = [];
  /** Indexes of the answers whose body was cancelled. */
  const cancelled: number[] = [];
  let isStuck = false;
  const failToCancel = () => {
    isStuck = true;
  };
  const answer = async (request: EgressRequest) => {
    asked.push(request);
    const given =
      typeof answers === 'function' ? await answers(request) : (answers[asked.length - 1] as Answer);
    const { status, body = '', headers, isSameOrigin = true } = given;
    return { status, headers: new Headers(headers), body, isSameOrigin };
  };
  const egress = {
    send: async (request: EgressRequest) => {
      const { body, ...rest } = await answer(request);
      return { ...rest, body: utf8(body) };
    },
    open: async (request: EgressRequest) => {
      const at = asked.length;
      const { body, ...rest } = await answer(request);
      return {
        ...rest,
        body: streamOf(body, () => {
          if (isStuck) throw new TypeError('the connection is gone');
          cancelled.push(at);
        }),
      };
    },
  } as unknown as Egress;
  const memory = createAuthorizationMemory();
  const open = (credential?: Credential) =>
    openRepository(
      {
        egress,
        policy: { registries: new Set(['registry.example']), anyPublicRegistry: false, insecure: new Set() },
        memory,
        credentials: new Map(credential === undefined ? [] : [['registry.example', credential]]),
        now: () => 1_000_000,
      },
      'registry.example',
      'a/b',
    );
  return { asked, cancelled, failToCancel, open, repository: open() };
}

/** The text as a stream that reports when it is cancelled. */
function streamOf(text: string, cancelled: () => void): ReadableStream<Uint8Array> {
  let rest: Uint8Array | undefined = utf8(text);
  return new ReadableStream(
    {
      pull(controller) {
        if (rest === undefined) return controller.close();
        controller.enqueue(rest);
        rest = undefined;
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  );
}

const usual = { service: 'registry', named: new Set([ORIGIN]), redirects: 'follow' };

describe('a manifest', () => {
  test('is requested in every supported type, and returned with its media type', async () => {
    const { asked, repository } = fakeWorld([
      { status: 200, body: '{}', headers: { 'content-type': 'x/y' } },
    ]);
    expect(await repository.manifest('v1', 'manifest of the tag')).toEqual({
      bytes: utf8('{}'),
      contentType: 'x/y',
    });
    expect(asked).toEqual([
      {
        ...usual,
        step: 'manifest of the tag',
        url: `${ORIGIN}/v2/a/b/manifests/v1`,
        headers: { accept: MANIFEST_ACCEPT },
        maxBytes: MAX_MANIFEST_BYTES,
      },
    ]);
  });

  test('that the registry does not have is undefined, not an error', async () => {
    expect(await fakeWorld([{ status: 404 }]).repository.manifest('v1', 'm')).toBeUndefined();
  });

  test.each([
    [204, 'REGISTRY_MALFORMED', false],
    [400, 'REGISTRY_MALFORMED', false],
    [405, 'REGISTRY_MALFORMED', false],
    [401, 'REGISTRY_UNAUTHORIZED', false],
    [403, 'REGISTRY_UNAUTHORIZED', false],
    [429, 'REGISTRY_RATE_LIMITED', true],
    [503, 'REGISTRY_UNAVAILABLE', true],
  ])('answered with %s is undecided: %s', async (status, code, retryable) => {
    await expect(fakeWorld([{ status }]).repository.manifest('v1', 'm')).rejects.toMatchObject({
      code,
      retryable,
      upstream: { host: 'registry.example', step: 'm' },
    });
  });
});

describe('a blob', () => {
  test('is requested by digest, and read up to the given size', async () => {
    const { asked, repository } = fakeWorld([{ status: 200, body: 'blob' }]);
    expect(await repository.blob(DIGEST, 17, 'payload')).toEqual(utf8('blob'));
    expect(asked).toEqual([
      { ...usual, step: 'payload', url: `${ORIGIN}/v2/a/b/blobs/${DIGEST}`, maxBytes: 17 },
    ]);
  });

  test('that is listed but missing is REGISTRY_MALFORMED', async () => {
    await expect(fakeWorld([{ status: 404 }]).repository.blob(DIGEST, 17, 'payload')).rejects.toMatchObject({
      code: 'REGISTRY_MALFORMED',
      message: expect.stringContaining('missing from the registry'),
    });
  });

  test('can be opened as a stream, and is undefined if it is missing', async () => {
    const own = new AbortController();
    const { asked, cancelled, repository } = fakeWorld([{ status: 200, body: 'blob' }, { status: 404 }]);
    const opened = await repository.openBlob(DIGEST, 'GET', own);
    expect(await new Response(opened?.body).text()).toBe('blob');
    expect(own.signal.aborted).toBe(false);
    expect(cancelled).toEqual([]);
    expect(await repository.openBlob(DIGEST, 'HEAD', own)).toBeUndefined();
    expect(own.signal.aborted).toBe(true);
    expect(asked.map(({ method, step }) => [method, step])).toEqual([
      ['GET', 'blob'],
      ['HEAD', 'blob'],
    ]);
  });
});

describe('the body of an answer that is not the blob', () => {
  test('is cancelled, so that it does not hold a connection during the transfer', async () => {
    const { cancelled, open } = fakeWorld([
      { status: 401, body: 'sign in', headers: BASIC },
      { status: 200, body: 'blob' },
      { status: 404, body: 'none' },
      { status: 503, body: 'down' },
    ]);
    const repository = open(CREDENTIAL);
    const opened = await repository.openBlob(DIGEST, 'GET', new AbortController());
    expect(await new Response(opened?.body).text()).toBe('blob');
    expect(cancelled).toEqual([0]);
    expect(await repository.openBlob(DIGEST, 'GET', new AbortController())).toBeUndefined();
    await expect(repository.openBlob(DIGEST, 'GET', new AbortController())).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
    expect(cancelled).toEqual([0, 2, 3]);
  });

  test('may fail to be cancelled, without effect', async () => {
    const { open, failToCancel } = fakeWorld([
      { status: 401, body: 'sign in', headers: BASIC },
      { status: 200, body: 'blob' },
    ]);
    failToCancel();
    const opened = await open(CREDENTIAL).openBlob(DIGEST, 'GET', new AbortController());
    expect(await new Response(opened?.body).text()).toBe('blob');
  });
});

describe('a list', () => {
  test.each([400, 404, 405, 406, 501])(
    'of referrers is undefined if the registry lacks the API (%s)',
    async (status) => {
      expect(await fakeWorld([{ status }]).repository.referrers(DIGEST, 'list')).toBeUndefined();
    },
  );

  test('of referrers that fails on a later page is an error', async () => {
    const { repository } = fakeWorld([{ status: 404 }]);
    await expect(
      repository.referrers(DIGEST, 'list', { next: '/v2/a/b/referrers/x?n=2' }),
    ).rejects.toMatchObject({ code: 'REGISTRY_MALFORMED' });
  });

  test('returns its next page, and whether the registry filtered the list', async () => {
    const link = `<?n=2>; rel="next"`;
    const filters = (value: string) => ({ 'content-type': 'x/y', link, 'oci-filters-applied': value });
    const { asked, repository } = fakeWorld([
      { status: 200, headers: filters(' artifactType ') },
      { status: 200, headers: filters('annotation') },
      { status: 200 },
    ]);
    const next = `/v2/a/b/referrers/${DIGEST}?n=2`;
    const page = { bytes: utf8(''), contentType: 'x/y', next };
    expect(await repository.referrers(DIGEST, 'list', { query: '?artifactType=c' })).toEqual({
      ...page,
      isFiltered: true,
    });
    expect(await repository.referrers(DIGEST, 'list')).toEqual(page);
    expect(await repository.referrers(DIGEST, 'list', { next })).toEqual({
      bytes: utf8(''),
      contentType: null,
    });
    expect(asked.map(({ url, headers }) => [url, headers])).toEqual(
      [`${DIGEST}?artifactType=c`, DIGEST, `${DIGEST}?n=2`].map((end) => [
        `${ORIGIN}/v2/a/b/referrers/${end}`,
        { accept: 'application/vnd.oci.image.index.v1+json' },
      ]),
    );
  });

  test('whose next page is on another origin is an error', async () => {
    const headers = { link: '<https://other.example/v2/a/b/tags/list?n=2>; rel="next"' };
    await expect(fakeWorld([{ status: 200, headers }]).repository.tags('')).rejects.toMatchObject({
      code: 'REGISTRY_MALFORMED',
      message: expect.stringContaining('list of tags'),
    });
  });

  test('of tags is undefined if the repository does not exist', async () => {
    const { asked, repository } = fakeWorld([{ status: 200, body: '{}' }, { status: 404 }]);
    expect(await repository.tags('?n=5')).toEqual({ bytes: utf8('{}'), contentType: null });
    expect(await repository.tags('')).toBeUndefined();
    expect(asked[0]).toMatchObject({ url: `${ORIGIN}/v2/a/b/tags/list?n=5`, step: 'list of tags' });
  });
});

describe('a challenge', () => {
  const isKnown = ({ authorization }: EgressRequest) => authorization === `Basic ${btoa('user:pass')}`;
  const priv = (request: EgressRequest) =>
    isKnown(request) ? { status: 200, body: 'blob' } : { status: 401, headers: BASIC };

  test('is answered once, and from then on the Authorization is sent at once', async () => {
    const { asked, open } = fakeWorld(priv);
    const repository = open(CREDENTIAL);
    expect(await repository.blob(DIGEST, 9, 'a')).toEqual(utf8('blob'));
    expect(await repository.blob(DIGEST, 9, 'b')).toEqual(utf8('blob'));
    expect(asked.map((request) => [request.step, isKnown(request)])).toEqual([
      ['a', false],
      ['a', true],
      ['b', true],
    ]);
  });

  test('that cannot be answered, or is repeated, is REGISTRY_UNAUTHORIZED', async () => {
    const anonymous = fakeWorld(priv);
    await expect(anonymous.repository.blob(DIGEST, 9, 'a')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    });
    expect(anonymous.asked).toHaveLength(1);
    const wrong = fakeWorld(() => ({ status: 401, headers: BASIC }));
    await expect(wrong.open(CREDENTIAL).blob(DIGEST, 9, 'a')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    });
    expect(wrong.asked).toHaveLength(2);
  });

  test('of a refused call is not remembered, so that the next call starts again', async () => {
    let isOpen = true;
    const { asked, open } = fakeWorld((request) => (isOpen ? priv(request) : { status: 403 }));
    const repository = open(CREDENTIAL);
    await repository.blob(DIGEST, 9, 'a');
    isOpen = false;
    await expect(repository.blob(DIGEST, 9, 'b')).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    isOpen = true;
    await repository.blob(DIGEST, 9, 'c');
    expect(asked.map((request) => [request.step, isKnown(request)])).toEqual([
      ['a', false],
      ['a', true],
      ['b', true],
      ['c', false],
      ['c', true],
    ]);
  });

  test('from a redirect’s target on another origin is not answered', async () => {
    const { asked, open } = fakeWorld(() => ({ status: 401, headers: BASIC, isSameOrigin: false }));
    await expect(open(CREDENTIAL).blob(DIGEST, 9, 'a')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: 'The a from registry.example was refused (401) by the host that it redirects to.',
    });
    expect(asked).toHaveLength(1);
  });

  test('is answered by one token for concurrent calls', async () => {
    const { asked, open } = fakeWorld(({ authorization, step }) => {
      if (step === 'registry token') return { status: 200, body: '{"token":"t"}' };
      if (authorization !== undefined) return { status: 200, body: 'blob' };
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${ORIGIN}/token"` } };
    });
    const repository = open();
    await Promise.all(['a', 'b', 'c'].map((step) => repository.blob(DIGEST, 9, step)));
    expect(asked.filter(({ step }) => step === 'registry token')).toHaveLength(1);
  });

  test('of a token that another request has left is answered by a new one, however often that happens', async () => {
    let accepted = 1;
    let tokens = 0;
    const { asked, open } = fakeWorld(({ authorization, step }) => {
      if (step === 'registry token') return { status: 200, body: `{"token":"t${++tokens}"}` };
      if (authorization === `Bearer t${accepted}`) return { status: 200, body: 'blob' };
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${ORIGIN}/token"` } };
    });
    await open().blob(DIGEST, 9, 'a');
    accepted = 2;
    const repository = open();
    await repository.blob(DIGEST, 9, 'b');
    accepted = 3;
    await repository.blob(DIGEST, 9, 'c');
    expect(asked.filter(({ step }) => step === 'registry token')).toHaveLength(3);
  });

  test.each([401, 403])('after a token refused with %i is answered by a new one', async (refusal) => {
    let tokens = 0;
    const { asked, repository } = fakeWorld(({ authorization, step }) => {
      if (step === 'registry token') return { status: 200, body: `{"token":"t${++tokens}"}` };
      if (authorization === 'Bearer t2') return { status: 200, body: 'blob' };
      const status = authorization === undefined ? 401 : refusal;
      return { status, headers: { 'www-authenticate': `Bearer realm="${ORIGIN}/token"` } };
    });
    await expect(repository.blob(DIGEST, 9, 'a')).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    await repository.blob(DIGEST, 9, 'b');
    expect(asked.filter(({ step }) => step === 'registry token')).toHaveLength(2);
  });

  test('that arrives late is answered by the token that another call has fetched since', async () => {
    const late = Promise.withResolvers<void>();
    let tokens = 0;
    const { asked, open } = fakeWorld(async ({ authorization, step }) => {
      if (step === 'registry token') return { status: 200, body: `{"token":"t${++tokens}"}` };
      if (authorization === 'Bearer t1') return { status: 200, body: 'blob' };
      if (step === 'late') await late.promise;
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${ORIGIN}/token"` } };
    });
    const repository = open();
    const waiting = repository.blob(DIGEST, 9, 'late');
    await repository.blob(DIGEST, 9, 'a');
    late.resolve();
    await waiting;
    expect(asked.filter(({ step }) => step === 'registry token')).toHaveLength(1);
  });
});
