// The fake registry behind a real socket, so that a service in another process can use it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeRegistry, makeRegistry } from '../../support/fake_registry.ts';

export interface ServedRegistry extends FakeRegistry {
  stop(): Promise<void>;
}

export async function serveRegistry(): Promise<ServedRegistry> {
  const server = createServer(async (incoming, outgoing) => {
    const headers = new Headers(incoming.headers as Record<string, string>);
    const request = new Request(`http://${registry.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers,
    });
    const response = await registry.handle(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registry = makeRegistry({ host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
  return Object.assign(registry, {
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
