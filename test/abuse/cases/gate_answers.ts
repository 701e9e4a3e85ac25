// Published failures of proxies: what the gate answers, and in which form.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PERCENT_ENCODING } from '../shared_edits.ts';

export const gateAnswers: AbuseCase[] = [
  {
    id: 'A83',
    failure: 'The old target of a tag was served for ever, although the tag had moved to something unsigned.',
    answer: 'a tag is resolved on every call; only digests are cached',
    removals: [
      without(
        'resolving a tag on every pull',
        edit(
          'gate/pass_manifest.ts',
          'remembered(gate, image, asked);',
          'remembered(gate, image, asked ?? (reference as Digest));',
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
          'verify/evidence/gather.ts',
          "return shared(session, 'subject',",
          "return shared({ lookUps: { subject: ((session.verifier as any).subjects ??= new Map()) } } as unknown as Session, 'subject',",
        ),
      ),
    ],
  },
  {
    id: 'A84',
    failure:
      'A source that failed for a moment was treated as not having the content, and a less trusted one was asked.',
    answer: '`UNAVAILABLE`: only 404 means absent, and there is no other source',
    beside: 'There are no mirrors to fall back on: a name has one registry, and `mirrors` only maps names.',
    removals: [
      without(
        'the difference between a failure and not found',
        edit(
          'registry/ask.ts',
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
      'Clients that waited for one shared transfer hung, failed or saw too much when the first client went away.',
    answer: 'each pull has its own transfer; only look-ups within one request are shared',
    beside: 'For what callers with other credentials may see, see A39.',
    removals: [
      without(
        'the separate transfer of each pull (concurrent pulls share one)',
        edit(
          'http/routes/gate_blobs.ts',
          'const opened = await repositoryOf(gate.session, image).openBlob(digest, method, own);',
          'const flights = ((service as any).flights ??= new Map());\nconst flight = `${method} ${digest}`;\nconst shared = flights.get(flight) ?? repositoryOf(gate.session, image).openBlob(digest, method, own);\nflights.set(flight, shared);\nconst opened = await shared;\nflights.delete(flight);',
        ),
      ),
    ],
  },
  {
    id: 'A86',
    failure: 'Without logging in, a client could tell from the refusal which private repositories exist.',
    answer: '`UNAUTHORIZED`: the same 401 for everything, before the path is parsed',
    removals: [
      without(
        'the one answer',
        edit(
          'http/answer/distribution_error.ts',
          "if (error.code === 'UNAUTHENTICATED') return unauthorized(context);",
          '',
        ),
      ),
      without(
        'checking the token before the path is parsed',
        edit(
          'http/routes/gate.ts',
          "app.get('/v2/*', guard, (context) => {",
          "app.get('/v2/*', async (context, next) => { if (parseDistributionPath(rawPath(context.req.url), context.req.query('ns')) === undefined) throw new CallerError('NOT_FOUND', 'nothing'); await next(); }, guard, (context) => {",
        ),
      ),
    ],
  },
  {
    id: 'A87',
    failure: 'Line breaks in a name that a client sent ended up in the headers of the answer.',
    answer:
      '`NAME_INVALID`: names have a strict syntax, also the registry that a client names; the 401 repeats nothing',
    removals: [
      without(
        'the syntax check of the registry that a client names',
        edit(
          'gate/distribution_path.ts',
          'parseRepositoryName(ns === undefined ? below : `${ns}/${name}`)',
          'ns === undefined ? parseRepositoryName(below) : { registry: ns, repository: name }',
        ),
        edit('gate/distribution_path.ts', 'if (ns !== undefined && !isRegistry(ns))', 'if (ns === null)'),
      ),
      without('the refusal of percent-encoding', ...PERCENT_ENCODING),
    ],
  },
  {
    id: 'A88',
    failure: 'Odd ranges were computed wrongly, or a fetched part was treated as the whole.',
    answer: 'a range is cut from a whole that is hashed, and its last bytes wait for the digest of the whole',
    removals: [
      without(
        'the end of the whole',
        edit('gate/bodies/range.ts', 'Math.min(Number(to), size - 1)', 'Number(to)'),
      ),
      without(
        'the refusal of a range of the last 0 bytes',
        edit('gate/bodies/range.ts', "length === 0 ? 'unsatisfiable' : ", ''),
      ),
      without(
        'the order of first and last',
        edit('gate/bodies/range.ts', "if (to !== '' && Number(to) < first) return undefined;", ''),
      ),
      without(
        'the condition on the version that a range belongs to',
        edit(
          'http/request/conditional.ts',
          'if (condition !== undefined && condition.trim() !== `"${digest}"`) return undefined;',
          '',
        ),
      ),
      without(
        'holding back the end of a range',
        edit('gate/bodies/transfer.ts', 'if (!this.#isEndOfRange(kept)) return part;', 'return part;'),
      ),
    ],
  },
  {
    id: 'A89',
    failure: 'A read-only proxy forwarded writes.',
    answer: '`UNSUPPORTED`, 405: only GET and HEAD, and no header that overrides the method',
    removals: [
      without(
        'the restriction to reading',
        edit('http/routes/gate.ts', "app.get('/v2/*', guard,", "app.all('/v2/*', guard,"),
      ),
      without(
        'the method itself (a header may override it)',
        edit(
          'http/routes/gate.ts',
          "app.all('/v2/*', guard, (context) => {",
          "app.all('/v2/*', guard, (context, next) => {\n      if (context.req.header('x-http-method-override') === 'GET') return answerList(service, context, parseDistributionPath(rawPath(context.req.url), undefined) as never);",
        ),
      ),
    ],
  },
  {
    id: 'A90',
    failure:
      'A compressed answer was decompressed on the way, so that other bytes arrived than had been compared.',
    answer: '`REGISTRY_MALFORMED`: no content coding is requested, and an encoded answer is refused',
    beside: 'For a length that differs, see A76.',
    removals: [
      without(
        'the refusal of content codings',
        edit(
          'egress/egress.ts',
          "if (coding === null || coding === 'identity' || coding === 'aws-chunked') return;",
          'return;',
        ),
      ),
    ],
  },
];
