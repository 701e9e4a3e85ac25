// What people slip on while they copy and type is named in the answer.
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal } from '../assert.ts';
import { test } from '../table.ts';
import { expectProblem } from '../world.ts';

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
