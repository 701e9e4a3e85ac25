// /v1/inspect: lists what exists, without saying whether it can be trusted.
import type { Hono } from 'hono';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import { fullName, type ImageReference, parseImageReference } from '../../core/reference.ts';
import { parsePlatform } from '../../registry/platform.ts';
import { inspectImage } from '../../verify/inspect.ts';
import { Refused } from '../../verify/refused.ts';
import { assertMayName, requireScope } from '../access/authenticate.ts';
import type { AppEnv, Service } from '../context.ts';
import { textAfter } from '../request/path.ts';
import { query } from '../request/query.ts';
import { parsed } from '../request/question.ts';
import { inspectQuerySchema } from '../request/schemas.ts';
import { withSession } from '../session.ts';
import { allowOnly } from './routing.ts';

const PREFIX = '/v1/inspect/';

export function addInspectRoutes(app: Hono<AppEnv>, service: Service): void {
  app.get(`${PREFIX}*`, requireScope(service, 'inspect'), query(inspectQuerySchema), async (context) => {
    const { platform } = context.req.valid('query');
    const reference = parsed('BAD_REFERENCE', () => parseImageReference(textAfter(context.req.url, PREFIX)));
    assertMayName(context, fullName(reference));
    const wanted = platform === undefined ? undefined : parsed('BAD_REQUEST', () => parsePlatform(platform));
    const inspection = await withSession<object>(service, context, (session) =>
      inspectImage(session, reference, wanted).catch((error) => unreadable(error, reference)),
    );
    context.header('Cache-Control', 'no-store');
    return context.body(stringifyJson(inspection), 200, { 'Content-Type': 'application/json' });
  });
  allowOnly(app, `${PREFIX}*`, 'GET');
}

/** Reports a manifest that cannot be judged as a bad answer from the registry, because inspection gives no verdicts. */
function unreadable(error: unknown, { registry: host }: ImageReference): never {
  if (!(error instanceof Refused)) throw error;
  const upstream = { host, step: 'image manifest' };
  throw new Undecided('REGISTRY_MALFORMED', error.message, { retryable: false, upstream });
}
