// /v2/: the OCI distribution API, pull only. Whatever passes here was judged by the policy `default`.
import type { Hono } from 'hono';
import { CallerError } from '../../core/errors/caller_error.ts';
import { fullName } from '../../core/reference.ts';
import { BadPathRequest, parseDistributionPath } from '../../gate/distribution_path.ts';
import { requireScope } from '../access/authenticate.ts';
import { assertMayName } from '../access/limit_to_names.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { rawPath } from '../request/path.ts';
import { isTimeout } from '../request/timeout.ts';
import { answerBlob } from './gate_blobs.ts';
import { answerList } from './gate_lists.ts';
import { answerManifest } from './gate_manifests.ts';

export function addGateRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'pull');
  app.get('/v2', guard, ping);
  app.get('/v2/', guard, ping);
  app.get('/v2/*', guard, (context) => {
    const asked = parseDistributionPath(rawPath(context.req.url), context.req.query('ns'));
    if (asked === undefined)
      throw new CallerError('NOT_FOUND', 'The gate serves only manifests, blobs, tags/list and referrers.');
    const timeout = context.req.query('timeout');
    if (timeout !== undefined && !isTimeout(timeout))
      throw new BadPathRequest('NAME_INVALID', 'timeout: expected a duration such as 8s or 500ms.');
    assertMayName(context, fullName(asked.image));
    switch (asked.what) {
      case 'manifest':
        return answerManifest(service, context, asked);
      case 'blob':
        return answerBlob(service, context, asked);
      default:
        return answerList(service, context, asked);
    }
  });
  app.all('/v2/*', guard, (context) => {
    context.header('Allow', 'GET, HEAD');
    throw new CallerError('METHOD_NOT_ALLOWED', 'The gate is for pulling only; use GET or HEAD.');
  });
}

function ping(context: AppContext): Response {
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  return context.body('{}', 200, { 'Content-Type': 'application/json' });
}
