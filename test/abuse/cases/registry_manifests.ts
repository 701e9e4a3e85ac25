// Published failures with registries: manifests, digests, tags and indexes.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { IMAGE_FOR_ALL_PLACES, PAYLOAD_SUBJECT, REFERENCE_DIGEST } from '../shared_edits.ts';

export const registryManifests: AbuseCase[] = [
  {
    id: 'A29',
    failure: 'The same bytes were an image to one parser and an index to another.',
    answer:
      'a manifest has one form, and its names occur in their exact case; its media type must be that form’s, and the Content-Type header must not contradict it',
    removals: [
      without(
        'the refusal of both forms at once',
        edit('registry/manifest.ts', 'if (isImage && isIndex)', 'if (false)'),
      ),
      without(
        'the refusal of names of a manifest that differ only in case',
        edit(
          'registry/manifest.ts',
          "asCaseExactObject(document, 'manifest', MANIFEST_FIELDS)",
          "asObject(document, 'manifest')",
        ),
      ),
      without(
        'the refusal of names of a subject that differ only in case',
        edit(
          'registry/manifest.ts',
          "asCaseExactObject(document.subject, 'subject', DESCRIPTOR_FIELDS)",
          "asObject(document.subject, 'subject')",
        ),
      ),
      without(
        'the refusal of names of a descriptor that differ only in case',
        edit(
          'registry/manifest.ts',
          'asCaseExactObject(value, what, DESCRIPTOR_FIELDS)',
          'asObject(value, what)',
        ),
      ),
      without(
        'the comparison with the header',
        edit(
          'registry/manifest.ts',
          'if (stated !== undefined && known.includes(header) && header !== stated) {',
          'if (false) {',
        ),
      ),
      without(
        'the comparison of form and type',
        edit('registry/manifest.ts', 'if (!allowed.includes(mediaType))', 'if (false)'),
      ),
      without(
        'the form that a list of signatures must have',
        edit(
          'registry/listing.ts',
          'if (manifest.kind === kind) return manifest as',
          'if (manifest.kind !== kind) return { kind, layers: [], manifests: [] } as never;\n  if (manifest.kind === kind) return manifest as',
        ),
      ),
    ],
  },
  {
    id: 'A30',
    failure:
      'A registry answered with other content than requested, and the digest that it stated was believed.',
    answer:
      'every digest is computed from the bytes: of the image, of manifests that list signatures, and in `payload-digest`',
    removals: [
      without(
        'computing the digest of a tag instead of reading the header',
        edit(
          'registry/client.ts',
          "return { bytes: response.body, contentType: response.headers.get('content-type') };",
          "const stated = response.headers.get('docker-content-digest');\n      return { bytes: response.body, contentType: response.headers.get('content-type'), stated } as RawManifest;",
        ),
        edit(
          'verify/subject.ts',
          'const digest = await digestOf(raw.bytes);',
          'const digest = (raw as { stated?: Digest }).stated ?? (await digestOf(raw.bytes));',
        ),
      ),
      without(
        'the comparison with the requested digest',
        edit(
          'verify/subject.ts',
          'if (reference.digest !== undefined && reference.digest !== digest) {',
          'if (false) {',
        ),
      ),
      without(
        'the comparison of a payload’s digest',
        edit('core/steps/payload.ts', 'if (layer.digest !== actual)', 'if (false)'),
      ),
      without(
        'the comparison of the digest of a listed artifact',
        edit('registry/open_referrers.ts', 'if ((await digestOf(raw.bytes)) !== digest)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A31',
    failure: 'A digest from a manifest was put into a path unchecked.',
    answer: 'the syntax of a digest is checked before it becomes part of a URL',
    removals: [
      without(
        'the syntax check in a descriptor',
        edit(
          'registry/manifest.ts',
          'digest: parseDigest(descriptor.digest, `${what}.digest`),',
          'digest: String(descriptor.digest) as Digest,',
        ),
      ),
      without('the syntax check in a reference', ...REFERENCE_DIGEST),
      without(
        'the syntax check in a list of referrers',
        edit(
          'registry/referrers.ts',
          "const digest = attempt(() => parseDigest(item.digest, 'digest'));",
          'const digest = String(item.digest) as Digest;',
        ),
        edit('registry/referrers.ts', ' || !isArtifactDigest(item.digest)', ''),
      ),
    ],
  },
  {
    id: 'A32',
    failure: 'A tag was resolved once for the check and again for the use, and had moved in between.',
    answer: 'a tag is resolved once per call; the verdict and the patch of an admission name that digest',
    removals: [
      without(
        'the single resolution (signatures belong to a second one)',
        edit(
          'verify/evidence/gather.ts',
          'const digests = new Set([\n    subject.digest,',
          'const digests = new Set([\n    (await resolveSubject(image, reference, platform)).digest,',
        ),
      ),
      without(
        'the single resolution of an image that occurs twice',
        edit(
          'verify/verify_many.ts',
          "return await shared(session, 'verdict', name, () => verifyImage(session, question, common));",
          'return await verifyImage(session, question, common);',
        ),
        edit(
          'verify/evidence/gather.ts',
          "return shared(session, 'subject', `${formatReference(reference)}${leaf}`, () =>\n    resolveSubject(image, reference, platform),\n  );",
          'return resolveSubject(image, reference, platform);',
        ),
        edit(
          'verify/evidence/gather.ts',
          "const gathering = shared(session, 'gathered', name, () => ({ turn, gathered: begin() }));",
          'const gathering = { turn, gathered: begin() };',
        ),
        ...IMAGE_FOR_ALL_PLACES,
      ),
    ],
  },
  {
    id: 'A33',
    failure: 'A reference had both a tag and a digest: one was verified and the other was used.',
    answer: 'with a digest, the verdict is about the digest alone; other combinations are not references',
    removals: [
      without(
        'the precedence of the digest',
        edit(
          'verify/subject.ts',
          'if (reference.digest !== undefined && platform === undefined)',
          'const { tag } = reference;\n  const tagged = tag === undefined ? undefined : await repository.manifest(tag, MANIFEST_STEP);\n  if (tagged !== undefined) return { digest: await digestOf(tagged.bytes) };\n  if (reference.digest !== undefined && platform === undefined)',
        ),
      ),
      without(
        'the refusal of a second @',
        edit('core/reference.ts', 'if (extra !== undefined)', 'if (false)'),
      ),
      without(
        'the refusal of an empty tag',
        edit(
          'core/reference.ts',
          "if (!TAG.test(tag ?? 'latest'))",
          "if (tag !== undefined && tag !== '' && !TAG.test(tag))",
        ),
      ),
    ],
  },
  {
    id: 'A34',
    failure: 'One part of a multi-platform image was checked and another part ran.',
    answer:
      'the named digest is judged; with platform= the index and the one leaf that matches, and neither of two that match',
    removals: [
      without(
        'the refusal to choose between two matches',
        edit(
          'registry/platform.ts',
          "return plain !== undefined && isAlone ? plain : 'ambiguous';",
          'return plain ?? matching[0];',
        ),
      ),
      without(
        'naming the signed digest in the answer',
        edit(
          'http/answer/send_report.ts',
          "verdict === 'verified' ? signedDigest(good, subject) : subject?.digest",
          'subject?.digest',
        ),
      ),
      without(
        'the rule that an index is judged itself, and not by its first image',
        edit(
          'verify/subject.ts',
          'if (platform === undefined) return subject;',
          "const index = parseManifest(raw.bytes, raw.contentType);\n  const [first] = index.kind === 'index' ? (index.manifests as { digest?: Digest }[]) : [];\n  if (platform === undefined) return { ...subject, digest: first?.digest ?? digest };",
        ),
      ),
      without(
        'the rule that only an image matches a platform, and no nested index',
        edit(
          'registry/platform.ts',
          '.filter(({ mediaType }) => MANIFEST_MEDIA_TYPES.image.includes(mediaType))',
          '',
        ),
      ),
      without('the comparison of the digest in a payload', ...PAYLOAD_SUBJECT),
    ],
  },
];
