// Two projects: `unit` runs the sources in vitest's own processes; `e2e` drives the built bundle in both runtimes over HTTP.

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Take about as long as all other files of their project together, which then run beside them. */
const LONGEST = ['/conformance/table.test.ts', '/e2e/cosign.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((file) => moduleId.endsWith(file));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
          // Each file starts its own runtimes, and registries on free ports.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
