// ABUSE section 2: OCI and registry client.
import type { AbuseCase } from '../abuse_case.ts';

export const registry: AbuseCase[] = [
  {
    id: 'A29',
    failure: 'The same bytes were an image for one reader and an index for another.',
    answer: 'a manifest has one form, its own type is that form, and the header does not say another',
    removals: [
      {
        without: 'the refusal of both forms at once',
        edits: [{ file: 'registry/manifest.ts', find: 'if (isImage && isIndex)', replace: 'if (false)' }],
      },
      {
        without: 'the agreement of the header',
        edits: [
          {
            file: 'registry/manifest.ts',
            find: 'if (stated !== undefined && known.includes(header) && header !== stated) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the agreement of form and type',
        edits: [
          { file: 'registry/manifest.ts', find: 'if (!allowed.includes(mediaType))', replace: 'if (false)' },
        ],
      },
      {
        without: 'the form that a list of signatures must have',
        edits: [
          {
            file: 'registry/layers.ts',
            find: 'if (manifest.kind === kind) return manifest as',
            replace:
              'if (manifest.kind !== kind) return { kind, layers: [], manifests: [] } as never;\n  if (manifest.kind === kind) return manifest as',
          },
        ],
      },
    ],
  },
  {
    id: 'A30',
    failure:
      'A registry answered with other content than was asked for, and its own word for the digest was believed.',
    answer:
      'every digest is computed from the bytes: of the image, of what lists signatures, and `payload-digest`',
    removals: [
      {
        without: 'the digest computed for a tag, in favour of the header',
        edits: [
          {
            file: 'registry/client.ts',
            find: "return { bytes: response.body, contentType: response.headers.get('content-type') };",
            replace:
              "const said = response.headers.get('docker-content-digest');\n      return { bytes: response.body, contentType: response.headers.get('content-type'), said } as RawManifest;",
          },
          {
            file: 'verify/subject.ts',
            find: 'const digest = await digestOf(raw.bytes);',
            replace: 'const digest = (raw as { said?: Digest }).said ?? (await digestOf(raw.bytes));',
          },
        ],
      },
      {
        without: 'the comparison with the digest that was asked for',
        edits: [
          {
            file: 'verify/subject.ts',
            find: 'if (reference.digest !== undefined && reference.digest !== digest) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the digest of a payload',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (layer.digest !== actual)',
            replace: 'if (false)',
          },
        ],
      },
      {
        without: 'the digest of an artifact that a list names',
        edits: [
          {
            file: 'registry/referrers.ts',
            find: 'if ((await digestOf(raw.bytes)) !== digest)',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A31',
    failure: 'What a manifest called a digest went into a path without being looked at.',
    answer: 'a digest is read by its grammar before any URL is made of it',
    removals: [
      {
        without: 'the grammar in a descriptor',
        edits: [
          {
            file: 'registry/manifest.ts',
            find: 'digest: parseDigest(descriptor.digest, `${what}.digest`),',
            replace: 'digest: String(descriptor.digest) as Digest,',
          },
        ],
      },
      {
        without: 'the grammar in a reference',
        edits: [
          {
            file: 'core/reference.ts',
            find: 'if (digest !== undefined && !isDigest(digest))',
            replace: 'if (false)',
          },
          {
            file: 'core/reference.ts',
            find: '...(digest !== undefined && isDigest(digest) && { digest }),',
            replace: '...(digest !== undefined && { digest: digest as Digest }),',
          },
        ],
      },
      {
        without: 'the grammar in a list of artifacts',
        edits: [
          {
            file: 'registry/referrers.ts',
            find: "const digest = attempt(() => parseDigest(item.digest, 'digest'));",
            replace: 'const digest = String(item.digest) as Digest;',
          },
        ],
      },
    ],
  },
  {
    id: 'A32',
    failure: 'A tag was looked up once for the check and once more for the use, and had moved in between.',
    answer: 'one resolution a call; the verdict, and the pin of an admission, name that digest',
    removals: [
      {
        without: 'the one resolution: signatures are those of a second one',
        edits: [
          {
            file: 'verify/gather.ts',
            find: 'const digests = new Set([\n    subject.digest,',
            replace:
              'const digests = new Set([\n    (await resolveSubject(image, reference, platform)).digest,',
          },
        ],
      },
      {
        without: 'the one resolution of an image that stands twice',
        edits: [
          {
            file: 'verify/verify_many.ts',
            find: 'return await shared(session, name, () => verifyImage(session, question, common));',
            replace: 'return await verifyImage(session, question, common);',
          },
          {
            file: 'verify/gather.ts',
            find: 'return shared(session, subjectFlight(reference, platform), () =>\n    resolveSubject(image, reference, platform),\n  );',
            replace: 'return resolveSubject(image, reference, platform);',
          },
          {
            file: 'verify/gather.ts',
            find: 'const gathered = await shared(session, name, () =>\n    isRemembered(session, question, wanted) ? work() : inTurn(session, work),\n  );',
            replace: 'const gathered = await work();',
          },
        ],
      },
    ],
  },
  {
    id: 'A33',
    failure: 'Of a reference with a tag and a digest, one part was verified and the other one used.',
    answer: 'with a digest the verdict is about the digest alone; other mixtures are no references',
    removals: [
      {
        without: 'the digest’s precedence',
        edits: [
          {
            file: 'verify/subject.ts',
            find: 'if (reference.digest !== undefined && platform === undefined)',
            replace:
              'const { tag } = reference;\n  const tagged = tag === undefined ? undefined : await repository.manifest(tag, MANIFEST_STEP);\n  if (tagged !== undefined) return { digest: await digestOf(tagged.bytes) };\n  if (reference.digest !== undefined && platform === undefined)',
          },
        ],
      },
      {
        without: 'the refusal of a second @',
        edits: [{ file: 'core/reference.ts', find: 'if (extra !== undefined)', replace: 'if (false)' }],
      },
      {
        without: 'the refusal of an empty tag',
        edits: [
          {
            file: 'core/reference.ts',
            find: 'if (tag !== undefined && !TAG.test(tag))',
            replace: "if (tag !== undefined && tag !== '' && !TAG.test(tag))",
          },
        ],
      },
    ],
  },
  {
    id: 'A34',
    failure: 'Of an image for several platforms one part was checked and another one ran.',
    answer:
      'the digest that is named is judged; with platform= the index and the one leaf that fits, and neither of two',
    removals: [
      {
        without: 'the refusal to choose between two',
        edits: [
          {
            file: 'registry/platform.ts',
            find: "return plain !== undefined && isAlone ? plain : 'ambiguous';",
            replace: 'return plain ?? matching[0];',
          },
        ],
      },
      {
        without: 'the name of what is signed, in the answer',
        edits: [
          {
            file: 'http/verdict_response.ts',
            find: "verdict === 'verified' ? signedDigest(good, subject) : subject?.digest",
            replace: 'subject?.digest',
          },
        ],
      },
      {
        without: 'the rule that an index is judged itself, and not by its first image',
        edits: [
          {
            file: 'verify/subject.ts',
            find: 'if (platform === undefined) return subject;',
            replace:
              "const [first] = manifest.kind === 'index' ? (manifest.manifests as { digest?: Digest }[]) : [];\n  if (platform === undefined) return { ...subject, digest: first?.digest ?? digest };",
          },
        ],
      },
      {
        without: 'the rule that what fits a platform is an image, and no further index',
        edits: [
          {
            file: 'registry/platform.ts',
            find: '.filter(({ mediaType }) => MANIFEST_MEDIA_TYPES.image.includes(mediaType))',
            replace: '',
          },
        ],
      },
      {
        without: 'the comparison of the digest in a payload',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'return (await isNamedBy(subject, { [algorithm]: hash }))',
            replace: 'return true',
          },
        ],
      },
    ],
  },
  {
    id: 'A35',
    failure:
      'A registry named the service that gives out tokens, and was given secrets, or requests into the network.',
    answer: 'a credential goes to its own host alone; a realm is https, public and without a user in it',
    removals: [
      {
        without: 'the rule that a credential stays with its host',
        edits: [
          {
            file: 'registry/authorization.ts',
            find: "return url.protocol === 'https:' ? credentials.get(url.host) : undefined;",
            replace: 'return credential;',
          },
        ],
      },
      {
        without: 'the refusal of private hosts',
        edits: [
          {
            file: 'egress/policy.ts',
            find: "return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;",
            replace: 'return undefined;',
          },
        ],
      },
      {
        without: 'the refusal of names inside a network',
        edits: [
          {
            file: 'egress/addresses.ts',
            find: "return !name.includes('.') || INTERNAL_SUFFIX.test(name);",
            replace: 'return false;',
          },
        ],
      },
      {
        without: 'the refusal of other schemes',
        edits: [
          {
            file: 'egress/policy.ts',
            find: "if (url.protocol !== 'https:') return `the scheme ${url.protocol}`;",
            replace: '',
          },
        ],
      },
      {
        without: 'the refusal of a user in a URL',
        edits: [
          {
            file: 'egress/policy.ts',
            find: "if (url.username !== '' || url.password !== '') return 'a URL with credentials in it';\n  if (named.has(url.origin))",
            replace: 'if (named.has(url.origin))',
          },
        ],
      },
    ],
  },
  {
    id: 'A36',
    failure: 'A redirect took the credentials along to another host.',
    answer:
      'they go to the origin they were made for, and after leaving it not even there; token services do not redirect',
    removals: [
      {
        without: 'the rule of the origin',
        edits: [
          {
            file: 'egress/egress.ts',
            find: '...(authorization !== undefined && isSameOrigin && { authorization }),',
            replace: '...(authorization !== undefined && { authorization }),',
          },
        ],
      },
      {
        without: 'the memory of having left it',
        edits: [
          {
            file: 'egress/egress.ts',
            find: 'isSameOrigin &&= next.origin === first.origin;',
            replace: 'isSameOrigin = next.origin === first.origin;',
          },
        ],
      },
      {
        without: 'the silence to challenges from elsewhere',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'if (response.status === 401 && response.isSameOrigin) {',
            replace: 'if (response.status === 401) {',
          },
        ],
      },
      {
        without: 'the refusal of redirects by a token service',
        edits: [
          {
            file: 'registry/authorization.ts',
            find: "redirects: 'refuse',",
            replace: "redirects: 'follow',",
          },
        ],
      },
    ],
  },
  {
    id: 'A37',
    failure: 'A credential was chosen by a part of the host’s name, and so given to a stranger.',
    answer: 'a credential belongs to exactly one normalised host and port',
    removals: [
      {
        without: 'the exact comparison',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'credential: credentials.get(registry),',
            replace:
              'credential: [...credentials].find(([host]) => registry.includes(host) || host.includes(registry))?.[1],',
          },
        ],
      },
      {
        without: 'the normal form of a host',
        edits: [
          {
            file: 'registry/credentials.ts',
            find: "return normalizeRegistry(key.replace(/^https?:\\/\\//, '').replace(/\\/.*$/, ''));",
            replace: "return key.replace(/^https?:\\/\\//, '').replace(/\\/.*$/, '');",
          },
        ],
      },
    ],
  },
  {
    id: 'A38',
    failure: 'A host without a credential of its own was sent that of the default registry.',
    answer: 'there is no default: no entry, no credential',
    removals: [
      {
        without: 'the rule that there is no default',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'credential: credentials.get(registry),',
            replace: "credential: credentials.get(registry) ?? credentials.get('docker.io'),",
          },
        ],
      },
    ],
  },
  {
    id: 'A39',
    failure: 'A token that was fetched for one caller served another.',
    answer: 'tokens and evidence are remembered apart, for callers with credentials and for those without',
    removals: [
      {
        without: 'the caller in the name of a remembered token',
        edits: [
          {
            file: 'registry/authorization.ts',
            find: "return `${credential === undefined ? 'anonymous' : 'credential'} ${registry}`;",
            replace: 'return registry;',
          },
        ],
      },
      {
        without: 'the caller in the name of remembered evidence',
        edits: [
          {
            file: 'verify/gather.ts',
            find: "return `${mayUseCredentials ? 'credential' : 'anonymous'} ${wanted.what} ${name}@${digest}`;",
            replace: 'return `${wanted.what} ${name}@${digest}`;',
          },
        ],
      },
    ],
  },
  {
    id: 'A40',
    failure: 'Addresses that the registry wrote into its answers were followed, wherever they led.',
    answer:
      'a next page stays on this path of this origin, eight at most; hops are public https; other addresses are not read',
    removals: [
      {
        without: 'the path that a next page must stay on',
        edits: [
          {
            file: 'registry/link.ts',
            find: 'const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;',
            replace: 'const isHere = url !== null && url.origin === from.origin;',
          },
        ],
      },
      {
        without: 'the origin that a next page must stay on',
        edits: [
          {
            file: 'registry/link.ts',
            find: 'const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;',
            replace: 'const isHere = url !== null;',
          },
          {
            file: 'registry/link.ts',
            find: 'return isHere ? `${url.pathname}${url.search}` : null;',
            replace: 'return isHere ? url.href : null;',
          },
          {
            file: 'registry/client.ts',
            find: 'url: `${origin}${path}`,',
            replace: "url: path.startsWith('/') ? `${origin}${path}` : path,",
          },
        ],
      },
      {
        without: 'the limit of pages',
        edits: [
          { file: 'registry/referrers.ts', find: 'const MAX_PAGES = 8;', replace: 'const MAX_PAGES = 1000;' },
        ],
      },
      {
        without: 'the refusal of private hosts',
        edits: [
          {
            file: 'egress/policy.ts',
            find: "return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;",
            replace: 'return undefined;',
          },
        ],
      },
    ],
    beside:
      'Nothing reads the addresses or the data in a descriptor; its test shows that they are not asked.',
  },
  {
    id: 'A41',
    failure: 'An answer without end, or one that grew when it was unpacked, was read whole.',
    answer:
      'bytes are counted as they come and must be as many as stated; nothing is unpacked; proofs are counted, time ends',
    removals: [
      {
        without: 'the limit of one answer',
        edits: [
          {
            file: 'egress/egress.ts',
            find: 'if (length > request.maxBytes || bytes > MAX_UPSTREAM_BYTES) {',
            replace: 'if (bytes > MAX_UPSTREAM_BYTES) {',
          },
        ],
      },
      {
        without: 'the limit of all answers together',
        edits: [
          {
            file: 'egress/egress.ts',
            find: 'if (length > request.maxBytes || bytes > MAX_UPSTREAM_BYTES) {',
            replace: 'if (length > request.maxBytes) {',
          },
        ],
      },
      {
        without: 'the limit of what a descriptor may state',
        edits: [{ file: 'registry/layers.ts', find: 'if (size > maxBytes)', replace: 'if (false)' }],
      },
      {
        without: 'the comparison with the stated size',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (layer.size !== bytes.length) {',
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the refusal of packed answers',
        edits: [
          {
            file: 'egress/egress.ts',
            find: "if (coding !== null && coding !== 'identity') {",
            replace: 'if (false) {',
          },
        ],
      },
      {
        without: 'the deadline',
        edits: [
          {
            file: 'verify/deadline.ts',
            find: 'const first = await Promise.race([finished, expired]);',
            replace: "const first = await (Promise.race([finished]) as Promise<T | 'late'>);",
          },
        ],
      },
      {
        without: 'the limit of proofs',
        edits: [
          {
            file: 'core/verification.ts',
            find: 'if (meter.proofs >= MAX_PROOFS) {',
            replace: 'if (false) {',
          },
        ],
      },
    ],
  },
  {
    id: 'A42',
    failure: 'A look-up that failed was read as: there is no signature.',
    answer: 'only "not here" is absent; every other failure is undecided, and is not remembered',
    removals: [
      {
        without: 'the difference between a failure and nothing there',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'const ABSENT = new Set([404]);',
            replace: 'const ABSENT = { has: (status: number) => status !== 200 } as Set<number>;',
          },
          {
            file: 'registry/client.ts',
            find: 'if (response.status === 404) return undefined;',
            replace: 'if (response.status !== 200) return undefined;',
          },
        ],
      },
      {
        without: 'the difference between a failing list and no lists',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'const NO_REFERRERS = new Set([400, 404, 405, 406, 501]);',
            replace: 'const NO_REFERRERS = { has: (status: number) => status !== 200 } as Set<number>;',
          },
        ],
      },
      {
        without: 'the failure of a later page',
        edits: [
          {
            file: 'registry/client.ts',
            find: 'const absent = isFirst ? NO_REFERRERS : new Set<number>();',
            replace: 'const absent = NO_REFERRERS;',
          },
        ],
      },
      {
        without: 'the places that could not be looked at',
        edits: [{ file: 'registry/find_evidence.ts', find: 'gaps.push(error);', replace: '' }],
      },
      {
        without: 'the rule that what is undecided is not remembered',
        edits: [
          {
            file: 'verify/evidence_cache.ts',
            find: "if (gaps.length > 0 || evidence.some((item) => 'missing' in item)) return;",
            replace: '',
          },
        ],
      },
      {
        without: 'the forgetting of a challenge that fails',
        edits: [
          {
            file: 'registry/authorization.ts',
            find: 'forgetAuthorization(context);\n    return undefined;',
            replace: 'throw error;',
          },
        ],
      },
    ],
  },
  {
    id: 'A43',
    failure: 'What a list says of an artifact was believed, instead of the artifact.',
    answer: 'the artifact’s own manifest decides: its subject and its layers, whatever list or header say',
    removals: [
      {
        without: 'the subject that an artifact itself says',
        edits: [
          {
            file: 'registry/referrers.ts',
            find: 'if (manifest === undefined || (manifest.subject !== undefined && manifest.subject !== subject)) return [];',
            replace: 'if (manifest === undefined) return [];',
          },
        ],
      },
      {
        without: 'the second look at what the list calls something else',
        edits: [
          {
            file: 'registry/find_evidence.ts',
            find: 'if (evidence.length > 0) return { evidence, gaps };',
            replace: 'return { evidence, gaps };',
          },
        ],
      },
      {
        without: 'the reading of an artifact by its bytes, whatever the header says',
        edits: [
          {
            file: 'registry/referrers.ts',
            find: 'const manifest = readArtifact(raw.bytes);',
            replace:
              "const isImage = MANIFEST_MEDIA_TYPES.image.includes(raw.contentType ?? '');\n    const manifest = isImage ? readArtifact(raw.bytes) : undefined;",
          },
        ],
      },
    ],
  },
  {
    id: 'A44',
    failure: 'A manifest of Docker’s first form passed without a check.',
    answer: 'it is `MANIFEST_UNSUPPORTED`, with its reason, and the gate does not let it pass',
    removals: [
      {
        without: 'the refusal of the first form',
        edits: [
          {
            file: 'registry/manifest.ts',
            find: 'if (document.schemaVersion === 1)',
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A45',
    failure: 'A page of text that came instead of a manifest was read as: there is no signature.',
    answer: 'what is no manifest is `REGISTRY_MALFORMED`, which is undecided',
    removals: [
      {
        without: 'the refusal where signatures are listed',
        edits: [
          {
            file: 'registry/layers.ts',
            find: 'throw repository.malformed(step, `cannot be read (${error.message})`);',
            replace: "return { kind: 'image', layers: [] } as never;",
          },
        ],
      },
      {
        without: 'the refusal where an image is',
        edits: [
          {
            file: 'verify/subject.ts',
            find: 'throw repository.malformed(step, `cannot be read (${error.message})`);',
            replace: "return { kind: 'image', mediaType: '', layers: [] } as never;",
          },
        ],
      },
    ],
  },
  {
    id: 'A46',
    failure: 'The digest was compared at the end, which a reader that stopped earlier never came to.',
    answer: '`payload-digest`: all bytes are there and hashed before any is read, and are as many as stated',
    removals: [
      {
        without: 'the digest and the size of the whole',
        edits: [
          {
            file: 'core/steps/payload.ts',
            find: 'if (layer.digest !== actual)',
            replace: 'if (false)',
          },
          {
            file: 'core/steps/payload.ts',
            find: 'if (layer.size !== bytes.length) {',
            replace: 'if (false) {',
          },
        ],
      },
    ],
  },
];
