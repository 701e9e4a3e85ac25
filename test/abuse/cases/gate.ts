// ABUSE section 5: gate and proxy.
import type { AbuseCase } from '../abuse_case.ts';

export const gate: AbuseCase[] = [
  {
    id: 'A76',
    failure: 'A proxy handed out bytes before it had compared them with their digest, and kept wrong ones.',
    answer:
      '`BLOB_DIGEST_MISMATCH`: hashed as they pass, the last held back until the digest is right; none kept',
    removals: [
      {
        without: 'the comparison of the digest',
        edits: [
          {
            file: 'gate/held_stream.ts',
            find: '!equalBytes(await this.#hasher.digest(), this.#expected)',
            replace: 'false',
          },
        ],
      },
      {
        without: 'the last chunk kept back',
        edits: [
          {
            file: 'gate/held_stream.ts',
            find: 'this.#kept = chunk;\n      if (kept !== undefined) return { chunk: kept, start };',
            replace: 'return { chunk, start: this.#length - chunk.length };',
          },
        ],
      },
      {
        without: 'the comparison of the size that upstream states',
        edits: [
          {
            file: 'http/held_body.ts',
            find: 'stated === null || Number(stated) === size',
            replace: 'true',
          },
        ],
      },
      {
        without: 'the line that reports a broken transfer',
        edits: [
          {
            file: 'http/held_body.ts',
            find: "if (error.by !== 'client') reportBroken(service, context, name, error);",
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A77',
    failure: 'When the proxy failed, the platform let the request through to the origin.',
    answer: '`UNAVAILABLE`: every fault is answered here; what could not be judged does not pass',
    removals: [
      {
        without: 'the stop for what could not be decided',
        edits: [
          {
            file: 'verify/report.ts',
            find: "verdict === 'verified' || verdict === 'exempt'",
            replace: "verdict !== 'refused'",
          },
          {
            file: 'http/routes_gate.ts',
            find: 'if (undecided !== undefined) return unavailable(context, undecided);',
            replace: '',
          },
        ],
      },
      {
        without: 'the answer to a fault while judging: the content goes out',
        edits: [
          {
            file: 'gate/pass_manifest.ts',
            find: 'await judge(gate, image, { repository, digest, manifest, children, tag });',
            replace:
              "await judge(gate, image, { repository, digest, manifest, children, tag }).then((judged) => { if (judged.undecided !== undefined) throw judged.undecided; return judged; }).catch(() => ({ verdict: 'exempt', code: 'EXEMPT', summary: '', keys: [], signatures: [], verifications: 0 }) as Report);",
          },
        ],
      },
      {
        without: 'the answer of our own to a store that fails',
        edits: [
          {
            file: 'store/guard.ts',
            find: "throw storeFailure(step, 'could not be reached');",
            replace: 'throw error;',
          },
        ],
      },
      {
        without: 'the answer of our own to a registry that cannot be reached',
        edits: [
          {
            file: 'egress/egress.ts',
            find: ": failure(request, 'UNAVAILABLE', 'could not be fetched; the connection failed');",
            replace: ': (error as Undecided);',
          },
        ],
      },
    ],
  },
  {
    id: 'A78',
    failure:
      'Cookies, tokens and other headers of the client were sent on to the registry, and its own sent back.',
    answer: 'requests and answers are made anew: only length, type and digest are taken over',
    removals: [
      {
        without: 'the request made anew: the headers of the client go along',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "app.get('/v2/*', guard, (context) => {",
            replace:
              "app.get('/v2/*', guard, (context) => {\n    (globalThis as any).clientHeaders = context.req.header();",
          },
          {
            file: 'egress/egress.ts',
            find: '...request.headers,',
            replace: '...(globalThis as any).clientHeaders, ...request.headers,',
          },
        ],
      },
      {
        without: 'the answer made anew: the headers of the registry come along',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "context.header('Accept-Ranges', 'bytes');",
            replace: 'for (const [name, value] of opened.headers) context.header(name, value);',
          },
        ],
      },
    ],
  },
  {
    id: 'A79',
    failure:
      'Some kinds of redirect were not followed, a HEAD became a GET, and addresses were shown to clients.',
    answer: 'each hop by hand and by the same rules: method, origin of credentials, host, count',
    removals: [
      {
        without: 'the kinds of redirect beside one',
        edits: [
          {
            file: 'egress/egress.ts',
            find: 'new Set([301, 302, 303, 307, 308])',
            replace: 'new Set([307])',
          },
        ],
      },
      {
        without: 'HEAD as HEAD',
        edits: [
          {
            file: 'egress/egress.ts',
            find: "method: request.method ?? 'GET'",
            replace: "method: request.method === 'POST' ? 'POST' : 'GET'",
          },
        ],
      },
      {
        without: 'what a relative address is relative to',
        edits: [
          { file: 'egress/egress.ts', find: 'URL.parse(location, url)', replace: 'URL.parse(location)' },
        ],
      },
      {
        without: 'the origin that credentials stay with',
        edits: [
          {
            file: 'egress/egress.ts',
            find: 'isSameOrigin &&= next.origin === first.origin;',
            replace: '',
          },
        ],
      },
      {
        without: 'the rules for where a hop may lead',
        edits: [
          {
            file: 'egress/egress.ts',
            find: "if (problem !== undefined) throw failure(request, 'MALFORMED', `points to ${problem}`);",
            replace: '',
          },
        ],
      },
      {
        without: 'the end of a loop',
        edits: [{ file: 'egress/egress.ts', find: 'hop <= MAX_REDIRECTS', replace: 'true' }],
      },
      {
        without: 'the silence about addresses',
        edits: [
          {
            file: 'egress/egress.ts',
            find: '`points to ${problem}`',
            replace: '`points to ${url.href}, ${problem}`',
          },
        ],
      },
    ],
  },
  {
    id: 'A80',
    failure:
      'What was refused one way was to be had another: by HEAD, by digest, as a blob, from another place.',
    answer: '`NOT_ADMITTED`: one decision for a digest in a repository, before anything is opened or said',
    removals: [
      {
        without: 'the decision for HEAD',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: 'if (!mayPass(report)) return deny(context, code, summary);',
            replace:
              "if (!mayPass(report) && context.req.method !== 'HEAD') return deny(context, code, summary);",
          },
        ],
      },
      {
        without: 'the decision for who says to have it already',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: 'if (refusal !== undefined) return refusal;\n  contentHeaders(context, digest, true);',
            replace:
              'if (isKnown(context, digest)) return context.body(null, 304);\n  if (refusal !== undefined) return refusal;\n  contentHeaders(context, digest, true);',
          },
        ],
      },
      {
        without: 'the decision for blobs: any that is asked for by its digest is let through',
        edits: [
          {
            file: 'gate/admit.ts',
            find: 'return { report: notAdmitted(image, digest, above?.report), sizes: [] };',
            replace:
              "return { report: { ...notAdmitted(image, digest, above?.report), verdict: 'verified' }, sizes: [] };",
          },
        ],
      },
      {
        without: 'the repository in what is remembered, and the verdict of that repository',
        edits: [
          {
            file: 'store/admissions.ts',
            find: '`admission/${as}/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`',
            replace: '`admission/${as}/${digestHex(digest)}`',
          },
          {
            file: 'gate/admit.ts',
            find: 'const report = await admitParent(gate, image, as, digest, depth + 1);',
            replace:
              "const report: Report = { verdict: 'verified', code: 'VERIFIED', summary: '', keys: [], signatures: [], verifications: 0 };",
          },
        ],
      },
      {
        without: 'what a digest was named as',
        edits: [
          { file: 'store/admissions.ts', find: '`admission/${as}/${toHex', replace: '`admission/${toHex' },
        ],
      },
      {
        without: 'the look into what is called a signature',
        edits: [
          {
            file: 'gate/pass_manifest.ts',
            find: 'if (!(await holdsDocuments(repository, manifest))) return undefined;',
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A81',
    failure: 'The guard read a path one way and the handler another, so that a spelling got past it.',
    answer: 'paths are canonical or 400, once, at the door; names by their grammar',
    removals: [
      {
        without: 'the refusal of percent-encoding',
        edits: [{ file: 'http/path.ts', find: "(!isText && path.includes('%'))", replace: 'false' }],
      },
      {
        without: 'the grammar of tags',
        edits: [{ file: 'gate/name.ts', find: 'if (TAG.test(text)) return text;', replace: 'return text;' }],
      },
      {
        without: 'the one spelling of digests',
        edits: [{ file: 'gate/name.ts', find: 'if (isDigest(text)) return text;', replace: 'return text;' }],
      },
      {
        without: 'the refusal of tags and digests within a name',
        edits: [
          { file: 'gate/name.ts', find: '/[:@]/.test(name) || ', replace: '' },
          {
            file: 'core/reference.ts',
            find: 'digest !== undefined || (tag !== undefined && text.endsWith(`:${tag}`))',
            replace: 'false',
          },
        ],
      },
    ],
  },
  {
    id: 'A82',
    failure: 'What one client had pulled was given from a cache to others who may not have it.',
    answer: 'nothing is kept in shared caches; token and admitted manifest are asked for each time',
    removals: [
      {
        without: 'the token',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "app.get('/v2/*', guard, (context) => {",
            replace: "app.get('/v2/*', (context) => {",
          },
        ],
      },
      {
        without: 'the repository in what is remembered, and the verdict of that repository',
        edits: [
          {
            file: 'store/admissions.ts',
            find: '`admission/${as}/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`',
            replace: '`admission/${as}/${digestHex(digest)}`',
          },
          {
            file: 'gate/admit.ts',
            find: 'const report = await admitParent(gate, image, as, digest, depth + 1);',
            replace:
              "const report: Report = { verdict: 'verified', code: 'VERIFIED', summary: '', keys: [], signatures: [], verifications: 0 };",
          },
        ],
      },
      {
        without: 'the word to caches that this is for one client',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "isByDigest ? 'private, no-cache, immutable'",
            replace: "isByDigest ? 'public, immutable'",
          },
        ],
      },
    ],
    beside: 'No blob is cached here, so that none can be given under the name of a host or a query.',
  },
  {
    id: 'A83',
    failure:
      'What a tag had once led to was served for ever, though the tag had moved to something unsigned.',
    answer: 'a tag is resolved on every call; only digests are remembered',
    removals: [
      {
        without: 'resolving a tag on every pull',
        edits: [
          {
            file: 'gate/pass_manifest.ts',
            find: 'remembered(gate, image, asked) ??',
            replace: 'remembered(gate, image, asked ?? (reference as Digest)) ??',
          },
          {
            file: 'gate/pass_manifest.ts',
            find: 'remember(gate, image, digest, raw);',
            replace: 'remember(gate, image, asked ?? (reference as Digest), raw);',
          },
        ],
      },
      {
        without: 'resolving a tag on every verification',
        edits: [
          {
            file: 'verify/gather.ts',
            find: 'return shared(session, subjectFlight(reference, platform), () =>',
            replace:
              'return shared({ flights: ((session.verifier as any).subjects ??= new Map()) } as Session, subjectFlight(reference, platform), () =>',
          },
        ],
      },
    ],
  },
  {
    id: 'A84',
    failure: 'A source that failed for a moment was read as not having it, and a less trusted one was asked.',
    answer: '`UNAVAILABLE`: only 404 is absent, and there is no other source',
    removals: [
      {
        without: 'the difference between failing and not having',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'const ABSENT = new Set([404]);',
            replace: 'const ABSENT = new Set([404, 500, 502, 503]);',
          },
          {
            file: 'registry/client.ts',
            find: 'if (response.status === 404) return undefined;',
            replace: 'if (response.status !== 200) return undefined;',
          },
        ],
      },
    ],
    beside:
      'There are no mirrors to fall back on: a name has one registry, and `mirrors` are about names alone.',
  },
  {
    id: 'A85',
    failure:
      'Clients that waited for one shared transfer hung, failed or saw too much when the first went away.',
    answer: 'each pull has its own transfer; promises are shared within one request alone',
    removals: [
      {
        without: 'the transfer of its own: pulls at the same time share one',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: 'const opened = await openNamed(gate.session, image).openBlob(digest, method, own);',
            replace: [
              'const flights = ((service as any).flights ??= new Map());',
              'const flight = `${method} ${digest}`;',
              'const shared = flights.get(flight) ?? openNamed(gate.session, image).openBlob(digest, method, own);',
              'flights.set(flight, shared);',
              'const opened = await shared;',
              'flights.delete(flight);',
            ].join('\n'),
          },
        ],
      },
    ],
    beside: 'What callers with other credentials may see is A39.',
  },
  {
    id: 'A86',
    failure: 'Without logging in one could tell from the refusal which private repositories there are.',
    answer: '`UNAUTHORIZED`: one and the same 401 for everything, before the path is read',
    removals: [
      {
        without: 'the one answer',
        edits: [
          {
            file: 'http/distribution_error.ts',
            find: "if (error.code === 'UNAUTHENTICATED') return unauthorized(context);",
            replace: '',
          },
        ],
      },
      {
        without: 'the token before the path is read',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "app.get('/v2/*', guard, (context) => {",
            replace:
              "app.get('/v2/*', async (context, next) => { if (parseWish(rawPath(context.req.url), context.req.query('ns')) === undefined) throw new CallerError('NOT_FOUND', 'nothing'); await next(); }, guard, (context) => {",
          },
        ],
      },
    ],
  },
  {
    id: 'A87',
    failure: 'Line breaks in a name that a client sent ended up in the headers of the answer.',
    answer:
      '`NAME_INVALID`: names by their grammar, the registry that a client names too; the 401 repeats nothing',
    removals: [
      {
        without: 'the grammar for the registry that a client names',
        edits: [
          {
            file: 'gate/name.ts',
            find: 'parseRepositoryName(ns === undefined ? below : `${ns}/${name}`)',
            replace: 'ns === undefined ? parseRepositoryName(below) : { registry: ns, repository: name }',
          },
        ],
      },
      {
        without: 'the refusal of percent-encoding',
        edits: [{ file: 'http/path.ts', find: "(!isText && path.includes('%'))", replace: 'false' }],
      },
    ],
  },
  {
    id: 'A88',
    failure: 'Odd ranges were computed wrongly, or a part that had been fetched passed for the whole.',
    answer: 'parts are cut from a whole that is hashed, and the end of a part waits for that',
    removals: [
      {
        without: 'the end of the whole',
        edits: [
          {
            file: 'gate/range.ts',
            find: 'Math.min(Number(to), size - 1)',
            replace: 'Number(to)',
          },
        ],
      },
      {
        without: 'the refusal of the last no bytes',
        edits: [{ file: 'gate/range.ts', find: "length === 0 ? 'unsatisfiable' : ", replace: '' }],
      },
      {
        without: 'the order of first and last',
        edits: [
          {
            file: 'gate/range.ts',
            find: "if (to !== '' && Number(to) < first) return undefined;",
            replace: '',
          },
        ],
      },
      {
        without: 'the condition on the version that the client has a part of',
        edits: [
          {
            file: 'http/held_body.ts',
            find: 'if (condition !== undefined && condition.trim() !== `"${digest}"`) return undefined;',
            replace: '',
          },
        ],
      },
      {
        without: 'the end of a range kept back',
        edits: [
          {
            file: 'gate/held_stream.ts',
            find: 'if (!this.#isEndOfRange(kept)) return part;',
            replace: 'return part;',
          },
        ],
      },
    ],
  },
  {
    id: 'A89',
    failure: 'A proxy for reading passed on writes.',
    answer: '`UNSUPPORTED`, 405: GET and HEAD, and nothing that stands in for them',
    removals: [
      {
        without: 'the limit to reading',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: "app.get('/v2/*', guard,",
            replace: "app.all('/v2/*', guard,",
          },
        ],
      },
      {
        without: 'the method itself: a header may say another',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: 'app.all(path, guard, (context) => {',
            replace:
              "app.all(path, guard, (context, next) => {\n      if (context.req.header('x-http-method-override') === 'GET') return answerList(service, context, parseWish(rawPath(context.req.url), undefined) as never);",
          },
        ],
      },
    ],
  },
  {
    id: 'A90',
    failure:
      'A compressed answer was unpacked on the way, so that other bytes arrived than had been compared.',
    answer: '`REGISTRY_MALFORMED`: no coding is asked for, and an answer in one is refused',
    removals: [
      {
        without: 'the refusal of content codings',
        edits: [
          {
            file: 'egress/egress.ts',
            find: "coding !== null && coding !== 'identity'",
            replace: 'false',
          },
        ],
      },
    ],
    beside: 'A length that differs is A76.',
  },
];
