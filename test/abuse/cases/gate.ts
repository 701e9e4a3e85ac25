// ABUSE section 5: gate and proxy.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PERCENT_ENCODING, REPOSITORY_OF_A_RECORD } from '../shared_edits.ts';

export const gate: AbuseCase[] = [
  {
    id: 'A76',
    failure: 'A proxy handed out bytes before it had compared them with their digest, and kept wrong ones.',
    answer:
      '`BLOB_DIGEST_MISMATCH`: hashed as they pass, the last held back until the digest is right; none kept',
    removals: [
      without(
        'the comparison of the digest',
        edit('gate/held_stream.ts', '!equalBytes(await this.#hasher.digest(), this.#expected)', 'false'),
      ),
      without(
        'the last chunk kept back',
        edit(
          'gate/held_stream.ts',
          'this.#kept = chunk;\n      if (kept !== undefined) return { chunk: kept, start };',
          'return { chunk, start: this.#length - chunk.length };',
        ),
      ),
      without(
        'the comparison of the size that upstream states',
        edit('http/held_body.ts', 'stated === null || Number(stated) === size', 'true'),
      ),
      without(
        'the line that reports a broken transfer',
        edit(
          'http/held_body.ts',
          "if (error.by !== 'client') reportBroken(service, context, name, error);",
          '',
        ),
      ),
    ],
  },
  {
    id: 'A77',
    failure: 'When the proxy failed, the platform let the request through to the origin.',
    answer: '`UNAVAILABLE`: every fault is answered here; what could not be judged does not pass',
    removals: [
      without(
        'the stop for what could not be decided',
        edit('verify/report.ts', "verdict === 'verified' || verdict === 'exempt'", "verdict !== 'refused'"),
        edit(
          'http/routes_gate.ts',
          'if (undecided !== undefined) return unavailable(context, undecided);',
          '',
        ),
      ),
      without(
        'the answer to a fault while judging: the content goes out',
        edit(
          'gate/pass_manifest.ts',
          'await judge(gate, image, { repository, digest, manifest, children, tag });',
          "await judge(gate, image, { repository, digest, manifest, children, tag }).then((judged) => { if (judged.undecided !== undefined) throw judged.undecided; return judged; }).catch(() => ({ verdict: 'exempt', code: 'EXEMPT', summary: '', keys: [], signatures: [], verifications: 0 }) as Report);",
        ),
      ),
      without(
        'the answer of our own to a store that fails',
        edit('store/guard.ts', "throw storeFailure(step, 'could not be reached');", 'throw error;'),
      ),
      without(
        'the answer of our own to a registry that cannot be reached',
        edit(
          'egress/egress.ts',
          ": failure(request, 'UNAVAILABLE', 'could not be fetched; the connection failed');",
          ': (error as Undecided);',
        ),
      ),
    ],
  },
  {
    id: 'A78',
    failure:
      'Cookies, tokens and other headers of the client were sent on to the registry, and its own sent back.',
    answer: 'requests and answers are made anew: only length, type and digest are taken over',
    removals: [
      without(
        'the request made anew: the headers of the client go along',
        edit(
          'http/routes_gate.ts',
          "app.get('/v2/*', guard, (context) => {",
          "app.get('/v2/*', guard, (context) => {\n    (globalThis as any).clientHeaders = context.req.header();",
        ),
        edit(
          'egress/egress.ts',
          '...request.headers,',
          '...(globalThis as any).clientHeaders, ...request.headers,',
        ),
      ),
      without(
        'the answer made anew: the headers of the registry come along',
        edit(
          'http/routes_gate.ts',
          "context.header('Accept-Ranges', 'bytes');",
          'for (const [name, value] of opened.headers) context.header(name, value);',
        ),
      ),
    ],
  },
  {
    id: 'A79',
    failure:
      'Some kinds of redirect were not followed, a HEAD became a GET, and addresses were shown to clients.',
    answer: 'each hop by hand and by the same rules: method, origin of credentials, host, count',
    removals: [
      without(
        'the kinds of redirect beside one',
        edit('egress/egress.ts', 'new Set([301, 302, 303, 307, 308])', 'new Set([307])'),
      ),
      without(
        'HEAD as HEAD',
        edit(
          'egress/egress.ts',
          "method: request.method ?? 'GET'",
          "method: request.method === 'POST' ? 'POST' : 'GET'",
        ),
      ),
      without(
        'what a relative address is relative to',
        edit('egress/egress.ts', 'URL.parse(location, url)', 'URL.parse(location)'),
      ),
      without(
        'the origin that credentials stay with',
        edit('egress/egress.ts', 'isSameOrigin &&= next.origin === first.origin;', ''),
      ),
      without(
        'the rules for where a hop may lead',
        edit(
          'egress/egress.ts',
          "if (problem !== undefined) throw failure(request, 'MALFORMED', `points to ${problem}`);",
          '',
        ),
      ),
      without('the end of a loop', edit('egress/egress.ts', 'hop <= MAX_REDIRECTS', 'true')),
      without(
        'the silence about addresses',
        edit('egress/egress.ts', '`points to ${problem}`', '`points to ${url.href}, ${problem}`'),
      ),
    ],
  },
  {
    id: 'A80',
    failure:
      'What was refused one way was to be had another: by HEAD, by digest, as a blob, from another place.',
    answer: '`NOT_ADMITTED`: one decision for a digest in a repository, before anything is opened or said',
    removals: [
      without(
        'the decision for HEAD',
        edit(
          'http/routes_gate.ts',
          'if (!mayPass(report)) return deny(context, code, summary);',
          "if (!mayPass(report) && context.req.method !== 'HEAD') return deny(context, code, summary);",
        ),
      ),
      without(
        'the decision for who says to have it already',
        edit(
          'http/routes_gate.ts',
          'if (refusal !== undefined) return refusal;\n  contentHeaders(context, digest, true);',
          'if (isKnown(context, digest)) return context.body(null, 304);\n  if (refusal !== undefined) return refusal;\n  contentHeaders(context, digest, true);',
        ),
      ),
      without(
        'the decision for blobs: any that is asked for by its digest is let through',
        edit(
          'gate/admit.ts',
          'return { report: notAdmitted(image, digest, above?.report), sizes: [] };',
          "return { report: { ...notAdmitted(image, digest, above?.report), verdict: 'verified' }, sizes: [] };",
        ),
      ),
      without(
        'the repository in what is remembered, and the verdict of that repository',
        ...REPOSITORY_OF_A_RECORD,
      ),
      without(
        'what a digest was named as',
        edit('store/parents.ts', '`parents/${as}/${toHex', '`parents/${toHex'),
      ),
      without(
        'the look into what is called a signature',
        edit(
          'gate/pass_manifest.ts',
          'if (!(await holdsDocuments(repository, manifest))) return undefined;',
          '',
        ),
      ),
    ],
  },
  {
    id: 'A81',
    failure: 'The guard read a path one way and the handler another, so that a spelling got past it.',
    answer: 'paths are canonical or 400, once, at the door; names by their grammar',
    removals: [
      without('the refusal of percent-encoding', ...PERCENT_ENCODING),
      without(
        'the grammar of tags',
        edit('gate/name.ts', 'if (TAG.test(text)) return text;', 'return text;'),
      ),
      without(
        'the one spelling of digests',
        edit('gate/name.ts', 'if (isDigest(text)) return text;', 'return text;'),
      ),
      without(
        'the refusal of tags and digests within a name',
        edit('gate/name.ts', '/[:@]/.test(name) || ', ''),
        edit('core/reference.ts', 'digest !== undefined || text.endsWith(`:${tag}`)', 'false'),
      ),
    ],
  },
  {
    id: 'A82',
    failure: 'What one client had pulled was given from a cache to others who may not have it.',
    answer: 'nothing is kept in shared caches; token and admitted manifest are asked for each time',
    beside: 'No blob is cached here, so that none can be given under the name of a host or a query.',
    removals: [
      without(
        'the token',
        edit(
          'http/routes_gate.ts',
          "app.get('/v2/*', guard, (context) => {",
          "app.get('/v2/*', (context) => {",
        ),
      ),
      without(
        'the repository in what is remembered, and the verdict of that repository',
        ...REPOSITORY_OF_A_RECORD,
      ),
      without(
        'the word to caches that this is for one client',
        edit(
          'http/routes_gate.ts',
          "isByDigest ? 'private, no-cache, immutable'",
          "isByDigest ? 'public, immutable'",
        ),
      ),
    ],
  },
  {
    id: 'A83',
    failure:
      'What a tag had once led to was served for ever, though the tag had moved to something unsigned.',
    answer: 'a tag is resolved on every call; only digests are remembered',
    removals: [
      without(
        'resolving a tag on every pull',
        edit(
          'gate/pass_manifest.ts',
          'remembered(gate, image, asked) ??',
          'remembered(gate, image, asked ?? (reference as Digest)) ??',
        ),
        edit(
          'gate/pass_manifest.ts',
          'remember(gate, image, digest, raw);',
          'remember(gate, image, asked ?? (reference as Digest), raw);',
        ),
      ),
      without(
        'resolving a tag on every verification',
        edit(
          'verify/gather.ts',
          'return shared(session, subjectFlight(reference, platform), () =>',
          'return shared({ flights: ((session.verifier as any).subjects ??= new Map()) } as Session, subjectFlight(reference, platform), () =>',
        ),
      ),
    ],
  },
  {
    id: 'A84',
    failure: 'A source that failed for a moment was read as not having it, and a less trusted one was asked.',
    answer: '`UNAVAILABLE`: only 404 is absent, and there is no other source',
    beside:
      'There are no mirrors to fall back on: a name has one registry, and `mirrors` are about names alone.',
    removals: [
      without(
        'the difference between failing and not having',
        edit(
          'registry/client.ts',
          'const ABSENT = new Set([404]);',
          'const ABSENT = new Set([404, 500, 502, 503]);',
        ),
        edit(
          'registry/client.ts',
          'if (response.status === 404) return undefined;',
          'if (response.status !== 200) return undefined;',
        ),
      ),
    ],
  },
  {
    id: 'A85',
    failure:
      'Clients that waited for one shared transfer hung, failed or saw too much when the first went away.',
    answer: 'each pull has its own transfer; promises are shared within one request alone',
    beside: 'What callers with other credentials may see is A39.',
    removals: [
      without(
        'the transfer of its own: pulls at the same time share one',
        edit(
          'http/routes_gate.ts',
          'const opened = await openNamed(gate.session, image).openBlob(digest, method, own);',
          'const flights = ((service as any).flights ??= new Map());\nconst flight = `${method} ${digest}`;\nconst shared = flights.get(flight) ?? openNamed(gate.session, image).openBlob(digest, method, own);\nflights.set(flight, shared);\nconst opened = await shared;\nflights.delete(flight);',
        ),
      ),
    ],
  },
  {
    id: 'A86',
    failure: 'Without logging in one could tell from the refusal which private repositories there are.',
    answer: '`UNAUTHORIZED`: one and the same 401 for everything, before the path is read',
    removals: [
      without(
        'the one answer',
        edit(
          'http/distribution_error.ts',
          "if (error.code === 'UNAUTHENTICATED') return unauthorized(context);",
          '',
        ),
      ),
      without(
        'the token before the path is read',
        edit(
          'http/routes_gate.ts',
          "app.get('/v2/*', guard, (context) => {",
          "app.get('/v2/*', async (context, next) => { if (parseWish(rawPath(context.req.url), context.req.query('ns')) === undefined) throw new CallerError('NOT_FOUND', 'nothing'); await next(); }, guard, (context) => {",
        ),
      ),
    ],
  },
  {
    id: 'A87',
    failure: 'Line breaks in a name that a client sent ended up in the headers of the answer.',
    answer:
      '`NAME_INVALID`: names by their grammar, the registry that a client names too; the 401 repeats nothing',
    removals: [
      without(
        'the grammar for the registry that a client names',
        edit(
          'gate/name.ts',
          'parseRepositoryName(ns === undefined ? below : `${ns}/${name}`)',
          'ns === undefined ? parseRepositoryName(below) : { registry: ns, repository: name }',
        ),
      ),
      without('the refusal of percent-encoding', ...PERCENT_ENCODING),
    ],
  },
  {
    id: 'A88',
    failure: 'Odd ranges were computed wrongly, or a part that had been fetched passed for the whole.',
    answer: 'parts are cut from a whole that is hashed, and the end of a part waits for that',
    removals: [
      without('the end of the whole', edit('gate/range.ts', 'Math.min(Number(to), size - 1)', 'Number(to)')),
      without(
        'the refusal of the last no bytes',
        edit('gate/range.ts', "length === 0 ? 'unsatisfiable' : ", ''),
      ),
      without(
        'the order of first and last',
        edit('gate/range.ts', "if (to !== '' && Number(to) < first) return undefined;", ''),
      ),
      without(
        'the condition on the version that the client has a part of',
        edit(
          'http/held_body.ts',
          'if (condition !== undefined && condition.trim() !== `"${digest}"`) return undefined;',
          '',
        ),
      ),
      without(
        'the end of a range kept back',
        edit('gate/held_stream.ts', 'if (!this.#isEndOfRange(kept)) return part;', 'return part;'),
      ),
    ],
  },
  {
    id: 'A89',
    failure: 'A proxy for reading passed on writes.',
    answer: '`UNSUPPORTED`, 405: GET and HEAD, and nothing that stands in for them',
    removals: [
      without(
        'the limit to reading',
        edit('http/routes_gate.ts', "app.get('/v2/*', guard,", "app.all('/v2/*', guard,"),
      ),
      without(
        'the method itself: a header may say another',
        edit(
          'http/routes_gate.ts',
          'app.all(path, guard, (context) => {',
          "app.all(path, guard, (context, next) => {\n      if (context.req.header('x-http-method-override') === 'GET') return answerList(service, context, parseWish(rawPath(context.req.url), undefined) as never);",
        ),
      ),
    ],
  },
  {
    id: 'A90',
    failure:
      'A compressed answer was unpacked on the way, so that other bytes arrived than had been compared.',
    answer: '`REGISTRY_MALFORMED`: no coding is asked for, and an answer in one is refused',
    beside: 'A length that differs is A76.',
    removals: [
      without(
        'the refusal of content codings',
        edit('egress/egress.ts', "coding !== null && coding !== 'identity'", 'false'),
      ),
    ],
  },
];
