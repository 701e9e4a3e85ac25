// The part of Cloudflare's API (developers.cloudflare.com/api) that wrangler uses to deploy one Worker, store its secrets and roll it
// back. It keeps what it receives; any other request is 404, and recorded.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const ACCOUNT = 'account';
const TOKEN = 'api-token';
/** The API's answer for a Worker that does not exist. */
const NO_SUCH_WORKER = 10090;

export interface Upload {
  id: string;
  metadata: Record<string, unknown>;
  /** The uploaded modules by name. */
  modules: Map<string, Uint8Array>;
}

export interface CloudflareApi {
  /** The environment variables with which wrangler finds this API. */
  environment: Record<string, string>;
  uploads: Upload[];
  /** The deployed versions, in order. */
  deployed: string[];
  secrets: Map<string, string>;
  namespaces: string[];
  /** What each deployment asked for: whether it is served on workers.dev, and its earlier versions too. */
  addresses: { enabled?: boolean; previews_enabled?: boolean }[];
  /** What each deployment of a further version asked for of the settings that are not part of a version. */
  settings: Record<string, unknown>[];
  unknown: string[];
  stop(): Promise<void>;
}

export async function startCloudflareApi(worker: string): Promise<CloudflareApi> {
  const kept = {
    uploads: [] as Upload[],
    deployed: [] as string[],
    secrets: new Map<string, string>(),
    namespaces: [] as string[],
    addresses: [] as CloudflareApi['addresses'],
    settings: [] as CloudflareApi['settings'],
    unknown: [] as string[],
  };
  const upload = async (request: Request) => {
    const read = await readUpload(request);
    kept.uploads.push(read);
    return read;
  };
  const script = `/workers/scripts/${worker}`;
  const routes: Record<string, (request: Request) => unknown> = {
    [`GET /workers/services/${worker}`]: () =>
      kept.uploads.length === 0
        ? undefined
        : {
            default_environment: {
              environment: 'production',
              script: { last_deployed_from: 'wrangler', tag: worker },
            },
          },
    [`GET ${script}/secrets`]: () => [...kept.secrets.keys()].map((name) => ({ name, type: 'secret_text' })),
    [`PUT ${script}/secrets`]: async (request) => {
      if (kept.uploads.length === 0) return undefined;
      const { name, text } = (await request.json()) as { name: string; text: string };
      kept.secrets.set(name, text);
      return { name, type: 'secret_text' };
    },
    'GET /workers/subdomain': () => ({ subdomain: 'you' }),
    [`POST ${script}/subdomain`]: async (request) => {
      kept.addresses.push((await request.json()) as CloudflareApi['addresses'][number]);
      return { enabled: true, previews_enabled: false };
    },
    [`GET /workers/workers/${worker}`]: () => ({
      id: worker,
      name: worker,
      subdomain: { enabled: true, previews_enabled: false },
    }),
    [`GET ${script}/settings`]: () => ({ bindings: [] }),
    // A first version is deployed at once; later ones are uploaded and then deployed.
    [`PUT ${script}`]: async (request) => {
      const { id } = await upload(request);
      kept.deployed.push(id);
      return { id: worker, deployment_id: id, startup_time_ms: 1, available_on_subdomain: true };
    },
    [`POST ${script}/versions`]: async (request) => {
      const { id } = await upload(request);
      return { ...version(id), startup_time_ms: 1 };
    },
    [`PATCH ${script}/script-settings`]: async (request) => {
      kept.settings.push((await request.json()) as Record<string, unknown>);
      return {};
    },
    [`GET ${script}/deployments`]: () => ({ deployments: kept.deployed.map(deployment).reverse() }),
    [`POST ${script}/deployments`]: async (request) => {
      const { versions } = (await request.json()) as { versions: { version_id: string }[] };
      kept.deployed.push(...versions.map(({ version_id }) => version_id));
      return { id: randomUUID() };
    },
    [`GET ${script}/versions/:id`]: (request) => version(new URL(request.url).pathname.split('/').at(-1)),
    'POST /storage/kv/namespaces': async (request) => {
      const { title } = (await request.json()) as { title: string };
      kept.namespaces.push(title);
      return { id: 'a'.repeat(32), title };
    },
  };
  const server = createServer(async (incoming, response) => {
    const request = await requestOf(incoming);
    const path = new URL(request.url).pathname.replace(`/accounts/${ACCOUNT}`, '');
    const name = `${request.method} ${path}`;
    const route = routes[name] ?? routes[name.replace(/[^/]*$/, ':id')];
    if (route === undefined) kept.unknown.push(name);
    const isKnown = request.headers.get('authorization') === `Bearer ${TOKEN}`;
    const result = isKnown ? await route?.(request) : undefined;
    const success = result !== undefined;
    const errors = success ? [] : [{ code: NO_SUCH_WORKER, message: `nothing at ${name}` }];
    response.writeHead(success ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ success, errors, messages: [], result: result ?? null }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...kept,
    environment: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      CLOUDFLARE_API_TOKEN: TOKEN,
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/' } = incoming;
  const body = await buffer(incoming);
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return new Request(`http://api${url}`, { method, headers, ...(body.length > 0 && { body }) });
}

async function readUpload(request: Request): Promise<Upload> {
  const form = await request.formData();
  const modules = new Map<string, Uint8Array>();
  for (const [name, part] of form)
    if (typeof part !== 'string') modules.set(name, new Uint8Array(await part.arrayBuffer()));
  return { id: randomUUID(), metadata: JSON.parse(String(form.get('metadata'))), modules };
}

/** @param at the number of earlier ones, from which the time follows: wrangler sorts by time */
function deployment(version_id: string, at: number) {
  const created_on = new Date(at * 1000).toISOString();
  return { id: randomUUID(), created_on, source: 'wrangler', versions: [{ version_id, percentage: 100 }] };
}

function version(id = '') {
  const created_on = new Date().toISOString();
  const resources = { bindings: [], script: {}, script_runtime: {} };
  return { id, number: 1, metadata: { created_on, modified_on: created_on, source: 'wrangler' }, resources };
}
