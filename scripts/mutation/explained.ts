// Changes that no test can see, and why. They are asked after the table has not seen a change: none of them hides one that a case sees.

import type { Mutant } from './mutants.ts';

interface Explanation {
  why: string;
  /** @param line where the change begins. @param next the line after it. @param lines all of the file */
  holds(mutant: Mutant, line: string, next: string, lines: string[]): boolean;
}

const EXPLANATIONS: Explanation[] = [
  {
    why: 'a guard of what an earlier check has established: it would be a defect of ours, an error and never a verdict',
    holds: (_, line, next) => line.includes('throw new TypeError') || next.includes('throw new TypeError'),
  },
  {
    why: 'what was read or computed before is kept, so that it is done once: without that it is done again, to the same end',
    holds: (_, line) =>
      /^\s*(?:if \((?:known|ready|state\.signer) !== undefined\)|if \(WRITTEN\.size >=)/.test(line) ||
      /^\s*(?:imported|byHash|readings|statements|payloads|leaves|facts|forms|read|signers|WRITTEN)\.set\(/.test(
        line,
      ),
  },
  {
    why: 'the second line of defence: the list of checks has it already (a removal of both is seen, docs/abuse.md)',
    holds: (_, line) =>
      /assertEstablished|needed(?:\.push|: )|const missing = needed|isVouchedFor|if \(hasEntries\(state\) \|\| isLogRequired/.test(
        line,
      ),
  },
  {
    why: 'the algorithm of RFC 9162 §2.1.3.2 as it stands there: a node at 0 is the last only in a tree that has ended before',
    holds: (_, line) => line.includes('(node & 1n) === 0n && node !== 0n'),
  },
  {
    why: 'for the type checker: it is there whenever this is reached',
    holds: ({ mutatorName, replacement }, line) =>
      mutatorName === 'OptionalChaining'
        ? /(?:PLAIN\.exec\(this\.#text\)|said|signer|reading\.material|proof|key)\?\.|said\.about\?\./.test(
            line,
          )
        : /const \[(?:origin|host|rest) = ''|input\[i\] \?\? ''|PLAIN\.exec\(|rekor = \[\], tsa = \[\]/.test(
            line,
          ) ||
          (replacement === 'false' && /match\?\.\[1\] === undefined|result\.signer === undefined/.test(line)),
  },
  {
    why: 'an error of another class is a defect of ours, which no input brings about',
    holds: ({ replacement }, line) =>
      (replacement === 'true' || replacement === 'false') && /if \(!?\(?error instanceof/.test(line),
  },
  {
    why: 'a quick way to the same end',
    holds: ({ replacement }, line) =>
      (replacement === 'false' && line.includes('if (isShort(expected) && isShort(actual)')) ||
      line.includes('const isBroken = text.includes(') ||
      line.includes('if (bytes.length <= SHORT)') ||
      (replacement === ';' && line.includes('known.set(reading, named)')) ||
      (replacement === 'true' && line.includes('const isThere = clock !== undefined')) ||
      (replacement === 'true' && /if \((?:quote === -1|SPECIAL\.test\(plain\))\) return/.test(line)) ||
      (replacement === 'true' && line.includes("if (name === '__proto__')")) ||
      (replacement === 'inScope' && line.includes('...inScope.filter(isNamed)')) ||
      (replacement === 'false' && line.includes('if (signature instanceof Malformed) return undefined')),
  },
  {
    why: 'the function ends there, which gives the same',
    holds: ({ location }, line) => line.slice(location.start.column).includes("'blob':"),
  },
  {
    why: 'the native JSON parser takes less, and the careful reader reads the same',
    holds: ({ mutatorName, replacement, location }, line, _, lines) => {
      const from = lines.findIndex((one) => one.startsWith('function readNatively'));
      const to = lines.findIndex((one) => one.startsWith('export function parseJsonBytes'));
      if (from < 0 || location.start.line < from || location.start.line >= to) return false;
      const isRefusal = /return (?:undefined|false)/.test(line);
      return (
        mutatorName === 'BlockStatement' ||
        replacement === '() => undefined' ||
        replacement === 'depth < MAX_JSON_DEPTH' ||
        // Nothing but a number is an exact one: the reader looks at it.
        (replacement === 'true' && line.includes("if (typeof value === 'number') return isExact")) ||
        replacement === (isRefusal ? 'true' : 'false') ||
        ['""', 'text.isWellFormed()'].includes(replacement) ||
        (mutatorName === 'LogicalOperator' && replacement.includes(' && '))
      );
    },
  },
  {
    why: 'numbers are held to integers by that word, and by no other',
    holds: ({ replacement }, line) => replacement === '""' && line.includes("numbers: Numbers = 'any'"),
  },
  {
    why: 'one step beyond the end of an array of bytes does nothing',
    holds: ({ mutatorName }, line) =>
      mutatorName === 'EqualityOperator' && /for \(let (?:i|at) = 0; (?:i|at) < \w+\.length;/.test(line),
  },
  {
    why: 'there is no digit between 9 and A that the expression before has let through',
    holds: ({ mutatorName }, line) => mutatorName === 'EqualityOperator' && line.includes('code < 0x40'),
  },
  {
    why: 'such a list is only looked through for what it must hold',
    holds: (_, line) => line.includes('const values: T[] = []'),
  },
  {
    why: 'what workerd and Deno have natively and Node has not: the table runs it there',
    holds: ({ location }, line, _, lines) => {
      const from = lines.findIndex((one) => one.startsWith('function decodeNatively'));
      const isInside = from >= 0 && location.start.line >= from && location.start.line < from + 8;
      return isInside || /\bnative(?:Hex)? [!=]== undefined/.test(line);
    },
  },
  {
    why: 'after a failure nothing is asked of the times that were proven',
    holds: ({ replacement }, line) =>
      replacement === 'true' && line.includes('if (finding.pass) state.provenTimes.push'),
  },
  {
    why: 'a bare signature says nothing, and has no annotations either',
    holds: ({ replacement }, line) =>
      replacement === 'true' && line.includes("said?.kind === 'in-toto' ? (said.about"),
  },
  {
    why: 'for the type checker: Number.isSafeInteger takes numbers only',
    holds: ({ location: { start, end } }, line, next) =>
      /^typeof value [!=]== 'number'$/.test(line.slice(start.column, end.column)) &&
      `${line}${next}`.includes('Number.isSafeInteger(value)'),
  },
  {
    why: 'a name that no document has',
    holds: ({ mutatorName }, line) =>
      mutatorName === 'ArrayDeclaration' && line.includes('optional: string[] = []'),
  },
  {
    why: 'for the type checker: no other key has a curve',
    holds: ({ replacement, location: { start, end } }, line) =>
      replacement === 'true' && line.slice(start.column, end.column) === "algorithm.name === 'ECDSA'",
  },
  {
    why: 'for the type checker: a bundle has nothing beside it',
    holds: (_, line) => line.includes("evidence.format === 'sigstore-bundle' ? {} : evidence"),
  },
  {
    why: 'for the type checker: what is missing names nobody',
    holds: (_, line) =>
      /if \('missing' in evidence\) return false|log\.alias !== undefined \?|version === undefined \? log|if \(name === undefined\) return false/.test(
        line,
      ),
  },
  {
    why: 'they differ there',
    holds: ({ replacement }, line) => replacement === 'x <= y' && line.includes('if (x !== y)'),
  },
  {
    why: 'a message known by its bytes has every hash, and no message is known by none',
    holds: (_, line) => line.includes("return hash === 'none' ? message.bytes !== undefined : hasHash("),
  },
  {
    why: 'the slow way to the same end, for every key',
    holds: ({ replacement }, line) => replacement === 'true' && line.includes('const isEd25519ph = '),
  },
  {
    why: 'a public key may be taken out again',
    holds: ({ mutatorName }, line) => mutatorName === 'BooleanLiteral' && line.includes("importKey('spki'"),
  },
  {
    why: 'the modulus itself gives 0, which no encoding of a digest is',
    holds: ({ replacement }) => replacement === 's > modulus',
  },
  {
    why: 'there are four letters at the most',
    holds: ({ mutatorName }, line) => mutatorName === 'Regex' && line.includes('{4}$/.test(digits)'),
  },
  {
    why: 'Date.parse takes nothing behind the offset either',
    holds: ({ replacement }, line) =>
      line.includes('(Z|[+-][0-9]{2}:[0-9]{2})$/') && replacement.endsWith(')/'),
  },
  {
    why: 'a property that is left out or undefined reads the same',
    holds: ({ replacement }, line) => replacement === 'true' && /\.\.\.\(.* !== undefined && /.test(line),
  },
];

/** @param lines of the file that the change is made to */
export function explanationOf(mutant: Mutant, lines: string[]): string | undefined {
  const at = mutant.location.start.line;
  return EXPLANATIONS.find(({ holds }) => holds(mutant, lines[at] ?? '', lines[at + 1] ?? '', lines))?.why;
}
