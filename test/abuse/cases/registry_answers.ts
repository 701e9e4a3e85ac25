// Published failures with registries: answers that are false, fail or never end.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const registryAnswers: AbuseCase[] = [
  {
    id: 'A41',
    failure: 'An endless answer, or one that grew when decompressed, was read whole.',
    answer:
      'bytes are counted as they arrive and must match the stated size; nothing is decompressed; proofs are counted; time is limited',
    removals: [
      without(
        'the limit of one answer',
        edit('egress/response_body.ts', 'if (length > request.maxBytes)', 'if (false)'),
      ),
      without(
        'the limit of all answers together',
        edit('egress/budget.ts', 'if (bytes > MAX_UPSTREAM_BYTES)', 'if (false)'),
      ),
      without(
        'the limit of the size that a descriptor may state',
        edit('registry/layers.ts', 'if (size > maxBytes)', 'if (false)'),
      ),
      without(
        'the comparison with the stated size',
        edit('core/steps/payload.ts', 'if (layer.size !== listed.bytes.length) {', 'if (false) {'),
      ),
      without(
        'the refusal of compressed answers',
        edit(
          'egress/egress.ts',
          "if (coding === null || coding === 'identity' || coding === 'aws-chunked') return;",
          'return;',
        ),
      ),
      without(
        'the deadline',
        edit(
          'verify/deadline.ts',
          'const first = await Promise.race([finished, expired]);',
          "const first = await (Promise.race([finished]) as Promise<T | 'late'>);",
        ),
      ),
      without(
        'the limit of proofs',
        edit('core/meter.ts', 'if (meter.proofs >= MAX_PROOFS) {', 'if (false) {'),
      ),
    ],
  },
  {
    id: 'A42',
    failure: 'A failed look-up was read as: there is no signature.',
    answer: 'only "not found" means absent; every other failure is undecided, and is not cached',
    removals: [
      without(
        'the difference between a failure and not found',
        edit(
          'registry/ask.ts',
          'const ABSENT = new Set([404]);',
          'const ABSENT = { has: (status: number) => status !== 200 } as Set<number>;',
        ),
        edit(
          'registry/client.ts',
          'if (response.status === 404) return undefined;',
          'if (response.status !== 200) return undefined;',
        ),
      ),
      without(
        'the difference between a failing list of referrers and none',
        edit(
          'registry/client.ts',
          'const NO_REFERRERS = new Set([400, 404, 405, 406, 501]);',
          'const NO_REFERRERS = { has: (status: number) => status !== 200 } as Set<number>;',
        ),
      ),
      without(
        'the failure of a later page',
        edit(
          'registry/client.ts',
          'const absent = isFirst ? NO_REFERRERS : new Set<number>();',
          'const absent = NO_REFERRERS;',
        ),
      ),
      without(
        'the record of places that could not be searched',
        edit('registry/find_evidence.ts', 'gapAt[at] = error;', ''),
      ),
      without(
        'the rule that undecided results are not cached',
        edit(
          'verify/evidence/evidence_cache.ts',
          "if (gaps.length > 0 || evidence.some((item) => 'missing' in item)) return;",
          '',
        ),
      ),
      without(
        'forgetting a challenge that fails',
        edit(
          'registry/authorization.ts',
          'forgetAuthorization(context);\n    return undefined;',
          'throw error;',
        ),
      ),
    ],
  },
  {
    id: 'A43',
    failure: 'What a list says about an artifact was believed instead of the artifact itself.',
    answer:
      'the artifact’s own manifest decides: its subject and its layers, whatever the list or a header says',
    removals: [
      without(
        'the subject that an artifact itself states',
        edit(
          'registry/open_referrers.ts',
          'if (manifest === undefined || (manifest.subject !== undefined && manifest.subject !== subject)) return [];',
          'if (manifest === undefined) return [];',
        ),
      ),
      without(
        'the second look at what the list gives another type',
        edit(
          'verify/judge_until_met.ts',
          'if ((await wholeOf(reached)).every(isWhole)) break;',
          'if (found.length > 0) break;',
        ),
      ),
      without(
        'parsing an artifact by its bytes, whatever the header says',
        edit(
          'registry/open_referrers.ts',
          'const manifest = readArtifact(raw.bytes);',
          "const isImage = MANIFEST_MEDIA_TYPES.image.includes(raw.contentType ?? '');\n    const manifest = isImage ? readArtifact(raw.bytes) : undefined;",
        ),
      ),
    ],
  },
  {
    id: 'A44',
    failure: 'A Docker schema 1 manifest passed without a check.',
    answer: 'it is `MANIFEST_UNSUPPORTED`, with its reason, and the gate does not let it pass',
    removals: [
      without(
        'the refusal of schema 1',
        edit('registry/manifest.ts', 'if (document.schemaVersion === 1)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A45',
    failure: 'A page of text in place of a manifest was read as: there is no signature.',
    answer: 'what is not a manifest is `REGISTRY_MALFORMED`, which is undecided',
    removals: [
      without(
        'the refusal in place of a list of signatures',
        edit(
          'registry/listing.ts',
          'throw repository.malformed(step, `cannot be read (${error.message})`);',
          "return { kind: 'image', layers: [] } as never;",
        ),
      ),
      without(
        'the refusal in place of an image',
        edit(
          'verify/subject.ts',
          'throw repository.malformed(step, `cannot be read (${error.message})`);',
          "return { kind: 'image', mediaType: '', layers: [] } as never;",
        ),
      ),
    ],
  },
  {
    id: 'A46',
    failure:
      'The digest was compared only at the end of the bytes, which a parser that stopped earlier never reached.',
    answer: '`payload-digest`: all bytes are read, counted and hashed before any is parsed',
    removals: [
      without(
        'the comparison of the digest and the size',
        edit('core/steps/payload.ts', 'if (layer.digest !== actual)', 'if (false)'),
        edit('core/steps/payload.ts', 'if (layer.size !== listed.bytes.length) {', 'if (false) {'),
      ),
    ],
  },
];
