// Gives many inputs to one of our parsers and to the peer: both must give the same result, or a named reason explains the difference.
import fc from 'fast-check';
import { expect } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, hex } from '../support/bytes.ts';
import { runs } from '../support/fuzz.ts';
import { askPeer, type Question, type Said } from './peer.ts';

export interface Comparison<I> {
  inputs: fc.Arbitrary<I>;
  ask: (input: I) => Question;
  /** Our result in the peer's form. Errors: `Malformed` if our parser refuses the input. */
  ours: (input: I) => Said | Promise<Said>;
  /** Valid inputs, for which both must give the same result without exception. */
  valid?: I[];
  /** Intended differences: the reason, and when it applies. */
  differences?: Record<string, (input: I, ours: Said, theirs: Said) => boolean>;
}

const REFUSED = { refused: true };

/** The number of inputs in one run of `npm test`, and how many are in memory at once when there are more. */
const INPUTS = 4000;

/** Fails on the first unexplained difference, and if the peer accepts so few inputs that the comparison shows little. */
export async function compare<I>(comparison: Comparison<I>): Promise<void> {
  const { inputs, valid = [] } = comparison;
  await comparePart(comparison, valid, {});
  const { numRuns } = runs(INPUTS);
  let taken = 0;
  for (let done = 0; done < numRuns; done += INPUTS) {
    const sample = fc.sample(inputs, { numRuns: Math.min(INPUTS, numRuns - done) });
    taken += await comparePart(comparison, sample, comparison.differences);
  }
  expect(taken, 'inputs that the peer accepts').toBeGreaterThan(numRuns / 50);
}

/** @returns how many of the inputs the peer accepts */
async function comparePart<I>(
  { ask, ours }: Comparison<I>,
  sample: I[],
  differences: Comparison<I>['differences'] = {},
): Promise<number> {
  const answers = await askPeer(sample.map(ask));
  let taken = 0;
  for (const [at, input] of sample.entries()) {
    const isTaken = answers[at].refused === undefined;
    const theirs = isTaken ? answers[at] : REFUSED;
    const own = await tryOurs(() => ours(input));
    if (isTaken) taken++;
    if (JSON.stringify(own) === JSON.stringify(theirs)) continue;
    const reason = Object.keys(differences).find((name) => differences[name]?.(input, own, answers[at]));
    const shown = `${JSON.stringify(new TextDecoder().decode(ask(input).bytes))} ${hex(ask(input).bytes as Bytes)}`;
    expect(
      reason,
      `${shown}\nours ${JSON.stringify(own)}\ntheirs ${JSON.stringify(answers[at])}`,
    ).toBeDefined();
  }
  return taken;
}

async function tryOurs(parse: () => Said | Promise<Said>): Promise<Said> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof Malformed) return REFUSED;
    throw error;
  }
}
