// The service in front of the workbench's registry: the built bundle in a runtime, trusting the workbench's keys and logs.
import type { Call } from '../../test/conformance/support/vector_service.ts';
import { BUNDLE } from '../paths.ts';
import { type Runtime, startService } from '../service/service.ts';
import type { Workbench } from './workbench.ts';

const ADMIN_TOKEN = 'vectors-admin-token-0123456789abcdef';

export interface VectorService {
  call: Call;
  /** Stores a key under another id with other terms; it has one id at a time, so the old one is deleted. */
  trust(key: string, transparency: 'required' | 'unsafe-none'): Promise<void>;
  stop(): Promise<unknown>;
}

export async function startVectorService(bench: Workbench, runtime: Runtime): Promise<VectorService> {
  const service = await startService(runtime, {
    bundle: BUNDLE,
    settings: { ADMIN_TOKEN, ACCESS: 'open', REGISTRIES: bench.host, INSECURE_REGISTRIES: bench.host },
  });
  const call = async (method: string, path: string, json?: unknown, token?: string) => {
    const headers = new Headers();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (json !== undefined) headers.set('content-type', 'application/json');
    const body = json === undefined ? null : typeof json === 'string' ? json : JSON.stringify(json);
    const response = await fetch(service.url + path, { method, headers, body });
    const text = await response.text();
    return { status: response.status, text, json: parse(text) };
  };
  const put = async (path: string, json: object) => {
    const { status, text } = await call('PUT', path, json, ADMIN_TOKEN);
    if (status !== 201 && status !== 200) throw new Error(`PUT ${path}: ${status} ${text}`);
  };
  for (const [version, { url, signer }] of [
    [1, { url: bench.logs.v1Url, signer: bench.logs.v1.signer }],
    [2, { url: bench.logs.v2Url, signer: bench.logs.v2.signer }],
  ] as const)
    await put(`/v1/logs/v${version}`, {
      url,
      version,
      publicKey: signer.pem,
      validFrom: '2020-01-01T00:00:00Z',
    });
  const trust = async (key: string, transparency: 'required' | 'unsafe-none') => {
    for (const id of [key, `${key}-unlogged`]) await call('DELETE', `/v1/keys/${id}`, undefined, ADMIN_TOKEN);
    const id = transparency === 'required' ? key : `${key}-unlogged`;
    await put(`/v1/keys/${id}`, { publicKey: bench.publicKeys[key], transparency });
  };
  for (const key of Object.keys(bench.publicKeys)) await trust(key, 'required');
  return { call, trust, stop: () => service.stop() };
}

// biome-ignore lint/suspicious/noExplicitAny: answers of several forms
function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
