// Changes that no test can see, and why.

export interface Mutant {
  mutatorName: string;
  replacement?: string;
  location: { start: { line: number; column: number }; end: { line: number; column: number } };
}

interface Explanation {
  why: string;
  /** @param line where the change begins. @param next the line after it */
  holds(mutant: Mutant, line: string, next: string): boolean;
}

const EXPLANATIONS: Explanation[] = [
  {
    why: 'a guard of what an earlier check has established: it would be a defect of ours, an error and never a verdict',
    holds: (_, line, next) => line.includes('throw new TypeError') || next.includes('throw new TypeError'),
  },
  {
    why: 'what was read or computed before is kept, so that it is done once: without that it is done again, to the same end',
    holds: (_, line) =>
      /^\s*(?:if \(known !== undefined\)|\w+\.set\(|facts\.set\()/.test(line) && !line.includes('kv'),
  },
  {
    why: 'the second line of defence: the list of checks has it already (a removal of both is seen, docs/abuse.md)',
    holds: (_, line) =>
      /assertEstablished|needed(?:\.push|: )|const missing = needed|isVouchedFor/.test(line),
  },
  {
    why: 'the algorithm of RFC 9162 §2.1.3.2 as it stands there: a node at 0 is the last only in a tree that has ended before',
    holds: (_, line) => line.includes('(node & 1n) === 0n && node !== 0n'),
  },
  {
    why: 'a property that is left out or undefined reads the same',
    holds: ({ replacement }, line) => replacement === 'true' && /\.\.\.\(.* !== undefined && /.test(line),
  },
];

export function explanationOf(source: string, mutant: Mutant): string | undefined {
  const lines = source.split('\n');
  const at = mutant.location.start.line - 1;
  return EXPLANATIONS.find(({ holds }) => holds(mutant, lines[at] ?? '', lines[at + 1] ?? ''))?.why;
}
