// ABUSE section 2, answers that lie, fail or never end.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const registryAnswers: AbuseCase[] = [
  {
    id: 'A41',
    failure: 'An answer without end, or one that grew when it was unpacked, was read whole.',
    answer:
      'bytes are counted as they come and must be as many as stated; nothing is unpacked; proofs are counted, time ends',
    removals: [
      without(
        'the limit of one answer',
        edit('egress/body.ts', 'if (length > request.maxBytes)', 'if (false)'),
      ),
      without(
        'the limit of all answers together',
        edit('egress/budget.ts', 'if (bytes > MAX_UPSTREAM_BYTES)', 'if (false)'),
      ),
      without(
        'the limit of what a descriptor may state',
        edit('registry/layers.ts', 'if (size > maxBytes)', 'if (false)'),
      ),
      without(
        'the comparison with the stated size',
        edit('core/steps/payload.ts', 'if (layer.size !== listed.bytes.length) {', 'if (false) {'),
      ),
      without(
        'the refusal of packed answers',
        edit('egress/egress.ts', "if (coding === null || coding === 'identity') return;", 'return;'),
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
        edit('core/verification.ts', 'if (meter.proofs >= MAX_PROOFS) {', 'if (false) {'),
      ),
    ],
  },
  {
    id: 'A42',
    failure: 'A look-up that failed was read as: there is no signature.',
    answer: 'only "not here" is absent; every other failure is undecided, and is not remembered',
    removals: [
      without(
        'the difference between a failure and nothing there',
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
        'the difference between a failing list and no lists',
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
        'the places that could not be looked at',
        edit('registry/find_evidence.ts', 'places[at] = error;', ''),
      ),
      without(
        'the rule that what is undecided is not remembered',
        edit(
          'verify/evidence_cache.ts',
          "if (gaps.length > 0 || evidence.some((item) => 'missing' in item)) return;",
          '',
        ),
      ),
      without(
        'the forgetting of a challenge that fails',
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
    failure: 'What a list says of an artifact was believed, instead of the artifact.',
    answer: 'the artifact’s own manifest decides: its subject and its layers, whatever list or header say',
    removals: [
      without(
        'the subject that an artifact itself says',
        edit(
          'registry/referrers.ts',
          'if (manifest === undefined || (manifest.subject !== undefined && manifest.subject !== subject)) return [];',
          'if (manifest === undefined) return [];',
        ),
      ),
      without(
        'the second look at what the list calls something else',
        edit(
          'verify/judge_until_met.ts',
          'if (fresh.every(isWhole)) return second;',
          'if (fresh.length > 0) return second;',
        ),
      ),
      without(
        'the reading of an artifact by its bytes, whatever the header says',
        edit(
          'registry/referrers.ts',
          'const manifest = readArtifact(raw.bytes);',
          "const isImage = MANIFEST_MEDIA_TYPES.image.includes(raw.contentType ?? '');\n    const manifest = isImage ? readArtifact(raw.bytes) : undefined;",
        ),
      ),
    ],
  },
  {
    id: 'A44',
    failure: 'A manifest of Docker’s first form passed without a check.',
    answer: 'it is `MANIFEST_UNSUPPORTED`, with its reason, and the gate does not let it pass',
    removals: [
      without(
        'the refusal of the first form',
        edit('registry/manifest.ts', 'if (document.schemaVersion === 1)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A45',
    failure: 'A page of text that came instead of a manifest was read as: there is no signature.',
    answer: 'what is no manifest is `REGISTRY_MALFORMED`, which is undecided',
    removals: [
      without(
        'the refusal where signatures are listed',
        edit(
          'registry/layers.ts',
          'throw repository.malformed(step, `cannot be read (${error.message})`);',
          "return { kind: 'image', layers: [] } as never;",
        ),
      ),
      without(
        'the refusal where an image is',
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
    failure: 'The digest was compared at the end, which a reader that stopped earlier never came to.',
    answer: '`payload-digest`: all bytes are there and hashed before any is read, and are as many as stated',
    removals: [
      without(
        'the digest and the size of the whole',
        edit('core/steps/payload.ts', 'if (layer.digest !== actual)', 'if (false)'),
        edit('core/steps/payload.ts', 'if (layer.size !== listed.bytes.length) {', 'if (false) {'),
      ),
    ],
  },
];
