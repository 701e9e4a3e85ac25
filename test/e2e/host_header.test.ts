// Requests that no client library sends: an invalid Host header is the caller's mistake, and does not change the path. Deno builds the
// URL from the raw header; a Worker is behind a front end that has parsed it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/paths.ts';
import { type Service, startService } from '../../scripts/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService('deno', { bundle: BUNDLE, settings: { ACCESS: 'open' } });
});
afterAll(() => service?.stop());

async function statusOf(path: string, host: string): Promise<string> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return (await text(socket)).split(' ')[1] ?? '';
}

test('an invalid Host header is 400', async () => {
  expect(await statusOf('/healthz', 'a.example')).toBe('200');
  for (const host of ['a b', 'a:99999', '[::1', 'a/v1/keys', 'a?key=z&b=', 'a#'])
    for (const path of ['/', '/healthz', '/v1/verify/x?key=k', '/v2/'])
      expect(await statusOf(path, host), `${host} ${path}`).toBe('400');
});
