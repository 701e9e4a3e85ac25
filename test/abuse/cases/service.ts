// Published failures of services and their APIs.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { REVOCATION_RECORD } from '../shared_edits.ts';

export const service: AbuseCase[] = [
  {
    id: 'A100',
    failure: 'A token that names its own algorithm or key was believed.',
    answer: '`UNAUTHENTICATED`: a token is a random secret, and its hash must be the stored one',
    beside:
      'Tokens here have no algorithm, key, issuer or audience: one that looks like a JWT is not a token.',
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
    failure: 'An expiry that is not a number, another scheme, or a second token in the header was accepted.',
    answer: '`UNAUTHENTICATED`: one scheme, one token; an expiry is an instant, on writing and on reading',
    removals: [
      without(
        'the expiry of a token',
        edit(
          'store/tokens.ts',
          'record.expiresAt !== undefined && now >= Date.parse(record.expiresAt)',
          'false',
        ),
      ),
      without(
        'the syntax of an expiry',
        edit('store/tokens.ts', 'expiresAt: instantSchema.optional()', 'expiresAt: z.any().optional()'),
      ),
      without('the scheme', edit('http/access/authenticate.ts', '/^Bearer +(', '/^(?:Bearer|Token) +(')),
      without(
        'the start of the header (a second token counts)',
        edit('http/access/authenticate.ts', '/^Bearer +(', '/Bearer +('),
      ),
      without(
        'the restriction of passwords to the gate',
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
    failure: 'A body that came in chunks, or stated a false length, was larger than the limit.',
    answer: '`TOO_LARGE`: bytes are counted as they are read, before anything is built from them',
    removals: [
      without(
        'the exact count (eight times the limit is accepted)',
        edit('http/request/body.ts', 'if (length > limit)', 'if (length > 8 * limit)'),
      ),
    ],
  },
  {
    id: 'A103',
    failure: 'One caller counted as many, by spellings of its address or by a header that anybody can send.',
    answer: '`RATE_LIMITED`: the address that the platform reports, in one spelling; IPv6 by its network',
    beside: 'There are no lists of addresses that may call; addresses are used only for rate limits.',
    removals: [
      without(
        'the single spelling of IPv4',
        edit('http/access/limit_rate.ts', 'ipaddr.process(address)', 'ipaddr.parse(address)'),
      ),
      without('the network of IPv6', edit('http/access/limit_rate.ts', '.slice(0, 4)', '.slice(0, 8)')),
      without(
        'the platform’s address (the caller may state another)',
        edit(
          'worker.ts',
          "request.headers.get('CF-Connecting-IP')",
          "(request.headers.get('X-Forwarded-For') ?? request.headers.get('CF-Connecting-IP'))",
        ),
      ),
      without(
        'the refusal of what is not an address',
        edit(
          'http/access/limit_rate.ts',
          "if (address === undefined || !ipaddr.isValid(address)) return 'unknown';",
          "if (address === undefined) return 'unknown';\n  if (!ipaddr.isValid(address)) return address;",
        ),
      ),
    ],
  },
  {
    id: 'A104',
    failure:
      'A token that was not configured equalled an empty one, or the time of a comparison told how much of it was right.',
    answer: '`UNAUTHENTICATED`: an unset token equals nothing; hashes are compared in constant time',
    beside:
      'The time of a comparison is not measured: the hashes of both are compared byte by byte to the end.',
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
    failure: 'A storage failure was answered as a wrong password, and counted as a guess.',
    answer: '`STORE_UNAVAILABLE`, 503: a token that cannot be looked up is neither right nor wrong',
    removals: [
      without(
        'the difference between a failure and an unknown token',
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
    failure: 'Names from a path were used unchecked as storage keys.',
    answer: '`BAD_REQUEST`: the syntax of an id is checked before anything is read',
    removals: [
      without(
        'the syntax check of ids',
        edit('http/routes/records.ts', 'if (ID_PATTERN.test(id)) return id;', 'return id;'),
      ),
      without(
        'the refusal of upper case and special characters',
        edit('store/records.ts', '/^[a-z0-9][a-z0-9._-]{0,62}$/', '/^[^/]{1,63}$/'),
      ),
    ],
  },
  {
    id: 'A107',
    failure: 'Passwords and signed addresses were written into logs and error messages.',
    answer: 'no query or password of a URL, no text of an error and no value of a setting is ever written',
    removals: [
      without(
        'writing only the host of an address',
        edit(
          'egress/failure.ts',
          '`The ${asked.step} from ${host} ${problem}.`',
          '`The ${asked.step} from ${asked.url} ${problem}.`',
        ),
      ),
      without(
        'hiding why a connection failed',
        edit(
          'egress/failure.ts',
          "'could not be fetched; the connection failed (wrong name, no route, no valid TLS certificate, or plain http)'",
          '`could not be fetched: ${error}`',
        ),
      ),
      without(
        'hiding why the store failed',
        edit('store/kv/guard.ts', "'could not be reached'", '`could not be reached: ${error}`'),
      ),
      without(
        'hiding the value of a setting',
        edit(
          'config.ts',
          "'must be a Docker config.json. Each entry in auths must name a whole host, once, and have auth, or username and password; tokenService must be https:// and a host'",
          '`must be a Docker config.json: ${text}`',
        ),
      ),
      without(
        'the refusal of a log address with a password in it',
        edit('core/encoding/api_address.ts', "url.username !== '' || url.password !== '' || ", ''),
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
    failure: 'One page could be requested that holds everything, and metrics grew with what callers sent.',
    answer: '`PAGINATION_NUMBER_INVALID`, `BAD_REQUEST`: pages are bounded, labels come from closed lists',
    removals: [
      without(
        'the maximum of one page of tags',
        edit('http/routes/gate_lists.ts', 'String(Math.min(Number(n), MAX_PAGE))', 'n'),
      ),
      without(
        'the syntax of that number',
        edit('http/routes/gate_lists.ts', '!/^[0-9]{1,15}$/.test(n)', 'false'),
      ),
      without(
        'the maximum of one page of records',
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
        edit('http/access/limit_rate.ts', 'if (limiter === undefined) return;', 'return;'),
      ),
    ],
  },
  {
    id: 'A109',
    failure: 'Runtimes followed redirects in different ways, and carried credentials along.',
    answer: 'every outgoing request is made with manual redirects, and the service follows every hop itself',
    beside:
      'Redirects do not depend on the compatibility date, so nothing checks it at the start: the same cases run on all three runtimes. (With a date before 2024-11-11, Workers refuses every call past its cache, so every answer would be undecided.)',
    removals: [
      without('manual redirects', edit('egress/call.ts', "redirect: 'manual'", "redirect: 'follow'")),
    ],
  },
  {
    id: 'A110',
    failure: 'Any web page could make calls with the token of its visitor.',
    answer: 'CORS only for reads that need no token, and never with credentials',
    removals: [
      without(
        'the restriction to reads without a token',
        edit(
          'app.ts',
          "for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])",
          "for (const path of ['*'])",
        ),
      ),
      without(
        'the restriction to open verification',
        edit('app.ts', "...(service.access === 'open' ? OPEN_PATHS : [])", '...OPEN_PATHS'),
      ),
      without(
        'never allowing credentials',
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
    failure: 'A change of trust that was interrupted left something trusted that should not have been.',
    answer:
      'the index is written first, and counts only while the record agrees; a revocation has its own record',
    removals: [
      without(
        'the order (the record is written before its index)',
        edit(
          'store/keys.ts',
          'await commitChanges(store, changes, precondition, () => getKey(store, id));\n  return { record, isNew',
          'await commitChanges(store, changes.reverse(), precondition, () => getKey(store, id));\n  return { record, isNew',
        ),
      ),
      without(
        'the agreement of the record with its index',
        edit('store/record_index.ts', 'text !== undefined && holds(text, holder)', 'true'),
      ),
      without('the separate record of a revocation (storing a key clears it)', ...REVOCATION_RECORD),
      without(
        'the order of a deletion (the index goes first)',
        edit(
          'store/keys.ts',
          'if (record !== undefined) changes.push(',
          'if (record !== undefined) changes.unshift(',
        ),
      ),
      without(
        'keeping the revocation for a while after an interrupted deletion',
        edit('store/keys.ts', 'times.sort().at(-1)', 'bare?.createdAt'),
      ),
      without(
        'the failure to write a revocation',
        edit(
          'store/revocation.ts',
          'const isWritten = await store.commit(changes);',
          'const isWritten = await store.commit(changes).then(() => true, () => true);',
        ),
      ),
    ],
  },
];
