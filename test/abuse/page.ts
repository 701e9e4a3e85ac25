// docs/abuse.md: every published failure with what answers it, its tests, and what was taken out to see them fail. Run as a program it
// writes the page; a test holds the page to it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import '../conformance/cases/all.ts';
import { projectRoot } from '../conformance/fixtures.ts';
import { allCases } from '../conformance/table.ts';
import { type AbuseCase, carries } from './abuse_case.ts';
import { abuseCases } from './cases/all.ts';

export const PAGE = join(projectRoot, 'docs', 'abuse.md');

const HEAD = `# Published failures, and what answers them here

Written by \`node test/abuse/page.ts\`; do not edit by hand.

Each row is a way in which software of this kind was broken: verifiers, admission controllers, registries, proxies and their interfaces.
The tests carry the id in their names and run on Node, workerd and Deno. \`npm run abuse\` takes each answer of the last column out of
the source, one at a time, and fails unless a test of that id fails for want of it while what is good stays good; \`.ci/run\` does it too.

| id | what went wrong | what answers it | tests | seen to fail without |
|---|---|---|---|---|
`;

export function abusePage(): string {
  return `${HEAD}${abuseCases.map(row).join('\n')}\n`;
}

export function testsOf(id: string): string[] {
  return allCases()
    .map(({ name }) => name)
    .filter((name) => carries(name, id));
}

function row({ id, failure, answer, removals, beside }: AbuseCase): string {
  const tests = testsOf(id).map((name) => name.replace(/^(?:A\d+ )+/, ''));
  const answers = beside === undefined ? answer : `${answer}. ${beside}`;
  const cells = [id, failure, answers, lines(tests), lines(removals.map(({ without }) => without))];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function lines(items: string[]): string {
  return items.join('<br>');
}

if (import.meta.main) await writeFile(PAGE, abusePage());
