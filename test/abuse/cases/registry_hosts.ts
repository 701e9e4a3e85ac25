// ABUSE section 2, credentials, redirects and private places.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { PRIVATE_HOSTS } from '../shared_edits.ts';

export const registryHosts: AbuseCase[] = [
  {
    id: 'A35',
    failure:
      'A registry named the service that gives out tokens, and was given secrets, or requests into the network.',
    answer:
      'a credential goes to its own host, and to the token service that its entry names; a realm is https, public and without a user in it',
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
          'egress/call.ts',
          '...(authorization !== undefined && isSameOrigin && { authorization }),',
          '...(authorization !== undefined && { authorization }),',
        ),
      ),
      without(
        'the memory of having left it',
        edit(
          'egress/redirects.ts',
          'isSameOrigin &&= url.origin === first.origin;',
          'isSameOrigin = url.origin === first.origin;',
        ),
      ),
      without(
        'the silence to challenges from elsewhere',
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
          'const registry = normalizeRegistry(host);\n  if (!isRegistryName(registry))',
          'const registry = host;\n  if (host === undefined)',
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
          'return `${callerKind(session)} ${wanted.what} ${name}@${digest}`;',
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
