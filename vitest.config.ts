// Two projects: `unit` runs the sources in vitest's own processes; `e2e` drives the built bundle in both runtimes over HTTP.

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Starts the table first, since it takes as long as all other files together, which then run in parallel with it. */
class TableFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isTable = ({ moduleId }: TestSpecification) => moduleId.endsWith('/conformance/table.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isTable), ...sorted.filter((file) => !isTable(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: TableFirst },
    // Uses all cores: vitest's main process only waits while tests run, so it needs no core of its own.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/build_bundle.ts'],
          // Each file starts its own runtimes; running one file at a time keeps their timing steady on a small machine.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
