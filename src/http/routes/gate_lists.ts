// GET /v2/{name}/tags/list and /v2/{name}/referrers/{digest}: the registry's lists, page by page.
import type { Bytes } from '../../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJsonBytes } from '../../core/encoding/json.ts';
import { asArray, asCaseExactObject, isObject } from '../../core/encoding/json_fields.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { fullName, type ImageReference } from '../../core/reference.ts';
import { BadPathRequest, type PathRequest } from '../../gate/distribution_path.ts';
import { FILTERS_HEADER, type RepositoryClient } from '../../registry/client.ts';
import { DESCRIPTOR_FIELDS } from '../../registry/manifest.ts';
import { repositoryOf } from '../../verify/repositories.ts';
import { answer } from '../answer/distribution_error.ts';
import type { AppContext, Service } from '../context.ts';
import { rawPath } from '../request/path.ts';
import { sayNotJudged, throughGate } from './gate_answers.ts';

/** Tags per page, whatever a client asks for. */
const MAX_PAGE = 1000;

/** Answers with tags or referrers as the registry lists them: names only, which are judged when they are pulled. */
export async function answerList(
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
    const field = asked.what === 'tags' ? 'tags' : 'manifests';
    // Only its text is kept while others are served: parsed, a list of megabytes takes ten times its bytes.
    return { page: raw && { ...raw, list: stringifyJson(readList(repository, raw.bytes, field, step)) } };
  });
  if (page === undefined)
    return asked.what === 'tags'
      ? answer(context, 404, 'NAME_UNKNOWN', `The registry has no repository ${fullName(image)}.`)
      : withoutReferrers(context, image);
  sayNotJudged(context);
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  if (page.isFiltered === true) context.header(FILTERS_HEADER, 'artifactType');
  if (page.next !== undefined) context.header('Link', linkHere(context, page.next));
  // The registry's Content-Type is not passed on: it could make a browser render the list as a page.
  const type = asked.what === 'tags' ? 'application/json' : 'application/vnd.oci.image.index.v1+json';
  return context.body(page.list, 200, { 'Content-Type': type });
}

/** Only a list: the registry may redirect to any address, whose other documents are not for the caller. Go writes an empty one as null. */
function readList(repository: RepositoryClient, bytes: Bytes, field: string, step: string): JsonObject {
  const list = attempt(() => {
    const read = asCaseExactObject(parseJsonBytes(bytes, 'list'), 'list', [field]);
    return read[field] === null ? read : { ...read, [field]: asArray(read[field], field).map(namesOnly) };
  });
  if (list instanceof Malformed) throw repository.malformed(step, `cannot be read (${list.message})`);
  return list;
}

/** Clients would take what an artifact's entry embeds as `data`, or what is at its `urls`, without asking here. */
function namesOnly(item: Json): Json {
  if (!isObject(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => DESCRIPTOR_FIELDS.includes(name)));
}

/** `UNSUPPORTED` makes clients look for the fallback tag; on `NAME_UNKNOWN`, oras takes the repository for missing and stops. */
function withoutReferrers(context: AppContext, { registry }: ImageReference): Response {
  const sentence = `The registry ${registry} has no referrers API; try the fallback tag.`;
  return answer(context, 404, 'UNSUPPORTED', sentence);
}

/** Links to the next page: this path, the query that the registry gave, and the registry that the client named (`ns`). */
function linkHere(context: AppContext, next: string): string {
  const query = new URLSearchParams(next.replace(/^[^?]*/, ''));
  const ns = context.req.query('ns');
  query.delete('ns');
  if (ns !== undefined) query.set('ns', ns);
  return `<${rawPath(context.req.url)}?${query}>; rel="next"`;
}

/** In characters. */
const MAX_QUERY = 2048;

/** The query to send to the registry: what the client sent, since registries page in their own ways, with `n` capped. */
function pageQuery(context: AppContext): string {
  const query = new URL(context.req.url).searchParams;
  query.delete('ns');
  query.delete('timeout');
  const n = query.get('n');
  if (n !== null) {
    if (!/^[0-9]{1,15}$/.test(n))
      throw new BadPathRequest('PAGINATION_NUMBER_INVALID', 'n must be a whole number.');
    query.set('n', String(Math.min(Number(n), MAX_PAGE)));
  }
  const text = query.toString();
  if (text.length > MAX_QUERY) throw new BadPathRequest('NAME_INVALID', 'The query is too long.');
  return text === '' ? '' : `?${text}`;
}
