// The named checks: their order, their results, and the only loop that runs them. A check passes, fails with a code, or does not apply.
// After the first failure no further check runs.
import type { RefusalCode, UndecidedCode, VerdictCode } from './codes.ts';
import { shortened } from './encoding/display.ts';
import { Undecided } from './errors/undecided.ts';

/** In the order in which they run. */
export const CHECK_NAMES = [
  'payload-digest',
  'payload-type',
  'subject-digest',
  'key-known',
  'key-scope',
  'signature',
  'log-known',
  'log-key-valid',
  'set',
  'inclusion-proof',
  'checkpoint',
  'entry-kind',
  'entry-signature',
  'entry-payload',
  'entry-key',
  'online-entry',
  'timestamp',
  'key-valid',
  'annotations',
  'predicate-type',
  'predicate',
  'certificate',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** What was compared, for people and programs. */
export interface Compared {
  expected?: string;
  actual?: string;
  /** Where the actual value comes from: a digest, an annotation, a URL. */
  source?: string;
}

export interface Check extends Compared {
  name: CheckName;
  result: 'pass' | 'fail' | 'not-run';
  code?: RefusalCode | UndecidedCode;
}

export type Finding =
  | { pass: true; compared: Compared }
  | { pass: false; code: RefusalCode; compared: Compared };

export function pass(compared: Compared = {}): Finding {
  return { pass: true, compared };
}

export function fail(code: RefusalCode, compared: Compared = {}): Finding {
  return { pass: false, code, compared };
}

/** One check on a state of type S that earlier checks have filled in. */
export interface Step<S> {
  name: CheckName;
  /** Whether the check is relevant to this evidence. */
  applies(state: S): boolean;
  run(state: S): Finding | Promise<Finding>;
}

export interface CheckRun {
  code: VerdictCode;
  checks: Check[];
  undecided?: Undecided;
}

/** Runs the steps in order. An `Undecided` thrown by a step ends the run as undecided. */
export async function runChecks<S>(steps: Step<S>[], state: S): Promise<CheckRun> {
  const checks: Check[] = [];
  let end: Omit<CheckRun, 'checks'> | undefined;
  for (const step of steps) {
    if (!step.applies(state)) continue;
    if (end !== undefined) {
      checks.push({ name: step.name, result: 'not-run' });
      continue;
    }
    try {
      const finding = await step.run(state);
      if (finding.pass) checks.push({ name: step.name, result: 'pass', ...clip(finding.compared) });
      else {
        checks.push({ name: step.name, result: 'fail', code: finding.code, ...clip(finding.compared) });
        end = { code: finding.code };
      }
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      checks.push({ name: step.name, result: 'not-run', code: error.code });
      end = { code: error.code, undecided: error };
    }
  }
  return { code: 'VERIFIED', ...end, checks };
}

/** In characters. Evidence may be arbitrarily long; a response about it may not. */
const MAX_SHOWN = 2048;

function clip(compared: Compared): Compared {
  const { expected, actual, source } = compared;
  if (isShort(expected) && isShort(actual) && isShort(source)) return compared;
  return Object.fromEntries(
    Object.entries(compared).map(([name, text]: [string, string]) => [name, shortened(text, MAX_SHOWN)]),
  );
}

function isShort(text: string | undefined): boolean {
  return text === undefined || text.length <= MAX_SHOWN;
}
