// /v2/: the distribution API, pull only. Whatever passes here was judged by the policy `default`.
import type { Hono } from 'hono';
import { CallerError } from '../core/caller_error.ts';
import type { Digest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import { type JsonObject, parseJsonBytes } from '../core/encoding/json.ts';
import { asObject } from '../core/encoding/json_fields.ts';
import { stringifyJson } from '../core/encoding/json_text.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import type { OpenedResponse } from '../egress/egress.ts';
import { failure } from '../egress/failure.ts';
import { admitBlob } from '../gate/admit.ts';
import { BadPathRequest, type PathRequest, parseDistributionPath } from '../gate/distribution_path.ts';
import { passManifest } from '../gate/pass_manifest.ts';
import type { GateSession } from '../gate/session.ts';
import type { RepositoryClient } from '../registry/client.ts';
import { failedReport, mayPass, type Report } from '../verify/report.ts';
import { repositoryOf } from '../verify/repositories.ts';
import type { Session } from '../verify/session.ts';
import { auditDecision } from './audit.ts';
import { assertMayName, requireScope } from './authenticate.ts';
import type { AppContext, AppEnv, Service } from './context.ts';
import { answer, deny, unavailable } from './distribution_error.ts';
import { isDuration } from './duration.ts';
import { forgetBody, isKnown, reportBroken, sendHeld, sizeProblem, wantedRange } from './held_body.ts';
import { rawPath } from './path.ts';
import { DEFAULT_POLICY } from './question_from_request.ts';
import { withSession } from './session.ts';

/** Tags a page, whatever a client asks for. */
const MAX_PAGE = 1000;
const POLICY = { id: DEFAULT_POLICY, isImplied: true };

export function addGateRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'pull');
  app.get('/v2', guard, ping);
  app.get('/v2/', guard, ping);
  app.get('/v2/*', guard, (context) => {
    const asked = parseDistributionPath(rawPath(context.req.url), context.req.query('ns'));
    if (asked === undefined)
      throw new CallerError(
        'NOT_FOUND',
        'The gate has manifests, blobs, tags/list and referrers, and nothing else.',
      );
    const timeout = context.req.query('timeout');
    if (timeout !== undefined && !isDuration(timeout))
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
  for (const path of ['/v2', '/v2/*']) {
    app.all(path, guard, (context) => {
      context.header('Allow', 'GET, HEAD');
      throw new CallerError('METHOD_NOT_ALLOWED', 'The gate is for pulling: GET and HEAD.');
    });
  }
}

function ping(context: AppContext): Response {
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  return context.body('{}', 200, { 'Content-Type': 'application/json' });
}

/** What upstream states, where any manifest says so too: one that says otherwise must not spoil the others. */
function sizeOf({ headers }: OpenedResponse, sizes: number[]): number | undefined {
  const stated = headers.get('content-length');
  return stated !== null && sizes.includes(Number(stated)) ? Number(stated) : sizes[0];
}

/** @param work has the deadline's time; a stream that it opened goes on behind it */
function throughGate<T extends object>(
  service: Service,
  context: AppContext,
  work: (gate: GateSession) => Promise<T>,
): Promise<T> {
  const gateOf = (session: Session): GateSession => ({
    session,
    memory: service.gate.memory,
    edge: service.gate.edge,
    store: context.get('store'),
    policy: POLICY,
  });
  return withSession(service, context, (session) => work(gateOf(session)));
}

async function answerManifest(
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
  return context.req.method === 'HEAD' ? context.body(null, 200) : context.body(bytes, 200);
}

async function answerBlob(
  service: Service,
  context: AppContext,
  { image, digest }: Extract<PathRequest, { what: 'blob' }>,
): Promise<Response> {
  const isHead = context.req.method === 'HEAD';
  const own = new AbortController();
  const passing = throughGate(service, context, async (gate) => {
    const { report, sizes } = await admitBlob(gate, image, digest);
    if (!mayPass(report) || isKnown(context, digest)) return { report };
    const method = isHead ? 'HEAD' : 'GET';
    const opened = await repositoryOf(gate.session, image).openBlob(digest, method, own);
    return { report, size: opened && sizeOf(opened, sizes), opened };
  });
  const outcome = await passing.catch((error) => {
    // After the deadline nobody reads this body.
    own.abort();
    return answerFailed(service, context, { ...image, digest }, error);
  });
  if (outcome instanceof Response) return outcome;
  const { report, size, opened } = outcome;
  const refusal = answerJudged(service, context, { ...image, digest }, report);
  if (refusal !== undefined) return refusal;
  contentHeaders(context, digest, true);
  if (isKnown(context, digest)) return context.body(null, 304);
  if (opened === undefined || size === undefined) {
    forgetBody(context);
    return answer(context, 404, 'BLOB_UNKNOWN', `The registry has no blob ${digest} of ${fullName(image)}.`);
  }
  const name = `${fullName(image)}@${digest}`;
  const refuse = (problem: string) => {
    context.header('Countersign-Verdict', 'refused');
    return deny(context, 'BLOB_DIGEST_MISMATCH', `${problem}.`);
  };
  const problem = sizeProblem(opened, size);
  if (problem !== undefined) {
    own.abort();
    reportBroken(service, context, name, { by: 'content', message: problem });
    return refuse(problem);
  }
  context.header('Content-Type', 'application/octet-stream');
  context.header('Accept-Ranges', 'bytes');
  const range = isHead ? undefined : wantedRange(context, digest, size);
  if (range === 'unsatisfiable') {
    own.abort();
    context.header('Content-Range', `bytes */${size}`);
    return answer(context, 416, 'RANGE_INVALID', `The range lies outside of the ${size} bytes.`);
  }
  const unavailable = (what: string) =>
    failure({ service: 'registry', step: 'blob', url: `https://${image.registry}/` }, 'UNAVAILABLE', what);
  return sendHeld(
    service,
    context,
    { name, digest, size, own, body: opened.body, range, unavailable },
    refuse,
  );
}

function readList(repository: RepositoryClient, bytes: Bytes, step: string): JsonObject {
  const list = attempt(() => asObject(parseJsonBytes(bytes, 'list'), 'list'));
  if (list instanceof Malformed) throw repository.malformed(step, `cannot be read (${list.message})`);
  return list;
}

/** Tags and referrers as the registry lists them: names, which are judged when they are pulled. */
async function answerList(
  service: Service,
  context: AppContext,
  asked: Extract<PathRequest, { what: 'tags' | 'referrers' }>,
): Promise<Response> {
  const { image } = asked;
  const { page } = await throughGate(service, context, async ({ session }) => {
    const repository = repositoryOf(session, image);
    const query = pageQuery(context);
    const step = asked.what === 'tags' ? 'list of tags' : 'list of referrers';
    const raw =
      asked.what === 'tags'
        ? await repository.tags(query)
        : await repository.referrers(asked.digest, step, { query });
    return { page: raw && { ...raw, list: readList(repository, raw.bytes, step) } };
  });
  if (page === undefined)
    return answer(context, 404, 'NAME_UNKNOWN', `The registry has no list for ${fullName(image)}.`);
  sayNotJudged(context);
  context.header('Cache-Control', 'no-store');
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  if (page.next !== undefined) context.header('Link', linkHere(context, page.next));
  // What the registry calls it is not passed on: it might be a page for a browser.
  const type = asked.what === 'tags' ? 'application/json' : 'application/vnd.oci.image.index.v1+json';
  return context.body(stringifyJson(page.list), 200, { 'Content-Type': type });
}

/** Of a list: nothing in it has been found good. */
function sayNotJudged(context: AppContext): void {
  context.header('Countersign-Verdict', 'undecided');
  context.header('Countersign-Code', 'NOT_JUDGED');
}

/** The next page is at the same path here, with what the registry asks for, and with the registry that the client named. */
function linkHere(context: AppContext, next: string): string {
  const query = new URLSearchParams(next.includes('?') ? next.slice(next.indexOf('?') + 1) : '');
  const ns = context.req.query('ns');
  query.delete('ns');
  if (ns !== undefined) query.set('ns', ns);
  return `<${rawPath(context.req.url)}?${query}>; rel="next"`;
}

/** In characters. */
const MAX_QUERY = 2048;

/** What the registry is asked of what the client asked: how registries page is their own affair. */
function pageQuery(context: AppContext): string {
  const query = new URL(context.req.url).searchParams;
  query.delete('ns');
  query.delete('timeout');
  const n = query.get('n');
  if (n !== null) {
    if (!/^[0-9]{1,15}$/.test(n))
      throw new BadPathRequest('PAGINATION_NUMBER_INVALID', 'n is a whole number.');
    query.set('n', String(Math.min(Number(n), MAX_PAGE)));
  }
  const text = query.toString();
  if (text.length > MAX_QUERY) throw new BadPathRequest('NAME_INVALID', 'The query is too long.');
  return text === '' ? '' : `?${text}`;
}

/** What ended before there was a verdict is one too: a refusal, or undecided. Any other error is thrown on. */
function answerFailed(
  service: Service,
  context: AppContext,
  reference: ImageReference,
  error: unknown,
): Response {
  const report = failedReport(error);
  const refusal = answerJudged(service, context, reference, report);
  if (refusal === undefined) throw error;
  return refusal;
}

/** Says the verdict in headers and in the log. @returns the refusal, where it does not pass */
function answerJudged(
  service: Service,
  context: AppContext,
  reference: ImageReference,
  report: Report,
): Response | undefined {
  const { verdict, code, summary, undecided } = report;
  auditDecision(service, context, { reference, report, isGated: true });
  context.set('verifications', report.verifications);
  context.header('Countersign-Verdict', verdict);
  if (undecided !== undefined) return unavailable(context, undecided);
  if (!mayPass(report)) return deny(context, code, summary);
  if (verdict === 'refused') context.header('Countersign-Code', code);
  return undefined;
}

/** @param isByDigest what a digest names never changes */
function contentHeaders(context: AppContext, digest: Digest, isByDigest: boolean): void {
  context.header('Docker-Content-Digest', digest);
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  context.header('ETag', `"${digest}"`);
  // Whether it may be pulled can change at any time: nobody else's cache decides that.
  context.header('Cache-Control', isByDigest ? 'private, no-cache, immutable' : 'private, no-cache');
}
