// Published failures with registries: credentials, redirects and private hosts.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PRIVATE_HOSTS } from '../shared_edits.ts';

export const registryHosts: AbuseCase[] = [
  {
    id: 'A35',
    failure:
      'A registry named a token service of its own, which received secrets or led to requests into the internal network.',
    answer:
      'a credential is sent only to its own host and to the token service that its entry names; a realm must be https and without credentials in its URL, and public unless that entry names it',
    removals: [
      without(
        'the rule that a credential stays with its host',
        edit(
          'registry/authorization.ts',
          'return known.includes(realm.origin) ? credential : undefined;',
          'return credential;',
        ),
      ),
      without('the refusal of private hosts', ...PRIVATE_HOSTS),
      without(
        'the refusal of internal names',
        edit(
          'egress/addresses.ts',
          "return !name.includes('.') || INTERNAL_SUFFIX.test(name);",
          'return false;',
        ),
      ),
      without(
        'the refusal of other schemes',
        edit(
          'egress/egress_policy.ts',
          "if (url.protocol !== 'https:') return `the scheme ${url.protocol}`;",
          '',
        ),
      ),
      without(
        'the refusal of credentials in a URL',
        edit(
          'egress/egress_policy.ts',
          "if (url.username !== '' || url.password !== '') return 'a URL with credentials in it';\n  if (named.has(url.origin))",
          'if (named.has(url.origin))',
        ),
      ),
    ],
  },
  {
    id: 'A36',
    failure: 'A redirect carried credentials to another host.',
    answer:
      'credentials go only to the origin they belong to, and after a redirect has left that origin not even there; token services may not redirect',
    removals: [
      without(
        'the restriction to the origin',
        edit(
          'egress/call.ts',
          '...(authorization !== undefined && isSameOrigin && { authorization }),',
          '...(authorization !== undefined && { authorization }),',
        ),
      ),
      without(
        'remembering that the origin was left',
        edit(
          'egress/redirects.ts',
          'isSameOrigin &&= url.origin === first.origin;',
          'isSameOrigin = url.origin === first.origin;',
        ),
      ),
      without(
        'ignoring challenges from another origin',
        edit(
          'registry/ask.ts',
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
    failure: 'A credential was chosen by part of a host name, and sent to a different host.',
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
        'the normalisation of a host',
        edit(
          'registry/credentials.ts',
          'const registry = normalizeRegistry(host);\n  if (!isRegistryName(registry))',
          'const registry = host;\n  if (host === undefined)',
        ),
      ),
    ],
  },
  {
    id: 'A38',
    failure: 'A host without its own credential was sent that of the default registry.',
    answer: 'there is no default: a host without an entry gets no credential',
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
    failure: 'A token fetched for one caller served another.',
    answer: 'tokens and evidence are cached separately for callers with and without credentials',
    removals: [
      without(
        'the kind of caller in the key of a cached token',
        edit(
          'registry/authorization.ts',
          "return `${credential === undefined ? 'anonymous' : 'credential'} ${registry}`;",
          'return registry;',
        ),
      ),
      without(
        'the kind of caller in the key of cached evidence',
        edit(
          'verify/evidence/look.ts',
          'return `${callerKind(session)} ${wanted.what} ${name}@${digest}`;',
          'return `${wanted.what} ${name}@${digest}`;',
        ),
      ),
    ],
  },
  {
    id: 'A40',
    failure: 'Addresses that a registry wrote into its answers were followed wherever they led.',
    answer:
      'a next page stays on the same path of the same origin, with at most eight pages; redirects lead only to public https hosts; other addresses are not read',
    beside:
      'Nothing reads the addresses or the data in a descriptor; the test shows that they are not requested.',
    removals: [
      without(
        'the rule that a next page stays on its path',
        edit(
          'registry/link.ts',
          'const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;',
          'const isHere = url !== null && url.origin === from.origin;',
        ),
      ),
      without(
        'the rule that a next page stays on its origin',
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
          'registry/ask.ts',
          'url: `${origin}${path}`,',
          "url: path.startsWith('/') ? `${origin}${path}` : path,",
        ),
      ),
      without(
        'the limit of pages',
        edit('registry/referrers.ts', 'const MAX_PAGES = 8;', 'const MAX_PAGES = 1000;'),
      ),
      without('the refusal of private hosts', ...PRIVATE_HOSTS),
    ],
  },
];
