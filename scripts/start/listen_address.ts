// The address to listen on, checked before anything is started. Errors say what to do.

import { once } from 'node:events';
import { createServer } from 'node:net';

export interface ListenAddress {
  host: string;
  port: number;
}

export function listenAddress(environment: NodeJS.ProcessEnv): ListenAddress {
  const text = environment.PORT || '8787';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new Error(`PORT must be a number from 1 to 65535, but it is ${JSON.stringify(text)}.`);
  }
  return { host: environment.HOST || '127.0.0.1', port };
}

/** Fails unless a server could listen there now. */
export async function assertCanListen({ host, port }: ListenAddress): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new Error(explain((error as NodeJS.ErrnoException).code, { host, port }), { cause: error });
  }
  server.close();
  await once(server, 'close');
}

function explain(code: string | undefined, { host, port }: ListenAddress): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use. Choose another one: PORT=8788 npm start`;
  if (code === 'EACCES')
    return `Port ${port} needs privileges that this user does not have. Set PORT to one above 1023.`;
  return `HOST=${host} is not an address that this machine can listen on (${code}). Leave HOST unset for 127.0.0.1.`;
}

/** The origin to call from this machine, with 127.0.0.1 in place of a wildcard address. */
export function localOrigin({ host, port }: ListenAddress): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
