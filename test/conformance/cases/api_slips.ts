// What people slip on while they copy and type is named in the answer.
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, match } from '../support/assert.ts';
import { expectProblem } from '../support/world.ts';
import { test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

test('a scheme, white space, or nothing at all in place of a reference is told apart', async (t) => {
  const service = startService(t.worker);
  for (const [image, problem] of [
    ['docker://ghcr.io/acme/app:1', 'begins with a scheme: leave out "docker://"'],
    ['https://ghcr.io/acme/app', 'begins with a scheme: leave out "https://"'],
    ['ghcr.io/acme/app:1 ', 'contains white space'],
    ['\tbusybox', 'contains white space'],
    ['', 'is empty'],
  ]) {
    const answer = await service.call('POST', '/v1/verify', { ...ADMIN, json: { image, keys: ['a'] } });
    expectProblem(answer, 400, 'BAD_REFERENCE', image);
    equal(answer.json.detail, `Reference: ${problem}.`);
  }
  const inPath = await service.get('/v1/verify/docker://ghcr.io/acme/app?key=a', ADMIN);
  expectProblem(inPath, 400, 'BAD_REQUEST');
  equal(
    inPath.json.detail,
    'The path is not canonical: leave out "//" (and with it docker:// or https://), "." and ".." segments, and percent-encoding.',
  );
  equal(
    (await service.get('/v1/verify/?key=a', ADMIN)).json.detail,
    'Reference: is empty.',
    'a variable that is not set',
  );
});

test('a compressed body is 415, and not taken for one that cannot be read', async (t) => {
  const service = startService(t.worker);
  const { pem } = await makeKey();
  const put = (coding: string) =>
    service.call('PUT', '/v1/keys/a', { ...ADMIN, body: pem, headers: { 'content-encoding': coding } });
  for (const coding of ['gzip', 'br', 'identity, gzip']) {
    const answer = await put(coding);
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE', coding);
    equal(answer.json.detail, 'Send the body as it is, without Content-Encoding.');
  }
  equal((await put('Identity')).status, 201);
});

test('an ETag without its quotes is not taken for one of an earlier revision', async (t) => {
  const service = startService(t.worker);
  const put = (headers: Record<string, string>) =>
    service.call('PUT', '/v1/policies/a', { ...ADMIN, json: { rules: [] }, headers });
  const { version } = (await put({})).json;
  const unquoted = await put({ 'if-match': version });
  expectProblem(unquoted, 412, 'PRECONDITION_FAILED');
  equal(unquoted.json.detail, 'The ETag lacks its quotes (If-Match). Repeat the change with them.');
  equal((await put({ 'if-match': `"${version}"` })).status, 200);
});

test('a parameter that is there twice is told that it may be there once', async (t) => {
  const service = startService(t.worker);
  for (const query of [
    'policy=a&policy=b',
    'transparency=online&transparency=required',
    'timeout=1s&timeout=2s',
  ]) {
    const answer = await service.get(`/v1/verify/busybox?${query}`, ADMIN);
    expectProblem(answer, 400, 'BAD_REQUEST', query);
    equal(answer.json.detail, `${query.split('=')[0]}: may be given only once.`);
  }
  const keys = await service.get('/v1/verify/busybox?key=a&key=B', ADMIN);
  equal(keys.json.detail, 'key.1: expected a key id or a fingerprint sha256:<64 hex>.');
});

test('what the version and the name of a log may be is said', async (t) => {
  const service = startService(t.worker);
  const { pem: publicKey } = await makeKey();
  const log = { url: 'https://log.example', publicKey, validFrom: '2024-01-01T00:00:00Z' };
  for (const [terms, detail] of [
    [{ version: '2' }, "version: expected 1 or 2, Rekor's major version."],
    [{ version: 3 }, "version: expected 1 or 2, Rekor's major version."],
    [{ name: 'our log' }, 'name: expected 1 to 255 characters, without white space and "+".'],
  ] as const) {
    const answer = await service.call('PUT', '/v1/logs/a', { ...ADMIN, json: { ...log, ...terms } });
    expectProblem(answer, 400, 'BAD_REQUEST');
    equal(answer.json.detail, detail);
  }
});

test('of alternatives none of which is close, the place is named', async (t) => {
  const service = startService(t.worker);
  const images = [{ reference: 'busybox', digest: 'x', evidence: 5 }];
  const json = { policy: 'a', images };
  const answer = await service.call('POST', '/v1/policies/test', { ...ADMIN, json });
  expectProblem(answer, 400, 'BAD_REQUEST');
  equal(answer.json.detail, 'images.0.evidence: Invalid input.');
});

test('what a condition on a predicate may be is said, as is what a pointer looks like', async (t) => {
  const service = startService(t.worker);
  const detail = async (where: object) => {
    const attestations = [{ type: 'spdx', where }];
    const rule = { name: 'r', match: ['ghcr.io/acme/**'], require: { keys: ['a'], attestations } };
    const answer = await service.call('PUT', '/v1/policies/a', { ...ADMIN, json: { rules: [rule] } });
    expectProblem(answer, 400, 'BAD_POLICY');
    return answer.json.detail.replace('rules.0.require.attestations.0.', '');
  };
  equal(
    await detail({ '/a': { b: 1 } }),
    'where./a: expected a string, a number (no integer of 2^53 or more), true, false, null, a list of at most 100 of these, or {"maxAge": "168h"}.',
  );
  equal(
    await detail({ '/a': { maxAge: '7d' } }),
    'where./a.maxAge: duration: expected one greater than zero, such as 500ms, 8s or 168h.',
  );
  const tooLarge = await detail({ '/a': 2 ** 53 });
  match(tooLarge, /a number \(no integer of 2\^53 or more\)/);
  equal(await detail({ '/a': [] }), 'where./a: expected array to have at least 1 items.');
  equal(
    await detail({ a: 1 }),
    'where.a: JSON pointer: expected "" or /name/name, with ~0 for ~ and ~1 for /.',
  );
});
