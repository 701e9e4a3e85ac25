// Many inputs, given to one of our parsers and to the peer: both take each for the same thing, or there is a named reason.
import fc from 'fast-check';
import { expect } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, hex } from '../support/bytes.ts';
import { runs } from '../support/fuzz.ts';
import { askPeer, type Question, type Said } from './peer.ts';

export interface Comparison<I> {
  inputs: fc.Arbitrary<I>;
  ask: (input: I) => Question;
  /** In the peer's form. Errors: `Malformed` for what is refused. */
  ours: (input: I) => Said | Promise<Said>;
  /** Where the two may differ on purpose: a reason, and when it holds. */
  differences?: Record<string, (input: I, ours: Said, theirs: Said) => boolean>;
}

const REFUSED = { refused: true };

/** Fails on the first difference without a reason, and where no input was taken or none refused: that would show nothing. */
export async function compare<I>(comparison: Comparison<I>, usual = 4000): Promise<Record<string, number>> {
  const { inputs, ask, ours, differences = {} } = comparison;
  const sample = fc.sample(inputs, runs(usual));
  const said = await askPeer(sample.map(ask));
  const counts: Record<string, number> = { taken: 0, refused: 0 };
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const [at, input] of sample.entries()) {
    const isTaken = said[at].refused === undefined;
    const theirs = isTaken ? said[at] : REFUSED;
    const own = await tryOurs(() => ours(input));
    count(isTaken ? 'taken' : 'refused');
    if (JSON.stringify(own) === JSON.stringify(theirs)) continue;
    const reason = Object.keys(differences).find((name) => differences[name]?.(input, own, said[at]));
    const shown = `${JSON.stringify(new TextDecoder().decode(ask(input).bytes))} ${hex(ask(input).bytes as Bytes)}`;
    expect(reason, `${shown}\nours ${JSON.stringify(own)}\ntheirs ${JSON.stringify(said[at])}`).toBeDefined();
    count(reason ?? '');
  }
  expect(counts.taken, 'inputs that the peer takes').toBeGreaterThan(sample.length / 50);
  return counts;
}

async function tryOurs(parse: () => Said | Promise<Said>): Promise<Said> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof Malformed) return REFUSED;
    throw error;
  }
}
