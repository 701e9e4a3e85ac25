// `apply`: reads and validates the whole folder, reads the service's state, prints the plan, and executes it unless this is a dry run.
import { type Client, ServiceError, Unreachable } from './client.ts';
import { findConflicts } from './conflicts.ts';
import { titleOf } from './kinds.ts';
import type { Output } from './output.ts';
import { linesOf, makePlan, type Plan, type Step } from './plan.ts';
import { readPresent } from './present.ts';
import { readWanted } from './rehearse.ts';
import { Trouble } from './trouble.ts';

const DIFFERENT = 3;

export interface ApplyOptions {
  folder: string;
  isDryRun: boolean;
  prunes: boolean;
}

/**
 * @returns the exit code
 * @throws Trouble before the first change, or midway, saying what was done and what was not
 */
export async function applyFolder(
  { folder, isDryRun, prunes }: ApplyOptions,
  client: Client,
  { say }: Output,
): Promise<number> {
  const wanted = await readWanted(folder);
  const state = await readPresent(client, wanted, prunes);
  const conflicts = findConflicts(wanted, state, prunes);
  if (conflicts.length > 0) throw new Trouble(...conflicts);
  const plan = makePlan(wanted, state.present, prunes);
  for (const line of plan.entries.flatMap(linesOf)) say(line);
  say(summary(plan));
  if (plan.steps.length === 0) return 0;
  if (isDryRun) {
    say('Nothing was changed (--dry-run).');
    return DIFFERENT;
  }
  await doAll(plan.steps, client);
  say('Done.');
  return 0;
}

function summary({ entries, steps }: Plan): string {
  const count = (sign: string) => entries.filter((entry) => entry.sign === sign).length;
  if (steps.length === 0) return `Nothing to change; ${count('=')} unchanged.`;
  return `${count('+')} new, ${count('~')} to change, ${count('!')} to revoke, ${count('-')} to delete; ${count('=')} unchanged.`;
}

async function doAll(steps: Step[], client: Client): Promise<void> {
  const etags = new Map<string, string>();
  for (const [at, step] of steps.entries()) {
    try {
      const etag = await doStep(step, etags.get(titleOf(step)) ?? step.etag, client);
      if (etag !== undefined) etags.set(titleOf(step), etag);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      throw new Trouble(
        ...error.lines,
        ...explain(error, step),
        ...listed('Done:', steps.slice(0, at)),
        ...listed('Not done:', steps.slice(at)),
        'Run it again to do the rest.',
      );
    }
  }
}

/** Changes only the version that was read, and creates only what did not exist. @returns the ETag of the result */
async function doStep(
  { sign, kind, id, method, path, body }: Step,
  etag: string | undefined,
  client: Client,
): Promise<string | undefined> {
  if (sign !== '+' && etag === undefined)
    throw new Trouble(
      `${kind} ${id}: the service sent no ETag for it, so changing it could overwrite someone else's change.`,
    );
  const answer = await client.call(method, path, {
    ...(body !== undefined && { body }),
    ...(sign === '+' ? { ifNoneMatch: '*' } : { ifMatch: etag as string }),
  });
  return answer.etag;
}

function explain(error: Trouble, { kind, id }: Step): string[] {
  if (error instanceof Unreachable) return [`It is not known whether ${kind} ${id} was changed.`];
  if (!(error instanceof ServiceError) || error.status !== 412) return [];
  return [`Someone else has changed ${kind} ${id} in the meantime; their change was not overwritten.`];
}

function listed(title: string, steps: Step[]): string[] {
  if (steps.length === 0) return [`${title} nothing`];
  return [title, ...steps.flatMap((step) => linesOf({ ...step, details: [] })).map((line) => `  ${line}`)];
}
