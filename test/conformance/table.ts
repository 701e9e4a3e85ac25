// The table of cases: each has a name and a body that runs on Node, workerd and Deno. Nothing here or in a case depends on one runtime.

/** Texts by path: the project's own, under `vectors/`, and the shared fixtures if there are any. */
export type Fixtures = Record<string, string>;

/** The service under test, by the interface of Workers. */
export interface Worker {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>;
}

export interface World {
  fixtures: Fixtures;
  worker: Worker;
}

export interface TestContext {
  worker: Worker;
  /** A fixture's parsed JSON; without the shared fixtures the case is skipped. */
  // biome-ignore lint/suspicious/noExplicitAny: fixtures have many forms, and each case knows its own
  json(path: string): any;
  text(path: string): string;
  /** The paths of the fixtures in a folder. */
  files(folder: string): string[];
  /** Registers a function to run after the case, whatever its outcome. */
  after(undo: () => void): void;
  /** The lines that the service has logged during this case, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: each case knows the form of its lines
  logged(): any[];
}

export interface Case {
  name: string;
  run: (t: TestContext) => void | Promise<void>;
}

export interface Outcome {
  name: string;
  result: 'passed' | 'failed' | 'skipped';
  message?: string;
}

class Skipped extends Error {}

const registered: Case[] = [];

export function test(name: string, run: Case['run']): void {
  if (registered.some((known) => known.name === name)) throw new Error(`two cases are called "${name}"`);
  registered.push({ name, run });
}

export function allCases(): readonly Case[] {
  return registered;
}

export async function runCase({ name, run }: Case, { fixtures, worker }: World): Promise<Outcome> {
  const undo: (() => void)[] = [];
  const text = (path: string) => {
    const found = fixtures[path];
    if (found !== undefined) return found;
    const isShared = (name: string) => !name.startsWith('vectors/');
    if (!isShared(path) || Object.keys(fixtures).some(isShared)) throw new Error(`no fixture ${path}`);
    throw new Skipped(`needs the fixture ${path}`);
  };
  const files = (folder: string) => {
    const found = Object.keys(fixtures).filter((path) => path.startsWith(`${folder}/`));
    if (found.length === 0) text(folder);
    return found.sort();
  };
  const lines = collectLines(undo);
  try {
    await run({
      worker,
      text,
      files,
      json: (path) => JSON.parse(text(path)),
      after: (step) => undo.push(step),
      logged: () => lines.map((line) => JSON.parse(line)),
    });
    return { name, result: 'passed' };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    if (error instanceof Skipped) return { name, result: 'skipped', message: error.message };
    return {
      name,
      result: 'failed',
      message: message.includes(String(error)) ? message : `${error}\n${message}`,
    };
  } finally {
    for (const step of undo.reverse()) step();
  }
}

/** Collects what is logged while a case runs: the case may read it, and it would clutter the results. */
function collectLines(undo: (() => void)[]): string[] {
  const lines: string[] = [];
  const original = console.log;
  console.log = (line: string) => void lines.push(line);
  undo.push(() => {
    console.log = original;
  });
  return lines;
}
