// /v1/inspect: lists what exists, without saying whether it can be trusted.
import type { Hono } from 'hono';
import { Undecided } from '../../core/errors/undecided.ts';
import type { ImageReference } from '../../core/reference.ts';
import { inspectImage } from '../../verify/inspect.ts';
import { Refused } from '../../verify/refused.ts';
import { requireScope } from '../access/authenticate.ts';
import { assertMayName } from '../access/limit_to_names.ts';
import { answerJson } from '../answer/json.ts';
import type { AppEnv, Service } from '../context.ts';
import { textAfter } from '../request/path.ts';
import { query } from '../request/query.ts';
import { imageOf, namesIn } from '../request/read_question.ts';
import { inspectQuerySchema } from '../request/schemas.ts';
import { withSession } from '../with_session.ts';
import { allowOnly } from './allow_only.ts';

const PREFIX = '/v1/inspect/';

export function addInspectRoutes(app: Hono<AppEnv>, service: Service): void {
  app.get(`${PREFIX}*`, requireScope(service, 'inspect'), query(inspectQuerySchema), async (context) => {
    const image = imageOf(textAfter(context.req.url, PREFIX), context.req.valid('query'));
    assertMayName(context, ...namesIn(image));
    const inspection = await withSession<object>(service, context, (session) =>
      inspectImage(session, image).catch((error) => unreadable(error, image.reference)),
    );
    return answerJson(context, inspection);
  });
  allowOnly(app, `${PREFIX}*`, 'GET');
}

/** Reports a manifest that cannot be judged as a bad answer from the registry, because inspection gives no verdicts. */
function unreadable(error: unknown, { registry: host }: ImageReference): never {
  if (!(error instanceof Refused)) throw error;
  const upstream = { host, step: 'image manifest' };
  throw new Undecided('REGISTRY_MALFORMED', error.message, { retryable: false, upstream });
}
