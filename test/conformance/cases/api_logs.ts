// /v1/logs: logs, timestamp authorities and trusted roots are stored, shown, found and deleted as a whole.
import { listAuthorities } from '../../../src/store/authorities.ts';
import { findStoredLog, listLogs } from '../../../src/store/logs.ts';
import { type Document, makeRoot, START } from '../../support/fake_root.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { certificatePem, makeKey, pem } from '../../support/keys.ts';
import { equal, excludes, match, ok } from '../support/assert.ts';
import { expectProblem } from '../support/world.ts';
import { start } from '../support/world_logs.ts';
import { test } from '../table.ts';

test('PUT log: a timestamp authority is stored with its chain, and trusted while the record lists it', async (t) => {
  const { service, call, put, store } = start(t);
  const tsa = await makeTsa();
  const certificates = tsa.chain.map((bytes) => pem('CERTIFICATE', bytes));
  const terms = { url: 'https://tsa.example/stamp', validFrom: START, validUntil: '2030-01-01T00:00:00Z' };
  for (const given of [tsa.pem, certificates, [tsa.pem], `the signer\n${tsa.pem}\n\n`]) {
    const answer = await put('tsa', { ...terms, certificates: given });
    ok([200, 201].includes(answer.status), answer.text);
    const shown = await call('GET', '/tsa');
    const { createdAt: _, createdBy: __, updatedAt: ___, updatedBy: ____, ...rest } = shown.json;
    equal(rest, { id: 'tsa', ...terms, certificates, builtIn: false });
    equal(shown.headers.get('etag'), answer.headers.get('etag'));
  }
  service.kv.reads.length = 0;
  const expected = {
    name: 'tsa',
    chain: tsa.chain,
    validFrom: Date.parse(START),
    validUntil: Date.parse(terms.validUntil),
  };
  const first = await listAuthorities(store);
  equal(first, [expected]);
  equal(service.kv.reads, ['authorities', 'log/tsa']);
  ok((await listAuthorities(store))[0] === first[0], 'parsed once');
  const pinned = await put('tsa', { validFrom: START, certificates: certificates[0] });
  equal([pinned.status, pinned.json.certificates], [200, certificates.slice(0, 1)]);
  equal(await listAuthorities(store), [
    { name: 'tsa', chain: tsa.chain.slice(0, 1), validFrom: Date.parse(START) },
  ]);
});

test('PUT log: certificates that are not an authority’s chain are refused, and nothing is stored', async (t) => {
  const { service, put } = start(t);
  const [tsa, key] = [await makeTsa(), await makeKey()];
  const [leaf = '', issuer = '', root = ''] = tsa.chain.map((bytes) => pem('CERTIFICATE', bytes));
  const bad: [unknown, RegExp][] = [
    [root, /is a CA certificate/],
    [[root, issuer, leaf], /is a CA certificate/],
    [[leaf, root], /issued by the next/],
    ['', /PEM/],
    ['hello', /PEM/],
    [[], /certificates/],
    [[''], /PEM/],
    [`${tsa.pem}more`, /PEM/],
    [key.pem, /label "PUBLIC KEY" is not CERTIFICATE/],
    [[leaf, key.pem], /label "PUBLIC KEY" is not CERTIFICATE/],
    [certificatePem(key), /Certificate/],
    [1, /certificates/],
    [new Array(11).fill(leaf).join(''), /more than 10/],
  ];
  for (const [certificates, detail] of bad) {
    const answer = await put('tsa', { validFrom: START, certificates });
    expectProblem(answer, 400, 'BAD_REQUEST', JSON.stringify(certificates).slice(0, 60));
    match(answer.json.detail, detail);
  }
  const secret = await key.privatePem();
  const answer = await put('tsa', { validFrom: START, certificates: [leaf, secret] });
  expectProblem(answer, 400, 'BAD_REQUEST');
  excludes(answer.text, secret.split('\n')[1] ?? '');
  const certificates = tsa.pem;
  for (const body of [
    { certificates },
    { certificates, validFrom: null },
    { certificates, validFrom: 'soon' },
    { certificates, validFrom: START, more: 1 },
    { certificates, validFrom: START, publicKey: key.pem },
    { certificates, validFrom: START, version: 1 },
    { certificates, validFrom: START, validUntil: '2020-01-01T00:00:00Z' },
    { certificates, validFrom: START, url: 'https://a:b@x.example' },
  ]) {
    expectProblem(await put('tsa', body), 400, 'BAD_REQUEST', JSON.stringify(body).slice(-80));
  }
  equal([...service.kv.stored.keys()], []);
});

test('PUT log: a trusted root is one record with all its logs and authorities', async (t) => {
  const { call, put, store, service } = start(t);
  const { document, urls, logIds, signers, tsa } = await makeRoot('a');
  for (const body of [document, { trustedRoot: document }]) {
    const answer = await put('root', body);
    ok([200, 201].includes(answer.status), answer.text);
  }
  const { json } = await call('GET', '/root');
  const { createdAt: _, createdBy: __, updatedAt: ___, updatedBy: ____, ...rest } = json;
  equal(rest, {
    id: 'root',
    builtIn: false,
    logs: [
      { url: urls[0], publicKey: signers[0].pem, logId: logIds[0], validFrom: START },
      { url: urls[1], version: 2, publicKey: signers[1].pem, logId: logIds[1], validFrom: START },
    ],
    authorities: [
      {
        url: 'https://tsa-a.example/api/v1/timestamp',
        certificates: tsa.chain.map((bytes) => pem('CERTIFICATE', bytes)),
        validFrom: START,
      },
    ],
  });
  for (const [i, logId] of logIds.entries()) {
    const log = await findStoredLog(store, logId);
    equal(
      [log?.url, log?.version, log?.key.fingerprint],
      [urls[i], [undefined, 2][i], signers[i]?.fingerprint],
    );
  }
  equal(await findStoredLog(store, '0'.repeat(64)), undefined);
  equal(await listAuthorities(store), [{ name: 'root', chain: tsa.chain, validFrom: Date.parse(START) }]);
  const searched = async (most: number) => {
    const { logs, isAll } = await listLogs(store, most);
    return [logs.map(({ url }) => url), isAll];
  };
  equal(await searched(4), [[urls[0]], true], 'a Rekor v2 log cannot be searched');
  equal(await searched(1), [[urls[0]], true]);
  equal(await searched(0), [[], false]);
  const listed = await call('GET', '');
  equal(
    listed.json.logs.filter(({ builtIn }: { builtIn: boolean }) => !builtIn),
    [json],
  );
  equal((await call('DELETE', '/root')).status, 204);
  equal([...service.kv.stored.keys()], [], 'all of it is removed');
  equal(await listAuthorities(store), []);
});

test('logs to search are found behind pages without any, as Workers KV lists what was deleted', async (t) => {
  const { service, put, store } = start(t);
  const { document, urls } = await makeRoot('a');
  await put('root', document);
  const { list } = service.kv;
  let pages = 0;
  const afterEmpty = (most: number) => {
    pages = 0;
    service.kv.list = async (options) =>
      ++pages > most ? list({ ...options, cursor: null }) : { keys: [], list_complete: false, cursor: 'c' };
    return listLogs(store, 4);
  };
  const { logs, isAll } = await afterEmpty(2);
  equal([logs.map(({ url }) => url), isAll, pages], [[urls[0]], true, 3]);
  equal(await afterEmpty(100), { logs: [], isAll: false }, 'not without end');
});

test('PUT log: a signing config limits which logs are searched, not which are trusted', async (t) => {
  const { call, put, store } = start(t);
  const { document: trustedRoot, config: signingConfig, urls, logIds } = await makeRoot('a');
  const searched = async () => (await listLogs(store, 4)).logs.map(({ url }) => url);
  equal((await put('root', { trustedRoot })).status, 201);
  equal(await searched(), [urls[0]]);
  equal((await put('root', { trustedRoot, signingConfig })).status, 200);
  const { logs } = (await call('GET', '/root')).json;
  equal(
    logs.map(({ searched }: { searched?: boolean }) => searched),
    [false, undefined],
  );
  equal(await searched(), []);
  for (const logId of logIds) ok(await findStoredLog(store, logId), logId);
  Object.assign(signingConfig.rekorTlogUrls[0], { url: 'https://elsewhere.example', majorApiVersion: 1 });
  expectProblem(await put('root', { trustedRoot, signingConfig }), 400, 'BAD_REQUEST');
});

test('PUT log: the file that holds a root and its signing config (ClientTrustConfig) is accepted as it is', async (t) => {
  const { put } = start(t);
  const { document: trustedRoot, config: signingConfig } = await makeRoot('a');
  const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
  const separate = (await put('root', { trustedRoot, signingConfig })).json.logs;
  const together = await put('root', { mediaType, trustedRoot, signingConfig });
  equal([together.status, together.json.logs], [200, separate]);
  for (const other of [trustedRoot.mediaType, signingConfig.mediaType, mediaType.replace('1', '2'), 1])
    expectProblem(
      await put('root', { mediaType: other, trustedRoot, signingConfig }),
      400,
      'BAD_REQUEST',
      other,
    );
});

test('PUT log: a signing config alone is refused, and the message says what is missing', async (t) => {
  const { put } = start(t);
  const { config: signingConfig } = await makeRoot('a');
  for (const body of [signingConfig, { signingConfig }]) {
    const answer = await put('root', body);
    expectProblem(answer, 400, 'BAD_REQUEST');
    match(answer.json.detail, /has no keys.*trusted root/);
  }
});

test('A59 PUT log: an invalid trusted root is refused, the answer names the place, and nothing is stored', async (t) => {
  const { service, put } = start(t);
  const { document } = await makeRoot('a');
  const edits: [RegExp, (copy: Document) => unknown][] = [
    [/tlogs\.0\.publicKey\.validFor: start is missing/, (copy) => (copy.tlogs[0].publicKey.validFor = {})],
    [/unknown field "more"/, (copy) => (copy.more = 1)],
    [/tlogs\.1: logId matches neither/, (copy) => (copy.tlogs[1].logId = copy.tlogs[0].logId)],
    [/keyDetails/, (copy) => (copy.tlogs[1].publicKey.keyDetails = 'PKIX_ED25519 ')],
    [/mediaType must be one of/, (copy) => (copy.mediaType += '9')],
    [
      /neither a transparency log nor/,
      (copy) => Object.assign(copy, { tlogs: [], timestampAuthorities: [] }),
    ],
  ];
  for (const [detail, edit] of edits) {
    const copy = structuredClone(document);
    edit(copy);
    for (const body of [copy, { trustedRoot: copy }]) {
      const answer = await put('root', body);
      expectProblem(answer, 400, 'BAD_REQUEST', String(detail));
      match(answer.json.detail, detail);
    }
  }
  for (const body of [
    { trustedRoot: document, more: 1 },
    { trustedRoot: 'x' },
    { trustedRoot: null },
    {},
    [],
    null,
  ]) {
    expectProblem(await put('root', body), 400, 'BAD_REQUEST', JSON.stringify(body).slice(0, 40));
  }
  const doubled = JSON.stringify(document).replace('"tlogs"', '"tlogs":[],"tlogs"');
  const headers = { 'content-type': 'application/json' };
  const answer = await service.call('PUT', '/v1/logs/root', { as: 'admin', body: doubled, headers });
  expectProblem(answer, 400, 'BAD_REQUEST', 'a duplicate name');
  equal([...service.kv.stored.keys()], []);
});

test('PUT log: the size of a record and the total of authorities are limited', async (t) => {
  const { service, put, store } = start(t);
  const tsa = await makeTsa();
  const { document } = await makeRoot('a');
  const [authority] = document.timestampAuthorities;
  document.timestampAuthorities = new Array(20).fill({
    ...authority,
    certChain: {
      certificates: tsa.chain.map((bytes) => ({ rawBytes: btoa(String.fromCharCode(...bytes)) })),
    },
  });
  equal((await put('root', document)).status, 201);
  document.timestampAuthorities = new Array(40).fill(document.timestampAuthorities[0]);
  expectProblem(await put('root', document), 413, 'TOO_LARGE', 'one record');
  let stored = 0;
  for (; stored < 60; stored++) {
    const answer = await put(`tsa-${stored}`, { certificates: tsa.pem, validFrom: START });
    if (answer.status === 201) continue;
    expectProblem(answer, 413, 'TOO_LARGE', 'all authorities');
    break;
  }
  ok(stored > 0 && stored < 60, `${stored} beside the root`);
  equal((await listAuthorities(store)).length, 20 + stored);
  ok([...service.kv.stored.values()].every(({ value }) => value.length <= 48 * 1024));
});

test('a log belongs to one record of any kind; a log that a root no longer lists may be stored elsewhere', async (t) => {
  const { call, put, store } = start(t);
  const { document, signers, urls, logIds } = await makeRoot('a');
  const single = { url: urls[0], publicKey: signers[0].pem, validFrom: START };
  equal((await put('single', single)).status, 201);
  expectProblem(await put('root', document), 409, 'CONFLICT', 'held by the log');
  equal(await listAuthorities(store), [], 'nothing of it is stored');
  equal(await findStoredLog(store, logIds[1]), undefined);
  equal((await call('DELETE', '/single')).status, 204);
  equal((await put('root', document)).status, 201);
  expectProblem(await put('single', single), 409, 'CONFLICT', 'held by the root');
  expectProblem(await put('other', document), 409, 'CONFLICT', 'held by another root');
  const fewer = { ...document, tlogs: document.tlogs.slice(1) };
  equal((await put('root', fewer)).status, 200);
  equal(await findStoredLog(store, logIds[0]), undefined);
  equal((await put('single', single)).status, 201, 'free again');
  ok(await findStoredLog(store, logIds[0]));
});

test('storing a single log does not touch the authorities, and deleting it leaves another record’s index', async (t) => {
  const { service, call, put, store } = start(t);
  const { signers, urls, logIds } = await makeRoot('a');
  const log = { url: urls[0], publicKey: signers[0].pem, validFrom: START };
  equal((await put('one', log)).status, 201);
  equal(service.kv.writes, [`log-id/${logIds[0]}`, 'log/one']);
  service.kv.stored.set('log/two', { value: '{', metadata: null });
  equal((await listLogs(store, 0)).logs.length, 0, 'other records are not read');
  service.kv.stored.set(`log-id/${logIds[0]}`, { value: 'two', metadata: null });
  equal((await call('DELETE', '/one')).status, 204);
  equal([...service.kv.stored.keys()].sort(), [`log-id/${logIds[0]}`, 'log/two']);
});

test('PUT under an existing id replaces everything that the record held', async (t) => {
  const { service, call, put, store } = start(t);
  const { document, signers, urls, logIds, tsa } = await makeRoot('a');
  const log = { url: urls[0], publicKey: signers[0].pem, validFrom: START };
  const authority = { certificates: tsa.pem, validFrom: START };
  for (const [body, logs, authorities] of [
    [log, [true, false], 0],
    [authority, [false, false], 1],
    [document, [true, true], 1],
    [log, [true, false], 0],
  ] as const) {
    ok([200, 201].includes((await put('one', body)).status));
    equal(await Promise.all(logIds.map(async (id) => (await findStoredLog(store, id)) !== undefined)), logs);
    equal((await listAuthorities(store)).length, authorities);
  }
  equal((await call('DELETE', '/one')).status, 204);
  expectProblem(await call('GET', '/one'), 404, 'LOG_NOT_FOUND');
  equal([...service.kv.stored.keys()], []);
});

test('the authorities of one record stay when another record changes or is deleted', async (t) => {
  const { call, put, store } = start(t);
  const [one, two] = [await makeTsa(), await makeTsa()];
  await put('one', { certificates: one.pem, validFrom: START });
  await put('constructor', { certificates: two.pem, validFrom: START });
  const names = async () => (await listAuthorities(store)).map(({ name }) => name).sort();
  equal(await names(), ['constructor', 'one']);
  await put('one', { certificates: two.pem, validFrom: START });
  equal(
    (await listAuthorities(store)).map(({ chain }) => chain),
    [two.chain, two.chain],
    'a shared signer is allowed',
  );
  await call('DELETE', '/constructor');
  equal(await names(), ['one']);
});

test('for every kind of log record, If-Match and If-None-Match are obeyed and built-in ids refused', async (t) => {
  const { call, put } = start(t);
  const { document, tsa } = await makeRoot('a');
  for (const [id, body] of [
    ['tsa', { certificates: tsa.pem, validFrom: START }],
    ['root', document],
  ] as const) {
    const first = await put(id, body, { 'if-none-match': '*' });
    equal(first.status, 201, first.text);
    expectProblem(await put(id, body, { 'if-none-match': '*' }), 412, 'PRECONDITION_FAILED');
    expectProblem(await put(id, body, { 'if-match': '"x"' }), 412, 'PRECONDITION_FAILED');
    const etag = first.headers.get('etag') ?? '';
    const second = await put(id, body, { 'if-match': etag });
    equal([second.status, second.json.createdAt], [200, first.json.createdAt]);
    expectProblem(
      await call('DELETE', `/${id}`, { headers: { 'if-match': etag } }),
      412,
      'PRECONDITION_FAILED',
    );
    expectProblem(await put('rekor.sigstore.dev', body), 409, 'CONFLICT', 'an id that is built in');
  }
});

test('a trusted root may list the built-in logs', async (t) => {
  const { put, call, store } = start(t);
  const answer = await put('public', t.json('keys/trusted_root.prod.json'));
  equal(answer.status, 201, answer.text);
  equal(
    answer.json.logs.map(({ version }: { version?: number }) => version),
    [undefined, 2],
  );
  equal((await listAuthorities(store)).length, 1);
  equal((await call('GET', '')).json.logs.filter(({ builtIn }: { builtIn: boolean }) => builtIn).length, 3);
  expectProblem(await call('DELETE', '/rekor.sigstore.dev'), 409, 'CONFLICT', 'a built-in log');
  const config = t.json('keys/signing_config.v0.2.json');
  const root = t.json('keys/trusted_root.prod.json');
  equal((await put('public', { trustedRoot: root, signingConfig: config })).status, 200);
  equal((await put('staging', t.json('keys/trusted_root.staging.json'))).status, 201);
  equal((await listAuthorities(store)).length, 3);
});
