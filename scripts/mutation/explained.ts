// Changes that no test can detect, and why. They are consulted only after the quick cases have missed a change, so they never hide one
// that these detect.

import type { Mutant } from './mutants.ts';

interface Explanation {
  why: string;
  /** @param line where the change begins. @param next the line after it. @param lines the whole file */
  holds(mutant: Mutant, line: string, next: string, lines: string[]): boolean;
}

const EXPLANATIONS: Explanation[] = [
  {
    why: 'a guard for what an earlier check has established: if it failed, that would be a defect here and an error, never a verdict',
    holds: (_, line, next) => line.includes('throw new TypeError') || next.includes('throw new TypeError'),
  },
  {
    why: 'a cache of what was read or computed before: without it, the work is done again with the same result',
    holds: (_, line) =>
      /^\s*(?:if \((?:known|ready|state\.signer) !== undefined\)|if \(WRITTEN\.size >=)/.test(line) ||
      /^\s*(?:imported|byHash|readings|statements|payloads|leaves|facts|forms|found|read|signers|IDS|PARSED|WRITTEN)\.set\(/.test(
        line,
      ),
  },
  {
    why: 'a second line of defence: the list of checks already covers it (tests detect the removal of both, docs/abuse.md)',
    holds: (_, line) =>
      /assertEstablished|needed(?:\.push|: )|const missing = needed|isVouchedFor|if \(hasEntries\(state\) \|\| isLogRequired/.test(
        line,
      ),
  },
  {
    why: 'the algorithm of RFC 9162 §2.1.3.2, word for word: a node at 0 is the last only in a tree that has ended before',
    holds: (_, line) => line.includes('(node & 1n) === 0n && node !== 0n'),
  },
  {
    why: 'for the type checker: the value is always present here',
    holds: ({ mutatorName, replacement }, line) =>
      mutatorName === 'OptionalChaining'
        ? /(?:PLAIN\.exec\(this\.#text\)|claims|signer|reading\.material|proof|key)\?\.|claims\.about\?\./.test(
            line,
          )
        : /const \[(?:origin|host|rest) = ''|input\[i\] \?\? ''|id \?\? \[\]|PLAIN\.exec\(|rekor = \[\], tsa = \[\]/.test(
            line,
          ) ||
          (replacement === 'false' &&
            /match\?\.\[1\] === undefined|result\.signer === undefined|retryAfter === null \|\||first === undefined \|\|/.test(
              line,
            )),
  },
  {
    why: 'an error of another class is a defect, which no input causes',
    holds: ({ replacement }, line) =>
      (replacement === 'true' || replacement === 'false') && /if \(!?\(?error instanceof/.test(line),
  },
  {
    why: 'a shortcut to the same result',
    holds: ({ replacement }, line) =>
      (replacement === 'false' &&
        /if \(isShort\(expected\) && isShort\(actual\)|if \(holder === undefined \|\| holder === id\)/.test(
          line,
        )) ||
      /function isShort\(|text\.length <= MAX_SHOWN/.test(line) ||
      line.includes('const isBroken = text.includes(') ||
      line.includes('if (bytes.length <= SHORT)') ||
      (replacement === ';' && line.includes('known.set(reading, named)')) ||
      (replacement === 'true' && line.includes('const isThere = clock !== undefined')) ||
      (replacement === 'true' && /if \((?:quote === -1|SPECIAL\.test\(plain\))\) return/.test(line)) ||
      (replacement === 'true' && line.includes("if (name === '__proto__')")) ||
      (replacement === 'inScope' && line.includes('...inScope.filter(isNamed)')) ||
      (replacement === 'false' &&
        /if \(signature instanceof Malformed\) return (?:undefined|false)/.test(line)),
  },
  {
    why: 'the sum of two numbers is even when their difference is',
    holds: ({ replacement }) => replacement === 'end + before',
  },
  {
    why: 'a host name from the URL parser has brackets only around an IPv6 address',
    holds: ({ mutatorName }, line) => mutatorName === 'Regex' && line.includes('hostname.replace('),
  },
  {
    why: 'neither text names a scheme',
    holds: (_, line) => line.includes("get('www-authenticate') ?? ''"),
  },
  {
    why: 'the function ends there, with the same result',
    holds: ({ location }, line) => line.slice(location.start.column).includes("'blob':"),
  },
  {
    why: 'the native JSON parser then accepts less, and the strict reader gives the same result',
    holds: ({ mutatorName, replacement }, line, _, lines) => {
      if (!lines.some((one) => one.startsWith('export function readNatively'))) return false;
      const isRefusal = /return (?:undefined|false)/.test(line);
      return (
        mutatorName === 'BlockStatement' ||
        replacement === '() => undefined' ||
        replacement === 'depth < MAX_JSON_DEPTH' ||
        // Another count of names than the parser kept.
        line.includes('if (code === COLON) names++') ||
        line.trim() === 'for (;;) {' ||
        // Only a number can be exact: the strict reader decides on anything else.
        (replacement === 'true' && line.includes("if (typeof value === 'number') return isExact")) ||
        replacement === (isRefusal ? 'true' : 'false') ||
        ['""', 'text.isWellFormed()', 'code !== POINT', '(code | 0x20) !== EXPONENT'].includes(replacement) ||
        replacement.startsWith("numbers === 'integers' || ") ||
        (mutatorName === 'LogicalOperator' && replacement.includes(' && '))
      );
    },
  },
  {
    why: 'only that word restricts numbers to integers; any other allows all of them',
    holds: ({ replacement }, line) => replacement === '""' && line.includes("numbers: Numbers = 'any'"),
  },
  {
    why: 'one step beyond the end of a byte array has no effect',
    holds: ({ mutatorName }, line) =>
      mutatorName === 'EqualityOperator' && /for \(let (?:i|at) = 0; (?:i|at) < \w+\.length;/.test(line),
  },
  {
    why: 'the preceding expression allows no character between 9 and A',
    holds: ({ mutatorName }, line) => mutatorName === 'EqualityOperator' && line.includes('code < 0x40'),
  },
  {
    why: 'such a list is only searched for what it must contain',
    holds: (_, line) => line.includes('const values: T[] = []'),
  },
  {
    why: 'native in workerd and Deno but missing in Node: the table runs it there',
    holds: ({ location }, line, _, lines) => {
      const from = lines.findIndex((one) => one.startsWith('function decodeNatively'));
      const isInside = from >= 0 && location.start.line >= from && location.start.line < from + 8;
      return isInside || /\b(?:nativeHex|setFromBase64) [!=]== undefined/.test(line);
    },
  },
  {
    why: 'after a failure, the proven times are not used',
    holds: ({ replacement }, line) =>
      replacement === 'true' && line.includes('if (finding.pass) state.provenTimes.push'),
  },
  {
    why: 'a bare signature has no payload, and no annotations either',
    holds: ({ replacement }, line) =>
      replacement === 'true' && line.includes("claims?.kind === 'in-toto' ? (claims.about"),
  },
  {
    why: 'for the type checker: Number.isSafeInteger is false for anything but numbers',
    holds: ({ location: { start, end } }, line, next) =>
      /^typeof value [!=]== 'number'$/.test(line.slice(start.column, end.column)) &&
      `${line}${next}`.includes('Number.isSafeInteger(value)'),
  },
  {
    why: 'the replacement is a name that no document has',
    holds: ({ mutatorName }, line) =>
      mutatorName === 'ArrayDeclaration' && line.includes('optional: string[] = []'),
  },
  {
    why: 'for the type checker: no other key has a curve',
    holds: ({ replacement, location: { start, end } }, line) =>
      replacement === 'true' && line.slice(start.column, end.column) === "algorithm.name === 'ECDSA'",
  },
  {
    why: 'for the type checker: nothing is stored beside a bundle',
    holds: (_, line) => line.includes("evidence.format === 'sigstore-bundle' ? {} : evidence"),
  },
  {
    why: 'for the type checker: missing evidence or a missing name matches nothing',
    holds: (_, line) =>
      /if \('missing' in evidence\) return false|log\.alias !== undefined \?|version === undefined \? log|if \(name === undefined\) return false/.test(
        line,
      ),
  },
  {
    why: 'x and y are never equal there',
    holds: ({ replacement }, line) => replacement === 'x <= y' && line.includes('if (x !== y)'),
  },
  {
    why: 'a message with bytes has every hash, and no message is known by a hash called "none"',
    holds: (_, line) => line.includes("return hash === 'none' ? message.bytes !== undefined : hasHash("),
  },
  {
    why: 'the slow way to the same result, for every key',
    holds: ({ replacement }, line) => replacement === 'true' && line.includes('const isEd25519ph = '),
  },
  {
    why: 'whether a public key may be exported makes no difference',
    holds: ({ mutatorName }, line) => mutatorName === 'BooleanLiteral' && line.includes("importKey('spki'"),
  },
  {
    why: 'the modulus itself gives 0, which is not the encoding of any digest',
    holds: ({ replacement }) => replacement === 's > modulus',
  },
  {
    why: 'the text has at most four characters anyway',
    holds: ({ mutatorName }, line) => mutatorName === 'Regex' && line.includes('{4}$/.test(digits)'),
  },
  {
    why: 'Date.parse does not accept anything after the offset either',
    holds: ({ replacement }, line) =>
      line.includes('(Z|[+-][0-9]{2}:[0-9]{2})$/') && replacement.endsWith(')/'),
  },
  {
    why: 'a missing property and an undefined one have the same effect',
    holds: ({ replacement }, line) => replacement === 'true' && /\.\.\.\(.* !== undefined && /.test(line),
  },
];

/** @param lines the lines of the changed file */
export function explanationOf(mutant: Mutant, lines: string[]): string | undefined {
  const at = mutant.location.start.line;
  return EXPLANATIONS.find(({ holds }) => holds(mutant, lines[at] ?? '', lines[at + 1] ?? '', lines))?.why;
}
