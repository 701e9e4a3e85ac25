// The images of a batch, from JSON or from Kubernetes manifests: whom they trust, and how many there may be.
import { describe, expect, test } from 'vitest';
import { CallerError } from '../../../src/core/errors/caller_error.ts';
import type { AppContext } from '../../../src/http/context.ts';
import { readItems } from '../../../src/http/request/batch_items.ts';
import { makeKey } from '../../support/keys.ts';

type Whom = Parameters<typeof readItems>[1];

function read(body: string, type: string | undefined, whom: Whom = {}) {
  const { body: stream } = new Response(body);
  const header = (name: string) => (name === 'Content-Type' ? type : undefined);
  return readItems(
    { req: { header, raw: { body: stream } }, get: () => () => 10_000 } as unknown as AppContext,
    whom,
  );
}

/** A pod with these images. */
const pod = (...images: string[]) =>
  `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n${images.map((image) => `  - {image: "${image}"}\n`).join('')}`;
const many = (count: number) => pod(...Array.from({ length: count }, () => 'a'));
const mistake = (code: string, text: string) => ({ code, message: expect.stringContaining(text) });

describe('manifests', () => {
  test.each([
    'application/yaml',
    'application/x-yaml',
    'text/yaml',
    'text/x-yaml',
    'Text/YAML; charset=utf-8',
  ])('are sent as %s, and trust whom the query names', async (type) => {
    const [item] = await read(pod('a'), type, { key: ['k'], annotation: ['b=c'] });
    expect(item).toMatchObject({
      image: 'a',
      question: {
        reference: { repository: 'library/a' },
        trust: { keys: ['k'] },
        annotations: [['b', 'c']],
      },
    });
  });

  test('with a name that is none are judged, except for that', async () => {
    const items = await read(pod('A', 'a'), 'application/yaml');
    expect(items.map(({ image }) => image)).toEqual(['A', 'a']);
    expect(items[0]?.question).toBeInstanceOf(CallerError);
    expect(items[0]?.question).toMatchObject({ code: 'BAD_REFERENCE' });
    expect(items[1]?.question).toMatchObject({ trust: { policy: { id: 'default' } } });
  });

  test('name at least one image and at most a thousand', async () => {
    expect(await read(many(1000), 'application/yaml')).toHaveLength(1000);
    await expect(read(many(1001), 'application/yaml')).rejects.toMatchObject(
      mistake('TOO_LARGE', 'more than 1000 images'),
    );
    await expect(read('', 'application/yaml')).rejects.toMatchObject(mistake('BAD_REQUEST', 'name no image'));
    await expect(read('a: 1\na: 2\n', 'application/yaml')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('a list in JSON', () => {
  const JSON_TYPE = 'application/json';
  const list = (...items: object[]) => JSON.stringify({ items });

  test('has items that each say whom they trust, and no other trust in the query', async () => {
    const items = await read(list({ image: 'a', keys: ['k'] }, { image: 'A' }), JSON_TYPE);
    expect(items[0]).toMatchObject({ image: 'a', question: { trust: { keys: ['k'] } } });
    expect(items[1]?.question).toMatchObject({ code: 'BAD_REFERENCE' });
    for (const whom of [
      { key: ['k'] },
      { policy: 'p' },
      { annotation: ['a=b'] },
      { platform: 'linux/amd64' },
    ])
      await expect(read(list({ image: 'a' }), JSON_TYPE, whom)).rejects.toMatchObject(
        mistake('BAD_REQUEST', 'each item names its own'),
      );
    await expect(read(list({ image: 'a' }), undefined)).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });

  test('brings at most 64 different keys', async () => {
    const { pem } = await makeKey();
    const bringing = (count: number) =>
      list(...Array.from({ length: count }, (_, at) => ({ image: 'a', publicKeys: [pem.padEnd(500 + at)] })));
    const items = await read(bringing(64), JSON_TYPE);
    expect(items.map(({ question }) => question)).toEqual(
      items.map(() => expect.objectContaining({ annotations: [] })),
    );
    await expect(read(bringing(65), JSON_TYPE)).rejects.toMatchObject(
      mistake('BAD_REQUEST', 'at most 64 different public keys'),
    );
  });
});
