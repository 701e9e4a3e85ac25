// What the routes of the four kinds of records share: the headers of a record, pages, and lines in the audit log.
import { makeLog } from '../../support/fake_log.ts';
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, match } from '../assert.ts';
import { type TestContext, test } from '../table.ts';
import { policyOf } from '../world_policies.ts';

const ADMIN = { as: 'admin' } as const;

/** A new record of each kind, as it is sent. */
const KINDS: Record<string, () => Promise<object>> = {
  keys: async () => ({ publicKey: (await makeKey()).pem }),
  logs: async () => {
    const { url, signer } = await makeLog();
    return { url, publicKey: signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  },
  policies: async () => policyOf({ name: 'r', match: ['ghcr.io/acme/**'], require: { keys: ['a'] } }),
  tokens: async () => ({ scopes: ['verify'] }),
};

const start = (t: TestContext) => {
  const service = startService(t.worker);
  const put = (path: string, json: object) => service.call('PUT', path, { as: 'admin', json });
  return { service, put };
};

test('a record of each kind has its ETag, and its address when it is new; a list has neither', async (t) => {
  const { service, put } = start(t);
  for (const [kind, make] of Object.entries(KINDS)) {
    const path = `/v1/${kind}/one`;
    const json = await make();
    const made = await put(path, json);
    const changed = await put(path, json);
    const shown = await service.get(path, ADMIN);
    equal([made.status, changed.status, shown.status], [201, 200, 200], kind);
    equal(
      [made, changed, shown].map(({ headers }) => headers.get('location')),
      [path, null, null],
      kind,
    );
    for (const { headers } of [made, changed, shown]) {
      match(headers.get('etag') ?? '', /^"[^"]+"$/);
      match(headers.get('cache-control') ?? '', /^no-(?:cache|store), no-transform$/);
      match(headers.get('content-type') ?? '', /^application\/json/);
    }
    equal(shown.headers.get('etag'), changed.headers.get('etag'), kind);
    const list = await service.get(`/v1/${kind}`, ADMIN);
    equal(
      ['etag', 'location', 'cache-control'].map((name) => list.headers.get(name)),
      [null, null, 'no-store'],
      kind,
    );
    const [line] = t
      .logged()
      .filter(({ action, id }) => action?.endsWith('.put') && id === 'one')
      .slice(-2);
    match(line.action, /^(?:key|log|policy|token)\.put$/);
    equal(made.headers.get('etag'), `"${line.revision}"`, `${kind}: the revision in the log`);
  }
});

test('lists of each kind go on where the page before ended, and what is built in is on the first page', async (t) => {
  const { service, put } = start(t);
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const id of ['a', 'b', 'c']) equal((await put(`/v1/${kind}/${id}`, await make())).status, 201);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { json } = await service.get(`/v1/${kind}?limit=2${more}`, ADMIN);
      pages.push(json[kind].filter(isStored).map(({ id }: { id: string }) => id));
      equal(
        json[kind].some((one: object) => !isStored(one)),
        kind === 'logs' && cursor === undefined,
        kind,
      );
      cursor = json.cursor;
    } while (cursor !== undefined);
    equal(pages, [['a', 'b'], ['c']], kind);
  }
});

const isStored = (record: { builtIn?: boolean }) => record.builtIn !== true;

test('what is built in is listed as it would be stored', async (t) => {
  const { service } = start(t);
  const { logs } = (await service.get('/v1/logs', ADMIN)).json;
  for (const one of logs) {
    const { id, url, validFrom, publicKey, logId, certificates, builtIn } = one;
    equal([builtIn, id], [true, new URL(url).host]);
    match(validFrom, /^\d{4}-\d\d-\d\dT/);
    if (publicKey === undefined)
      for (const certificate of certificates) match(certificate, /^-----BEGIN CERTIFICATE-----\n/);
    else {
      match(publicKey, /^-----BEGIN PUBLIC KEY-----\n/);
      match(logId, /^[0-9a-f]{64}$/);
    }
    equal((await service.get(`/v1/logs/${id}`, ADMIN)).json, one);
  }
});
