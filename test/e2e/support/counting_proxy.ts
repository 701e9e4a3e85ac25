// A proxy in front of the registry that records the service's requests. It also serves the registry's token server under its own host and
// port, since that is the only http realm that a client may follow.

import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as requestUpstream,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenIssuer } from './token_issuer.ts';

export interface Seen {
  /** `GET /v2/app/manifests/1.0` */
  request: string;
  authorization: string | undefined;
}

export interface CountingProxy {
  host: string;
  /** Where to forward requests; set once the registry runs. */
  upstream: string;
  issuer: TokenIssuer | undefined;
  seen: Seen[];
  stop(): Promise<void>;
}

export async function startCountingProxy(): Promise<CountingProxy> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const { authorization } = request.headers;
    proxy.seen.push({ request: `${request.method} ${pathname}`, authorization });
    if (pathname === '/token' && proxy.issuer !== undefined) {
      const { status, body } = proxy.issuer.answer(searchParams, authorization);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    } else pass(request, response, proxy.upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: CountingProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    upstream: '',
    issuer: undefined,
    seen: [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function pass(request: IncomingMessage, response: ServerResponse, upstream: string): void {
  const outgoing = requestUpstream(new URL(request.url ?? '/', upstream), {
    method: request.method ?? 'GET',
    headers: request.headers,
  });
  outgoing.on('response', (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.rawHeaders);
    incoming.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  request.pipe(outgoing);
}
