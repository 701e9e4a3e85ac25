// ABUSE section 7: service and API.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { REVOCATION_RECORD } from '../shared_edits.ts';

export const service: AbuseCase[] = [
  {
    id: 'A100',
    failure: 'A token that names its own algorithm or key was believed.',
    answer: '`UNAUTHENTICATED`: a token is a random secret, and its hash must be the stored one',
    beside:
      'Tokens here have no algorithm, key, issuer or audience of their own: one that looks like a JWT is no token.',
    removals: [
      without(
        'the comparison with the hash of the secret',
        edit('store/tokens.ts', 'record === undefined || !isSecret', 'record === undefined'),
      ),
      without(
        'the comparison with the administrator’s token',
        edit(
          'http/access/authenticate.ts',
          'return equalInConstantTime(given, expected);',
          'return given.length === expected.length;',
        ),
      ),
    ],
  },
  {
    id: 'A101',
    failure: 'An end that was no number, another scheme, or a second token in the header was let pass.',
    answer: '`UNAUTHENTICATED`: one scheme, one token; an end is an instant, on writing and on reading',
    removals: [
      without(
        'the end of a token',
        edit(
          'store/tokens.ts',
          'record.expiresAt !== undefined && now >= Date.parse(record.expiresAt)',
          'false',
        ),
      ),
      without(
        'the form of an end',
        edit('store/tokens.ts', 'expiresAt: instantSchema.optional()', 'expiresAt: z.any().optional()'),
      ),
      without('the scheme', edit('http/access/authenticate.ts', '/^Bearer +(', '/^(?:Bearer|Token) +(')),
      without(
        'the beginning of the header: a second token counts',
        edit('http/access/authenticate.ts', '/^Bearer +(', '/Bearer +('),
      ),
      without(
        'the limit of passwords to the gate',
        edit(
          'http/access/authenticate.ts',
          "(scope === 'pull' ? passwordIn(header) : undefined)",
          'passwordIn(header)',
        ),
      ),
    ],
  },
  {
    id: 'A102',
    failure: 'A body that came in chunks, or lied about its length, was larger than the limit.',
    answer: '`TOO_LARGE`: bytes are counted as they are read, before anything is made of them',
    removals: [
      without(
        'the count: it may be eight times the limit',
        edit('http/request/body.ts', 'if (length > limit)', 'if (length > 8 * limit)'),
      ),
    ],
  },
  {
    id: 'A103',
    failure: 'One caller passed for many by spellings of its address, or by a header that anybody can send.',
    answer: '`RATE_LIMITED`: the address as the platform knows it, in one spelling; IPv6 by the network',
    beside: 'There are no lists of addresses that may call; addresses are for limits alone.',
    removals: [
      without(
        'the one spelling of IPv4',
        edit('http/access/rate_limit.ts', 'ipaddr.process(address)', 'ipaddr.parse(address)'),
      ),
      without('the network of IPv6', edit('http/access/rate_limit.ts', '.slice(0, 4)', '.slice(0, 8)')),
      without(
        'the platform’s word: the caller may say another address',
        edit(
          'worker.ts',
          "request.headers.get('CF-Connecting-IP')",
          "(request.headers.get('X-Forwarded-For') ?? request.headers.get('CF-Connecting-IP'))",
        ),
      ),
      without(
        'the refusal of what is no address',
        edit(
          'http/access/rate_limit.ts',
          "if (address === undefined || !ipaddr.isValid(address)) return 'unknown';",
          "if (address === undefined) return 'unknown';\n  if (!ipaddr.isValid(address)) return address;",
        ),
      ),
    ],
  },
  {
    id: 'A104',
    failure:
      'A token that was not configured equalled an empty one, or comparing told how much of it was right.',
    answer: '`UNAUTHENTICATED`: an unset token equals nothing; hashes are compared in constant time',
    beside:
      'How long a comparison takes is not measured: hashes of both are compared byte by byte to the end.',
    removals: [
      without(
        'the difference between unset and empty, and the refusal of an empty token',
        edit(
          'http/access/authenticate.ts',
          "if (adminToken === undefined || adminToken === '') return false;",
          '',
        ),
        edit('http/access/authenticate.ts', 'utf8(adminToken)', "utf8(adminToken ?? '')"),
        edit(
          'http/access/authenticate.ts',
          '/^Bearer +([\\x21-\\x7e]+) *$/i',
          '/^Bearer *([\\x21-\\x7e]*) *$/i',
        ),
      ),
    ],
  },
  {
    id: 'A105',
    failure: 'A fault of the storage was answered as a wrong password, and counted as guessing.',
    answer: '`STORE_UNAVAILABLE`, 503: a token that cannot be looked up is neither good nor bad',
    removals: [
      without(
        'the difference between a fault and a token that is not known',
        edit(
          'store/tokens.ts',
          'await tokens.get(store, id);',
          'await tokens.get(store, id).catch(() => undefined);',
        ),
      ),
    ],
  },
  {
    id: 'A106',
    failure: 'Names from a path were used as keys of the storage as they came.',
    answer: '`BAD_REQUEST`: ids by their grammar, before anything is read',
    removals: [
      without(
        'the grammar of ids',
        edit('http/routes/records.ts', 'if (ID_PATTERN.test(id)) return id;', 'return id;'),
      ),
      without(
        'the refusal of upper case and signs',
        edit('store/records.ts', '/^[a-z0-9][a-z0-9._-]{0,62}$/', '/^[^/]{1,63}$/'),
      ),
    ],
  },
  {
    id: 'A107',
    failure: 'Passwords and signed addresses were written into logs and error messages.',
    answer: 'no URL beyond the host, no text of a fault, no value of a setting is ever written',
    removals: [
      without(
        'the host alone of an address',
        edit(
          'egress/failure.ts',
          '`The ${asked.step} from ${host} ${problem}.`',
          '`The ${asked.step} from ${asked.url} ${problem}.`',
        ),
      ),
      without(
        'the silence about why a connection failed',
        edit(
          'egress/failure.ts',
          "'could not be fetched; the connection failed'",
          '`could not be fetched: ${error}`',
        ),
      ),
      without(
        'the silence about why the store failed',
        edit('store/guard.ts', "'could not be reached'", '`could not be reached: ${error}`'),
      ),
      without(
        'the silence about the value of a setting',
        edit(
          'config.ts',
          "'must be a Docker config.json. Each entry in auths must name a whole host, once, and have auth, or username and password; tokenService must be https:// and a host'",
          '`must be a Docker config.json: ${text}`',
        ),
      ),
      without(
        'the refusal of a log’s address with a password in it',
        edit('core/web_address.ts', "url.username !== '' || url.password !== '' || ", ''),
      ),
      without(
        'the id in place of the token in the audit log',
        edit(
          'http/access/authenticate.ts',
          'return { who: `token/${id}`, scopes,',
          'return { who: token, scopes,',
        ),
      ),
    ],
  },
  {
    id: 'A108',
    failure: 'A page could be asked for that holds everything, and metrics grew with what callers sent.',
    answer: '`PAGINATION_NUMBER_INVALID`, `BAD_REQUEST`: pages are bounded, labels come from closed lists',
    removals: [
      without(
        'the most on one page of tags',
        edit('http/routes/gate_lists.ts', 'String(Math.min(Number(n), MAX_PAGE))', 'n'),
      ),
      without(
        'the form of that number',
        edit('http/routes/gate_lists.ts', '!/^[0-9]{1,15}$/.test(n)', 'false'),
      ),
      without(
        'the most on one page of records',
        edit('http/request/schemas.ts', "    .refine((limit) => limit <= 100, 'at most 100')\n", ''),
      ),
      without(
        'the closed list of routes',
        edit(
          'http/audit.ts',
          "return DOORS.find((door) => path === door || path.startsWith(`${door}/`)) ?? 'other';",
          'return path;',
        ),
      ),
      without(
        'the limit of requests',
        edit('http/access/rate_limit.ts', 'if (limiter === undefined) return;', 'return;'),
      ),
    ],
  },
  {
    id: 'A109',
    failure: 'Runtimes followed redirects in different ways, and took credentials along.',
    answer: 'every request out is made with manual redirects, and every hop is followed by hand',
    beside:
      'Nothing rests on the compatibility date, so that nothing asserts it at the start: the same cases run on all three runtimes.',
    removals: [
      without('manual redirects', edit('egress/call.ts', "redirect: 'manual'", "redirect: 'follow'")),
    ],
  },
  {
    id: 'A110',
    failure: 'Any page could make calls with the token of whoever visited it.',
    answer: 'CORS for reads that need no token alone, and never with credentials',
    removals: [
      without(
        'the limit to reads without a token',
        edit(
          'app.ts',
          "for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])",
          "for (const path of ['*'])",
        ),
      ),
      without(
        'the limit to where verifying is open',
        edit('app.ts', "...(service.access === 'open' ? OPEN_PATHS : [])", '...OPEN_PATHS'),
      ),
      without(
        'the silence about credentials',
        edit(
          'http/access/cross_origin.ts',
          "headers.set('Access-Control-Allow-Origin', '*');",
          "headers.set('Access-Control-Allow-Origin', context.req.header('Origin') ?? '*');\n    headers.set('Access-Control-Allow-Credentials', 'true');",
        ),
      ),
      without(
        'the list of headers that a page may send',
        edit(
          'http/access/cross_origin.ts',
          "'Accept, X-Request-Id'",
          "'Accept, X-Request-Id, Authorization'",
        ),
      ),
    ],
  },
  {
    id: 'A111',
    failure: 'A change of trust that broke off half-way left something trusted that should not have been.',
    answer: 'the index first, which counts only while the record agrees; a revocation has its own record',
    removals: [
      without(
        'the order: the record is written before its index',
        edit(
          'store/keys.ts',
          'await commitChanges(store, changes, precondition, () => getKey(store, id));\n  return { record, isNew',
          'await commitChanges(store, changes.reverse(), precondition, () => getKey(store, id));\n  return { record, isNew',
        ),
      ),
      without(
        'the record’s word on what its index says',
        edit('store/records.ts', '(await agrees(holder))', 'true'),
      ),
      without('the revocation’s own record: storing a key clears it', ...REVOCATION_RECORD),
      without(
        'the order of a deletion: the index goes first',
        edit(
          'store/keys.ts',
          'if (record !== undefined) changes.push(',
          'if (record !== undefined) changes.unshift(',
        ),
      ),
      without(
        'the fault of a revocation that could not be written',
        edit(
          'store/revocation.ts',
          'const isWritten = await store.commit(changes);',
          'const isWritten = await store.commit(changes).then(() => true, () => true);',
        ),
      ),
    ],
  },
];
