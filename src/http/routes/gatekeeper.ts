// /v1/gatekeeper/{policy}: an external data provider for Gatekeeper, with a verdict for each image that it asks about.
import type { Hono } from 'hono';
import { type ProviderItem, parseProviderRequest, providerResponse } from '../../admission/gatekeeper.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { answerJson } from '../answer/json.ts';
import { describeOutcome, isReport, passes } from '../answer/outcome.ts';
import type { AppEnv, Service } from '../context.ts';
import { readJsonDocument } from '../request/body.ts';
import { parsed } from '../request/parsed.ts';
import { query } from '../request/query.ts';
import { timeoutQuerySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { judgeImages, pinned } from './judge_images.ts';
import { idOf } from './records.ts';

/** In bytes. */
const MAX_PROVIDER_BYTES = 1024 * 1024;

export function addGatekeeperRoute(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  app.post('/v1/gatekeeper/:policy', guard, query(timeoutQuerySchema), async (context) => {
    const policy = idOf(context, 'policy');
    const value = await readJsonDocument(context, MAX_PROVIDER_BYTES);
    const { apiVersion, keys } = parsed('BAD_REQUEST', () => parseProviderRequest(value));
    const outcomes = await judgeImages(service, context, policy, keys, false);
    const judged = keys.map((key, at) => ({ key, outcome: outcomes[at] as Outcome }));
    const items = judged.flatMap(({ key, outcome }) =>
      mayChangeSoon(outcome) ? [] : [providerItem(key, outcome)],
    );
    const open = judged.filter(({ outcome }) => mayChangeSoon(outcome));
    const systemError = open.map(({ key, outcome }) => `${key}: ${describeOutcome(outcome)}`).join(' · ');
    return answerJson(context, providerResponse(apiVersion, items, systemError));
  });
  allowOnly(app, '/v1/gatekeeper/:policy', 'POST');
}

function providerItem(key: string, outcome: Outcome): ProviderItem {
  return passes(outcome)
    ? { key, value: pinned(key, outcome), error: '' }
    : { key, value: '', error: describeOutcome(outcome) };
}

/** Whether nothing was decided about the image: Gatekeeper caches items for minutes, but this may change in seconds. */
function mayChangeSoon(outcome: Outcome): boolean {
  return isReport(outcome) ? outcome.verdict === 'undecided' : outcome.code !== 'BAD_REFERENCE';
}
