// Published failures of proxies: what passes the gate, and by which way.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PERCENT_ENCODING, REPOSITORY_OF_A_RECORD } from '../shared_edits.ts';

export const gatePassing: AbuseCase[] = [
  {
    id: 'A76',
    failure: 'A proxy passed bytes on before comparing them with their digest, and cached wrong ones.',
    answer:
      '`BLOB_DIGEST_MISMATCH`: bytes are hashed as they pass, and the last chunk is held back until the digest matches; none are cached',
    removals: [
      without(
        'the comparison of the digest',
        edit('gate/bodies/transfer.ts', '!equalBytes(await this.#hasher.digest(), this.#expected)', 'false'),
      ),
      without(
        'holding back the last chunk',
        edit(
          'gate/bodies/transfer.ts',
          'this.#kept = chunk;\n      if (kept !== undefined) return { chunk: kept, start };',
          'return { chunk, start: this.#length - chunk.length };',
        ),
      ),
      without(
        'the comparison with the size that upstream states',
        edit('http/answer/held_body.ts', 'stated === null || Number(stated) === size', 'true'),
      ),
      without(
        'the log line about a broken transfer',
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
    answer: '`UNAVAILABLE`: the service answers every failure itself; what could not be judged does not pass',
    removals: [
      without(
        'blocking what is undecided',
        edit('verify/report.ts', "verdict === 'verified' || verdict === 'exempt'", "verdict !== 'refused'"),
        edit(
          'http/routes/gate_answers.ts',
          'if (undecided !== undefined) return unavailable(context, undecided);',
          '',
        ),
      ),
      without(
        'the answer to a failure while judging (the content passes)',
        edit(
          'gate/pass_manifest.ts',
          'await judge(gate, image, fetched);',
          "await judge(gate, image, fetched).then((judged) => { if (judged.undecided !== undefined) throw judged.undecided; return judged; }).catch(() => ({ verdict: 'exempt', code: 'EXEMPT', summary: '', keys: [], signatures: [], verifications: 0 }) as Report);",
        ),
      ),
      without(
        'our own answer to a store failure',
        edit(
          'store/kv/guard.ts',
          "throw storeFailure(step, 'could not be reached', options);",
          'throw error;',
        ),
      ),
      without(
        'our own answer to a registry that cannot be reached',
        edit('egress/failure.ts', 'if (error instanceof Undecided) return', 'if (true) return'),
      ),
    ],
  },
  {
    id: 'A78',
    failure:
      'Cookies, tokens and other headers of the client were forwarded to the registry, and the registry’s to the client.',
    answer: 'requests and answers are built anew: only length, type and digest are copied',
    removals: [
      without(
        'building the request anew (the client’s headers are forwarded)',
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
        'building the answer anew (the registry’s headers are forwarded)',
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
      'Some redirects were not followed, a HEAD became a GET, or redirect addresses were shown to clients.',
    answer:
      'every hop is followed by the service itself, under the same rules: method, origin of credentials, host, count',
    removals: [
      without(
        'the redirect statuses other than 307',
        edit('egress/redirects.ts', 'new Set([301, 302, 303, 307, 308])', 'new Set([307])'),
      ),
      without(
        'keeping HEAD as HEAD',
        edit(
          'egress/call.ts',
          "method: request.method ?? 'GET'",
          "method: request.method === 'POST' ? 'POST' : 'GET'",
        ),
      ),
      without(
        'resolving a relative address',
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
        'keeping addresses out of answers',
        edit('egress/redirects.ts', '`points to ${problem}`', '`points to ${url.href}, ${problem}`'),
      ),
    ],
  },
  {
    id: 'A80',
    failure:
      'Refused content was available in another way: by HEAD, by digest, as a blob, or from another repository.',
    answer:
      '`NOT_ADMITTED`: one decision for a digest in a repository, before anything is opened or answered',
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
        'the decision for a client that states it has the blob already',
        edit(
          'http/routes/gate_blobs.ts',
          'if (refusal !== undefined) return refusal;',
          'if (isKnown(context, digest)) return context.body(null, 304);\n  if (refusal !== undefined) return refusal;',
        ),
      ),
      without(
        'the decision for blobs (any digest passes)',
        edit(
          'gate/admit.ts',
          'return { report: notAdmitted(image, digest, above?.report), sizes: [] };',
          "return { report: { ...notAdmitted(image, digest, above?.report), verdict: 'verified' }, sizes: [] };",
        ),
      ),
      without(
        'the repository in the record of what was admitted, and the verdict on that repository',
        ...REPOSITORY_OF_A_RECORD,
      ),
      without(
        'the distinction between manifests and blobs in that record',
        edit('store/parents.ts', '`parents/${as}/${toHex', '`parents/${toHex'),
      ),
      without(
        'opening what is called a signature',
        edit(
          'gate/pass_manifest.ts',
          'if (!(await holdsDocuments(repository, evidence))) return undefined;',
          '',
        ),
      ),
      without(
        'the digest of what is opened',
        edit('gate/evidence_artifact.ts', 'if ((await digestOf(bytes)) !== digest) return false;', ''),
      ),
      without(
        'the difference between a document and an archive',
        edit('gate/evidence_artifact.ts', ' || isTar(bytes)', ''),
      ),
      without(
        'the search for an archive that begins later',
        edit('gate/evidence_artifact.ts', 'at < bytes.length; at += 512', 'at < 1; at += 512'),
      ),
      without(
        'the names that a signature may have',
        edit('gate/evidence_artifact.ts', 'own.has(digest) && !hasOnly(document, DOCUMENT)', 'false'),
      ),
      without(
        'the names that a configuration may have',
        edit('gate/evidence_artifact.ts', 'hasOnly(document, CONFIGURATION) &&', ''),
      ),
      without(
        'the rule that a configuration says nothing to run',
        edit('gate/evidence_artifact.ts', 'Object.keys(Object(config)).length === 0 &&', ''),
      ),
      without(
        'the comparison of the layers that a configuration names',
        edit('gate/evidence_artifact.ts', 'named.every((digest) => layers.has(digest))', 'true'),
      ),
      without(
        'the refusal of a list of referrers that brings what it lists',
        edit('gate/evidence_artifact.ts', 'DESCRIPTOR_FIELDS.includes(name)', 'name'),
      ),
      without(
        'leaving out what a list of referrers brings',
        edit('http/routes/gate_lists.ts', '.map(namesOnly)', ''),
      ),
      without(
        'opening what is called a configuration',
        edit('gate/evidence_artifact.ts', 'new Set([configuration, ...own])', 'own'),
      ),
      without(
        'stating that a list was not judged',
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
    failure: 'The guard parsed a path differently from the handler, so that some spelling bypassed it.',
    answer: 'a path is canonical or 400, which is checked once, first; names have a strict syntax',
    removals: [
      without('the refusal of percent-encoding', ...PERCENT_ENCODING),
      without(
        'the syntax of tags',
        edit('gate/distribution_path.ts', 'if (TAG.test(text)) return text;', 'return text;'),
      ),
      without(
        'the rule that a digest has one spelling',
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
    failure: 'Content that one client had pulled was served from a cache to clients without access to it.',
    answer: 'no content is kept in shared caches; the token and the admitted manifest are checked every time',
    beside: 'No blob is cached here, so none can be served under another host or query.',
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
        'the repository in the record of what was admitted, and the verdict on that repository',
        ...REPOSITORY_OF_A_RECORD,
      ),
      without(
        'telling caches that the answer is for one client',
        edit(
          'http/routes/gate_answers.ts',
          "isByDigest ? 'private, no-cache, immutable'",
          "isByDigest ? 'public, immutable'",
        ),
      ),
      without(
        'the end of what this isolate remembers (asking for it renews it)',
        edit('gate/pass_manifest.ts', 'known === undefined && mayPass(report)', 'mayPass(report)'),
      ),
    ],
  },
];
