// ABUSE section 2: OCI and registry client.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const registry: AbuseCase[] = [
  {
    id: 'A29',
    failure: 'The same bytes were an image for one reader and an index for another.',
    answer: 'a manifest has one form, its own type is that form, and the header does not say another',
    removals: [
      without(
        'the refusal of both forms at once',
        edit('registry/manifest.ts', 'if (isImage && isIndex)', 'if (false)'),
      ),
      without(
        'the agreement of the header',
        edit(
          'registry/manifest.ts',
          'if (stated !== undefined && known.includes(header) && header !== stated) {',
          'if (false) {',
        ),
      ),
      without(
        'the agreement of form and type',
        edit('registry/manifest.ts', 'if (!allowed.includes(mediaType))', 'if (false)'),
      ),
      without(
        'the form that a list of signatures must have',
        edit(
          'registry/layers.ts',
          'if (manifest.kind === kind) return manifest as',
          'if (manifest.kind !== kind) return { kind, layers: [], manifests: [] } as never;\n  if (manifest.kind === kind) return manifest as',
        ),
      ),
    ],
  },
  {
    id: 'A30',
    failure:
      'A registry answered with other content than was asked for, and its own word for the digest was believed.',
    answer:
      'every digest is computed from the bytes: of the image, of what lists signatures, and `payload-digest`',
    removals: [
      without(
        'the digest computed for a tag, in favour of the header',
        edit(
          'registry/client.ts',
          "return { bytes: response.body, contentType: response.headers.get('content-type') };",
          "const said = response.headers.get('docker-content-digest');\n      return { bytes: response.body, contentType: response.headers.get('content-type'), said } as RawManifest;",
        ),
        edit(
          'verify/subject.ts',
          'const digest = await digestOf(raw.bytes);',
          'const digest = (raw as { said?: Digest }).said ?? (await digestOf(raw.bytes));',
        ),
      ),
      without(
        'the comparison with the digest that was asked for',
        edit(
          'verify/subject.ts',
          'if (reference.digest !== undefined && reference.digest !== digest) {',
          'if (false) {',
        ),
      ),
      without(
        'the digest of a payload',
        edit('core/steps/payload.ts', 'if (layer.digest !== actual)', 'if (false)'),
      ),
      without(
        'the digest of an artifact that a list names',
        edit('registry/referrers.ts', 'if ((await digestOf(raw.bytes)) !== digest)', 'if (false)'),
      ),
    ],
  },
  {
    id: 'A31',
    failure: 'What a manifest called a digest went into a path without being looked at.',
    answer: 'a digest is read by its grammar before any URL is made of it',
    removals: [
      without(
        'the grammar in a descriptor',
        edit(
          'registry/manifest.ts',
          'digest: parseDigest(descriptor.digest, `${what}.digest`),',
          'digest: String(descriptor.digest) as Digest,',
        ),
      ),
      without(
        'the grammar in a reference',
        edit('core/reference.ts', 'if (digest !== undefined && !isDigest(digest))', 'if (false)'),
        edit(
          'core/reference.ts',
          '...(digest !== undefined && isDigest(digest) && { digest }),',
          '...(digest !== undefined && { digest: digest as Digest }),',
        ),
      ),
      without(
        'the grammar in a list of artifacts',
        edit(
          'registry/referrers.ts',
          "const digest = attempt(() => parseDigest(item.digest, 'digest'));",
          'const digest = String(item.digest) as Digest;',
        ),
      ),
    ],
  },
  {
    id: 'A32',
    failure: 'A tag was looked up once for the check and once more for the use, and had moved in between.',
    answer: 'one resolution a call; the verdict, and the pin of an admission, name that digest',
    removals: [
      without(
        'the one resolution: signatures are those of a second one',
        edit(
          'verify/gather.ts',
          'const digests = new Set([\n    subject.digest,',
          'const digests = new Set([\n    (await resolveSubject(image, reference, platform)).digest,',
        ),
      ),
      without(
        'the one resolution of an image that stands twice',
        edit(
          'verify/verify_many.ts',
          'return await shared(session, name, () => verifyImage(session, question, common));',
          'return await verifyImage(session, question, common);',
        ),
        edit(
          'verify/gather.ts',
          'return shared(session, subjectFlight(reference, platform), () =>\n    resolveSubject(image, reference, platform),\n  );',
          'return resolveSubject(image, reference, platform);',
        ),
        edit(
          'verify/gather.ts',
          'const gathered = await shared(session, name, () =>\n    isRemembered(session, question, wanted) ? work() : inTurn(session, work),\n  );',
          'const gathered = await work();',
        ),
      ),
    ],
  },
  {
    id: 'A33',
    failure: 'Of a reference with a tag and a digest, one part was verified and the other one used.',
    answer: 'with a digest the verdict is about the digest alone; other mixtures are no references',
    removals: [
      without(
        'the digest’s precedence',
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
          'if (tag !== undefined && !TAG.test(tag))',
          "if (tag !== undefined && tag !== '' && !TAG.test(tag))",
        ),
      ),
    ],
  },
  {
    id: 'A34',
    failure: 'Of an image for several platforms one part was checked and another one ran.',
    answer:
      'the digest that is named is judged; with platform= the index and the one leaf that fits, and neither of two',
    removals: [
      without(
        'the refusal to choose between two',
        edit(
          'registry/platform.ts',
          "return plain !== undefined && isAlone ? plain : 'ambiguous';",
          'return plain ?? matching[0];',
        ),
      ),
      without(
        'the name of what is signed, in the answer',
        edit(
          'http/verdict_response.ts',
          "verdict === 'verified' ? signedDigest(good, subject) : subject?.digest",
          'subject?.digest',
        ),
      ),
      without(
        'the rule that an index is judged itself, and not by its first image',
        edit(
          'verify/subject.ts',
          'if (platform === undefined) return subject;',
          "const [first] = manifest.kind === 'index' ? (manifest.manifests as { digest?: Digest }[]) : [];\n  if (platform === undefined) return { ...subject, digest: first?.digest ?? digest };",
        ),
      ),
      without(
        'the rule that what fits a platform is an image, and no further index',
        edit(
          'registry/platform.ts',
          '.filter(({ mediaType }) => MANIFEST_MEDIA_TYPES.image.includes(mediaType))',
          '',
        ),
      ),
      without(
        'the comparison of the digest in a payload',
        edit(
          'core/steps/payload.ts',
          'return (await isNamedBy(subject, { [algorithm]: hash }))',
          'return true',
        ),
      ),
    ],
  },
  {
    id: 'A35',
    failure:
      'A registry named the service that gives out tokens, and was given secrets, or requests into the network.',
    answer: 'a credential goes to its own host alone; a realm is https, public and without a user in it',
    removals: [
      without(
        'the rule that a credential stays with its host',
        edit(
          'registry/authorization.ts',
          "return url.protocol === 'https:' ? credentials.get(url.host) : undefined;",
          'return credential;',
        ),
      ),
      without(
        'the refusal of private hosts',
        edit(
          'egress/policy.ts',
          "return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;",
          'return undefined;',
        ),
      ),
      without(
        'the refusal of names inside a network',
        edit(
          'egress/addresses.ts',
          "return !name.includes('.') || INTERNAL_SUFFIX.test(name);",
          'return false;',
        ),
      ),
      without(
        'the refusal of other schemes',
        edit('egress/policy.ts', "if (url.protocol !== 'https:') return `the scheme ${url.protocol}`;", ''),
      ),
      without(
        'the refusal of a user in a URL',
        edit(
          'egress/policy.ts',
          "if (url.username !== '' || url.password !== '') return 'a URL with credentials in it';\n  if (named.has(url.origin))",
          'if (named.has(url.origin))',
        ),
      ),
    ],
  },
  {
    id: 'A36',
    failure: 'A redirect took the credentials along to another host.',
    answer:
      'they go to the origin they were made for, and after leaving it not even there; token services do not redirect',
    removals: [
      without(
        'the rule of the origin',
        edit(
          'egress/egress.ts',
          '...(authorization !== undefined && isSameOrigin && { authorization }),',
          '...(authorization !== undefined && { authorization }),',
        ),
      ),
      without(
        'the memory of having left it',
        edit(
          'egress/egress.ts',
          'isSameOrigin &&= next.origin === first.origin;',
          'isSameOrigin = next.origin === first.origin;',
        ),
      ),
      without(
        'the silence to challenges from elsewhere',
        edit(
          'registry/client.ts',
          'if (response.status === 401 && response.isSameOrigin) {',
          'if (response.status === 401) {',
        ),
      ),
      without(
        'the refusal of redirects by a token service',
        edit('registry/authorization.ts', "redirects: 'refuse',", "redirects: 'follow',"),
      ),
    ],
  },
  {
    id: 'A37',
    failure: 'A credential was chosen by a part of the host’s name, and so given to a stranger.',
    answer: 'a credential belongs to exactly one normalised host and port',
    removals: [
      without(
        'the exact comparison',
        edit(
          'registry/client.ts',
          'credential: credentials.get(registry),',
          'credential: [...credentials].find(([host]) => registry.includes(host) || host.includes(registry))?.[1],',
        ),
      ),
      without(
        'the normal form of a host',
        edit(
          'registry/credentials.ts',
          "return normalizeRegistry(key.replace(/^https?:\\/\\//, '').replace(/\\/.*$/, ''));",
          "return key.replace(/^https?:\\/\\//, '').replace(/\\/.*$/, '');",
        ),
      ),
    ],
  },
  {
    id: 'A38',
    failure: 'A host without a credential of its own was sent that of the default registry.',
    answer: 'there is no default: no entry, no credential',
    removals: [
      without(
        'the rule that there is no default',
        edit(
          'registry/client.ts',
          'credential: credentials.get(registry),',
          "credential: credentials.get(registry) ?? credentials.get('docker.io'),",
        ),
      ),
    ],
  },
  {
    id: 'A39',
    failure: 'A token that was fetched for one caller served another.',
    answer: 'tokens and evidence are remembered apart, for callers with credentials and for those without',
    removals: [
      without(
        'the caller in the name of a remembered token',
        edit(
          'registry/authorization.ts',
          "return `${credential === undefined ? 'anonymous' : 'credential'} ${registry}`;",
          'return registry;',
        ),
      ),
      without(
        'the caller in the name of remembered evidence',
        edit(
          'verify/gather.ts',
          "return `${mayUseCredentials ? 'credential' : 'anonymous'} ${wanted.what} ${name}@${digest}`;",
          'return `${wanted.what} ${name}@${digest}`;',
        ),
      ),
    ],
  },
  {
    id: 'A40',
    failure: 'Addresses that the registry wrote into its answers were followed, wherever they led.',
    answer:
      'a next page stays on this path of this origin, eight at most; hops are public https; other addresses are not read',
    beside:
      'Nothing reads the addresses or the data in a descriptor; its test shows that they are not asked.',
    removals: [
      without(
        'the path that a next page must stay on',
        edit(
          'registry/link.ts',
          'const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;',
          'const isHere = url !== null && url.origin === from.origin;',
        ),
      ),
      without(
        'the origin that a next page must stay on',
        edit(
          'registry/link.ts',
          'const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;',
          'const isHere = url !== null;',
        ),
        edit(
          'registry/link.ts',
          'return isHere ? `${url.pathname}${url.search}` : null;',
          'return isHere ? url.href : null;',
        ),
        edit(
          'registry/client.ts',
          'url: `${origin}${path}`,',
          "url: path.startsWith('/') ? `${origin}${path}` : path,",
        ),
      ),
      without(
        'the limit of pages',
        edit('registry/referrers.ts', 'const MAX_PAGES = 8;', 'const MAX_PAGES = 1000;'),
      ),
      without(
        'the refusal of private hosts',
        edit(
          'egress/policy.ts',
          "return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;",
          'return undefined;',
        ),
      ),
    ],
  },
  {
    id: 'A41',
    failure: 'An answer without end, or one that grew when it was unpacked, was read whole.',
    answer:
      'bytes are counted as they come and must be as many as stated; nothing is unpacked; proofs are counted, time ends',
    removals: [
      without(
        'the limit of one answer',
        edit(
          'egress/egress.ts',
          'if (length > request.maxBytes || bytes > MAX_UPSTREAM_BYTES) {',
          'if (bytes > MAX_UPSTREAM_BYTES) {',
        ),
      ),
      without(
        'the limit of all answers together',
        edit(
          'egress/egress.ts',
          'if (length > request.maxBytes || bytes > MAX_UPSTREAM_BYTES) {',
          'if (length > request.maxBytes) {',
        ),
      ),
      without(
        'the limit of what a descriptor may state',
        edit('registry/layers.ts', 'if (size > maxBytes)', 'if (false)'),
      ),
      without(
        'the comparison with the stated size',
        edit('core/steps/payload.ts', 'if (layer.size !== bytes.length) {', 'if (false) {'),
      ),
      without(
        'the refusal of packed answers',
        edit('egress/egress.ts', "if (coding !== null && coding !== 'identity') {", 'if (false) {'),
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
          'registry/client.ts',
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
        edit('registry/find_evidence.ts', 'gaps.push(error);', ''),
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
          'registry/find_evidence.ts',
          'if (evidence.length > 0) return { evidence, gaps };',
          'return { evidence, gaps };',
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
        edit('core/steps/payload.ts', 'if (layer.size !== bytes.length) {', 'if (false) {'),
      ),
    ],
  },
];
