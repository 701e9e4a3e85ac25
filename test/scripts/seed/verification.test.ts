// What `npm start` says if the service does not take the seed's key.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { storeSeedKey } from '../../../scripts/seed/verification.ts';

test.each([
  ['stored', 500],
  ['listed', 409],
])('the reason why the key or keys could not be %s is one line, not a document', async (what, status) => {
  const server = createServer(({ method, headers }, response) => {
    response.writeHead(method === 'PUT' ? status : 500);
    response.end(headers.accept === 'text/plain' ? 'error BAD_CONFIGURATION The setting ACCESS …\n' : '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(storeSeedKey({ url, adminToken: 'x' })).rejects.toThrow(
    new RegExp(`could not be ${what}: 500 error BAD_CONFIGURATION The setting ACCESS`),
  );
});
