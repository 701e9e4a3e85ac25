// GET /v2/{name}/manifests/{reference}: a manifest that the policy admits.
import { CallerError } from '../../core/errors/caller_error.ts';
import { fullName } from '../../core/reference.ts';
import type { PathRequest } from '../../gate/distribution_path.ts';
import { passManifest } from '../../gate/pass_manifest.ts';
import { mayPass } from '../../verify/report.ts';
import type { AppContext, Service } from '../context.ts';
import { isKnown } from '../request/conditional.ts';
import { answerFailed, answerJudged, contentHeaders, sayNotJudged, throughGate } from './gate_answers.ts';

export async function answerManifest(
  service: Service,
  context: AppContext,
  { image, reference, digest: asked }: Extract<PathRequest, { what: 'manifest' }>,
): Promise<Response> {
  const named = { ...image, ...(asked === undefined ? { tag: reference } : { digest: asked }) };
  const outcome = await throughGate(service, context, async (gate) => ({
    passed: await passManifest(gate, image, reference, asked),
  })).catch((error) => answerFailed(service, context, named, error));
  if (outcome instanceof Response) return outcome;
  const { passed } = outcome;
  if (passed === undefined)
    throw new CallerError(
      'IMAGE_NOT_FOUND',
      `The registry has no manifest ${reference} of ${fullName(image)}.`,
    );
  const { report, digest, mediaType, bytes, isList } = passed;
  if (isList && mayPass(report)) sayNotJudged(context);
  else {
    const refusal = answerJudged(service, context, { ...image, digest }, report);
    if (refusal !== undefined) return refusal;
  }
  contentHeaders(context, digest, asked !== undefined);
  if (isKnown(context, digest)) return context.body(null, 304);
  context.header('Content-Type', mediaType);
  context.header('Content-Length', String(bytes.length));
  return context.body(bytes);
}
