// A service in which an administrator changes logs and timestamp authorities.
import { createWorkersKvStore, type KvNamespace } from '../../../src/store/kv/workers_kv.ts';
import { type CallOptions, startService } from '../../support/service.ts';
import type { TestContext } from '../table.ts';

export function start(t: TestContext, vars: Record<string, unknown> = {}) {
  const service = startService(t.worker, vars);
  const call = (method: string, path: string, options: CallOptions = {}) =>
    service.call(method, `/v1/logs${path}`, { as: 'admin', ...options });
  const put = (id: string, json: unknown, headers = {}) => call('PUT', `/${id}`, { json, headers });
  return { service, call, put, store: createWorkersKvStore(service.kv as unknown as KvNamespace) };
}
