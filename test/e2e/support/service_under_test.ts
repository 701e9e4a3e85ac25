// The built bundle as a running service that trusts one key and may use one registry.

import { BUNDLE } from '../../../scripts/paths.ts';
import { type Runtime, type Service, startService } from '../../../scripts/service/service.ts';

const ADMIN_TOKEN = 'e2e-admin-token-0123456789abcdef';

export interface ServiceUnderTest extends Service {
  /** GETs `path` with the administrator's token, or without one. */
  get(path: string, as?: 'admin' | 'anyone'): Promise<Response>;
}

export interface Trust {
  runtime: Runtime;
  registry: string;
  keyPem: string;
  /** User and password for the registry, `user:password`. */
  credentials?: string | undefined;
}

export async function startServiceUnderTest(trust: Trust): Promise<ServiceUnderTest> {
  const { runtime, registry, keyPem, credentials } = trust;
  const auths = { auths: { [registry]: { auth: Buffer.from(credentials ?? '').toString('base64') } } };
  const service = await startService(runtime, {
    bundle: BUNDLE,
    settings: {
      ADMIN_TOKEN,
      ACCESS: 'open',
      REGISTRIES: registry,
      INSECURE_REGISTRIES: registry,
      ...(credentials !== undefined && { REGISTRY_AUTH: JSON.stringify(auths) }),
    },
  });
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
  const stored = await fetch(`${service.url}/v1/keys/release`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Type': 'application/json' },
    // Nothing was logged when signing, so no log can be required.
    body: JSON.stringify({ publicKey: keyPem, transparency: 'unsafe-none' }),
  });
  if (stored.status !== 201)
    throw new Error(`the key was not stored: ${stored.status} ${await stored.text()}`);
  return {
    ...service,
    get: (path, as = 'admin') => fetch(service.url + path, as === 'admin' ? { headers } : {}),
  };
}
