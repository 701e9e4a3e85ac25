// ABUSE section 5, gate and proxy: what passes, and by which way.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PERCENT_ENCODING, REPOSITORY_OF_A_RECORD } from '../shared_edits.ts';

export const gatePassing: AbuseCase[] = [
  {
    id: 'A76',
    failure: 'A proxy handed out bytes before it had compared them with their digest, and kept wrong ones.',
    answer:
      '`BLOB_DIGEST_MISMATCH`: hashed as they pass, the last held back until the digest is right; none kept',
    removals: [
      without(
        'the comparison of the digest',
        edit('gate/transfer.ts', '!equalBytes(await this.#hasher.digest(), this.#expected)', 'false'),
      ),
      without(
        'the last chunk kept back',
        edit(
          'gate/transfer.ts',
          'this.#kept = chunk;\n      if (kept !== undefined) return { chunk: kept, start };',
          'return { chunk, start: this.#length - chunk.length };',
        ),
      ),
      without(
        'the comparison of the size that upstream states',
        edit('http/answer/held_body.ts', 'stated === null || Number(stated) === size', 'true'),
      ),
      without(
        'the line that reports a broken transfer',
        edit(
          'http/answer/held_body.ts',
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
          'http/routes/gate_answers.ts',
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
          'egress/failure.ts',
          ": failure(asked, 'UNAVAILABLE', 'could not be fetched; the connection failed');",
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
          'http/routes/gate.ts',
          "app.get('/v2/*', guard, (context) => {",
          "app.get('/v2/*', guard, (context) => {\n    (globalThis as any).clientHeaders = context.req.header();",
        ),
        edit(
          'egress/call.ts',
          '...request.headers,',
          '...(globalThis as any).clientHeaders, ...request.headers,',
        ),
      ),
      without(
        'the answer made anew: the headers of the registry come along',
        edit(
          'http/routes/gate_blobs.ts',
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
        edit('egress/redirects.ts', 'new Set([301, 302, 303, 307, 308])', 'new Set([307])'),
      ),
      without(
        'HEAD as HEAD',
        edit(
          'egress/call.ts',
          "method: request.method ?? 'GET'",
          "method: request.method === 'POST' ? 'POST' : 'GET'",
        ),
      ),
      without(
        'what a relative address is relative to',
        edit('egress/redirects.ts', 'URL.parse(location, url)', 'URL.parse(location)'),
      ),
      without(
        'the origin that credentials stay with',
        edit('egress/redirects.ts', 'isSameOrigin &&= url.origin === first.origin;', ''),
      ),
      without(
        'the rules for where a hop may lead',
        edit(
          'egress/redirects.ts',
          "if (problem !== undefined) throw failure(request, 'MALFORMED', `points to ${problem}`);",
          '',
        ),
      ),
      without('the end of a loop', edit('egress/redirects.ts', 'hop <= MAX_REDIRECTS', 'true')),
      without(
        'the silence about addresses',
        edit('egress/redirects.ts', '`points to ${problem}`', '`points to ${url.href}, ${problem}`'),
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
          'http/routes/gate_answers.ts',
          'if (!mayPass(report)) return deny(context, code, summary);',
          "if (!mayPass(report) && context.req.method !== 'HEAD') return deny(context, code, summary);",
        ),
      ),
      without(
        'the decision for who says to have it already',
        edit(
          'http/routes/gate_blobs.ts',
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
      without(
        'the look into what is called its configuration',
        edit(
          'gate/evidence_artifact.ts',
          "[parseDescriptor(config, 'config'), ...listed].map(",
          'listed.map(',
        ),
      ),
      without(
        'the word that a list was not judged',
        edit(
          'http/routes/gate_manifests.ts',
          'if (isList && mayPass(report)) sayNotJudged(context);\n  else {',
          '{',
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
        edit('gate/distribution_path.ts', 'if (TAG.test(text)) return text;', 'return text;'),
      ),
      without(
        'the one spelling of digests',
        edit('gate/distribution_path.ts', 'if (isDigest(text)) return text;', 'return text;'),
      ),
      without(
        'the refusal of tags and digests within a name',
        edit('gate/distribution_path.ts', '/[:@]/.test(name) || ', ''),
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
          'http/routes/gate.ts',
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
          'http/routes/gate_answers.ts',
          "isByDigest ? 'private, no-cache, immutable'",
          "isByDigest ? 'public, immutable'",
        ),
      ),
    ],
  },
];
