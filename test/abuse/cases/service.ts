// ABUSE section 7: service and API.
import type { AbuseCase } from '../abuse_case.ts';

export const service: AbuseCase[] = [
  {
    id: 'A100',
    failure: 'A token that names its own algorithm or key was believed.',
    answer: '`UNAUTHENTICATED`: a token is a random secret, and its hash must be the stored one',
    removals: [
      {
        without: 'the comparison with the hash of the secret',
        edits: [
          {
            file: 'store/tokens.ts',
            find: 'record === undefined || !isSecret',
            replace: 'record === undefined',
          },
        ],
      },
      {
        without: 'the comparison with the administrator’s token',
        edits: [
          {
            file: 'http/authenticate.ts',
            find: 'return equalInConstantTime(given, expected);',
            replace: 'return given.length === expected.length;',
          },
        ],
      },
    ],
    beside:
      'Tokens here have no algorithm, key, issuer or audience of their own: one that looks like a JWT is no token.',
  },
  {
    id: 'A101',
    failure: 'An end that was no number, another scheme, or a second token in the header was let pass.',
    answer: '`UNAUTHENTICATED`: one scheme, one token; an end is an instant, on writing and on reading',
    removals: [
      {
        without: 'the end of a token',
        edits: [
          {
            file: 'store/tokens.ts',
            find: 'record.expiresAt !== undefined && now >= Date.parse(record.expiresAt)',
            replace: 'false',
          },
        ],
      },
      {
        without: 'the form of an end',
        edits: [
          {
            file: 'store/tokens.ts',
            find: 'expiresAt: instantSchema.optional()',
            replace: 'expiresAt: z.any().optional()',
          },
        ],
      },
      {
        without: 'the scheme',
        edits: [{ file: 'http/authenticate.ts', find: '/^Bearer +(', replace: '/^(?:Bearer|Token) +(' }],
      },
      {
        without: 'the beginning of the header: a second token counts',
        edits: [{ file: 'http/authenticate.ts', find: '/^Bearer +(', replace: '/Bearer +(' }],
      },
      {
        without: 'the limit of passwords to the gate',
        edits: [
          {
            file: 'http/authenticate.ts',
            find: "(scope === 'pull' ? passwordIn(header) : undefined)",
            replace: 'passwordIn(header)',
          },
        ],
      },
    ],
  },
  {
    id: 'A102',
    failure: 'A body that came in chunks, or lied about its length, was larger than the limit.',
    answer: '`TOO_LARGE`: bytes are counted as they are read, before anything is made of them',
    removals: [
      {
        without: 'the count: it may be eight times the limit',
        edits: [{ file: 'http/body.ts', find: 'if (length > limit)', replace: 'if (length > 8 * limit)' }],
      },
    ],
  },
  {
    id: 'A103',
    failure: 'One caller passed for many by spellings of its address, or by a header that anybody can send.',
    answer: '`RATE_LIMITED`: the address as the platform knows it, in one spelling; IPv6 by the network',
    removals: [
      {
        without: 'the one spelling of IPv4',
        edits: [
          { file: 'http/rate_limit.ts', find: 'ipaddr.process(address)', replace: 'ipaddr.parse(address)' },
        ],
      },
      {
        without: 'the network of IPv6',
        edits: [{ file: 'http/rate_limit.ts', find: '.slice(0, 4)', replace: '.slice(0, 8)' }],
      },
      {
        without: 'the platform’s word: the caller may say another address',
        edits: [
          {
            file: 'worker.ts',
            find: "request.headers.get('CF-Connecting-IP')",
            replace: "(request.headers.get('X-Forwarded-For') ?? request.headers.get('CF-Connecting-IP'))",
          },
        ],
      },
      {
        without: 'the refusal of what is no address',
        edits: [
          {
            file: 'http/rate_limit.ts',
            find: "if (address === undefined || !ipaddr.isValid(address)) return 'unknown';",
            replace:
              "if (address === undefined) return 'unknown';\n  if (!ipaddr.isValid(address)) return address;",
          },
        ],
      },
    ],
    beside: 'There are no lists of addresses that may call; addresses are for limits alone.',
  },
  {
    id: 'A104',
    failure:
      'A token that was not configured equalled an empty one, or comparing told how much of it was right.',
    answer: '`UNAUTHENTICATED`: an unset token equals nothing; hashes are compared in constant time',
    removals: [
      {
        without: 'the difference between unset and empty, and the refusal of an empty token',
        edits: [
          {
            file: 'http/authenticate.ts',
            find: "if (adminToken === undefined || adminToken === '') return false;",
            replace: '',
          },
          { file: 'http/authenticate.ts', find: 'utf8(adminToken)', replace: "utf8(adminToken ?? '')" },
          {
            file: 'http/authenticate.ts',
            find: '/^Bearer +([\\x21-\\x7e]+) *$/i',
            replace: '/^Bearer *([\\x21-\\x7e]*) *$/i',
          },
        ],
      },
    ],
    beside:
      'How long a comparison takes is not measured: hashes of both are compared byte by byte to the end.',
  },
  {
    id: 'A105',
    failure: 'A fault of the storage was answered as a wrong password, and counted as guessing.',
    answer: '`STORE_UNAVAILABLE`, 503: a token that cannot be looked up is neither good nor bad',
    removals: [
      {
        without: 'the difference between a fault and a token that is not known',
        edits: [
          {
            file: 'store/tokens.ts',
            find: 'await tokens.get(store, id);',
            replace: 'await tokens.get(store, id).catch(() => undefined);',
          },
        ],
      },
    ],
  },
  {
    id: 'A106',
    failure: 'Names from a path were used as keys of the storage as they came.',
    answer: '`BAD_REQUEST`: ids by their grammar, before anything is read',
    removals: [
      {
        without: 'the grammar of ids',
        edits: [
          { file: 'http/records.ts', find: 'if (ID_PATTERN.test(id)) return id;', replace: 'return id;' },
        ],
      },
      {
        without: 'the refusal of upper case and signs',
        edits: [
          {
            file: 'store/records.ts',
            find: '/^[a-z0-9][a-z0-9._-]{0,62}$/',
            replace: '/^[^/]{1,63}$/',
          },
        ],
      },
    ],
  },
  {
    id: 'A107',
    failure: 'Passwords and signed addresses were written into logs and error messages.',
    answer: 'no URL beyond the host, no text of a fault, no value of a setting is ever written',
    removals: [
      {
        without: 'the host alone of an address',
        edits: [
          {
            file: 'egress/egress.ts',
            find: '`The ${request.step} from ${host} ${problem}.`',
            replace: '`The ${request.step} from ${request.url} ${problem}.`',
          },
        ],
      },
      {
        without: 'the silence about why a connection failed',
        edits: [
          {
            file: 'egress/egress.ts',
            find: "'could not be fetched; the connection failed'",
            replace: '`could not be fetched: ${error}`',
          },
        ],
      },
      {
        without: 'the silence about why the store failed',
        edits: [
          {
            file: 'store/guard.ts',
            find: "'could not be reached'",
            replace: '`could not be reached: ${error}`',
          },
        ],
      },
      {
        without: 'the silence about the value of a setting',
        edits: [
          {
            file: 'config.ts',
            find: "'must be a Docker config.json whose auths have auth, or username and password'",
            replace: '`must be a Docker config.json: ${text}`',
          },
        ],
      },
      {
        without: 'the refusal of a log’s address with a password in it',
        edits: [
          {
            file: 'core/web_address.ts',
            find: "url.username !== '' || url.password !== '' || ",
            replace: '',
          },
        ],
      },
      {
        without: 'the id in place of the token in the audit log',
        edits: [
          {
            file: 'http/authenticate.ts',
            find: 'return { who: `token/${id}`, scopes,',
            replace: 'return { who: token, scopes,',
          },
        ],
      },
    ],
  },
  {
    id: 'A108',
    failure: 'A page could be asked for that holds everything, and metrics grew with what callers sent.',
    answer: '`PAGINATION_NUMBER_INVALID`, `BAD_REQUEST`: pages are bounded, labels come from closed lists',
    removals: [
      {
        without: 'the most on one page of tags',
        edits: [
          {
            file: 'http/routes_gate.ts',
            find: 'String(Math.min(Number(n), MAX_PAGE))',
            replace: 'n',
          },
        ],
      },
      {
        without: 'the form of that number',
        edits: [{ file: 'http/routes_gate.ts', find: '!/^[0-9]{1,15}$/.test(n)', replace: 'false' }],
      },
      {
        without: 'the most on one page of records',
        edits: [
          {
            file: 'http/schemas.ts',
            find: "    .refine((limit) => limit <= 100, 'at most 100')\n",
            replace: '',
          },
        ],
      },
      {
        without: 'the closed list of routes',
        edits: [
          {
            file: 'http/audit.ts',
            find: "return DOORS.find((door) => path === door || path.startsWith(`${door}/`)) ?? 'other';",
            replace: 'return path;',
          },
        ],
      },
      {
        without: 'the limit of requests',
        edits: [
          { file: 'http/rate_limit.ts', find: 'if (limiter === undefined) return;', replace: 'return;' },
        ],
      },
    ],
  },
  {
    id: 'A109',
    failure: 'Runtimes followed redirects in different ways, and took credentials along.',
    answer: 'every request out is made with manual redirects, and every hop is followed by hand',
    removals: [
      {
        without: 'manual redirects',
        edits: [{ file: 'egress/egress.ts', find: "redirect: 'manual'", replace: "redirect: 'follow'" }],
      },
    ],
    beside:
      'Nothing rests on the compatibility date, so that nothing asserts it at the start: the same cases run on all three runtimes.',
  },
  {
    id: 'A110',
    failure: 'Any page could make calls with the token of whoever visited it.',
    answer: 'CORS for reads that need no token alone, and never with credentials',
    removals: [
      {
        without: 'the limit to reads without a token',
        edits: [
          {
            file: 'app.ts',
            find: "for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])",
            replace: "for (const path of ['*'])",
          },
        ],
      },
      {
        without: 'the limit to where verifying is open',
        edits: [
          {
            file: 'app.ts',
            find: "...(service.access === 'open' ? OPEN_PATHS : [])",
            replace: '...OPEN_PATHS',
          },
        ],
      },
      {
        without: 'the silence about credentials',
        edits: [
          {
            file: 'http/cross_origin.ts',
            find: "headers.set('Access-Control-Allow-Origin', '*');",
            replace:
              "headers.set('Access-Control-Allow-Origin', context.req.header('Origin') ?? '*');\n    headers.set('Access-Control-Allow-Credentials', 'true');",
          },
        ],
      },
      {
        without: 'the list of headers that a page may send',
        edits: [
          {
            file: 'http/cross_origin.ts',
            find: "'Accept, X-Request-Id'",
            replace: "'Accept, X-Request-Id, Authorization'",
          },
        ],
      },
    ],
  },
  {
    id: 'A111',
    failure: 'A change of trust that broke off half-way left something trusted that should not have been.',
    answer: 'the index first, which counts only while the record agrees; a revocation has its own record',
    removals: [
      {
        without: 'the order: the record is written before its index',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'if (!(await store.commit(changes))) throw lostRace();\n  return { record, isNew',
            replace:
              'if (!(await store.commit(changes.reverse()))) throw lostRace();\n  return { record, isNew',
          },
        ],
      },
      {
        without: 'the record’s word on what its index says',
        edits: [{ file: 'store/records.ts', find: '(await agrees(holder))', replace: 'true' }],
      },
      {
        without: 'the revocation’s own record: storing a key clears it',
        edits: [
          {
            file: 'store/keys.ts',
            find: '{ key: recordKey(id), expected: existing.text, value },',
            replace:
              '{ key: recordKey(id), expected: existing.text, value }, { key: revocationKey(id), expected: existing.revocationText, value: undefined },',
          },
        ],
      },
      {
        without: 'the order of a deletion: the index goes first',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'changes.push({ key: index, expected: id, value: undefined });',
            replace: 'changes.unshift({ key: index, expected: id, value: undefined });',
          },
        ],
      },
      {
        without: 'the fault of a revocation that could not be written',
        edits: [
          {
            file: 'store/keys.ts',
            find: 'if (!(await store.commit([{ key: revocationKey(id), expected: revocationText, value }]))) throw lostRace();',
            replace:
              'await store.commit([{ key: revocationKey(id), expected: revocationText, value }]).catch(() => false);',
          },
        ],
      },
    ],
  },
];
