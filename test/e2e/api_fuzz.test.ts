// schemathesis fuzzes the API from /openapi.json: the status, type and schema of every answer are described, and none is 500.
import { execFile, spawnSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, test } from 'vitest';
import { BUNDLE } from '../../scripts/paths.ts';
import { RUNTIMES, startService } from '../../scripts/service/service.ts';

const ADMIN_TOKEN = 'e2e-admin-token-0123456789abcdef';
const CACHED = join(homedir(), '.cache', 'countersign', 'schemathesis', 'bin', 'schemathesis');
const CHECKS = ['status_code_conformance', 'content_type_conformance', 'response_schema_conformance'];
const HOOKS = join(import.meta.dirname, 'support', 'api_fuzz_hooks.py');
/** The number of examples for each operation and phase. */
const EXAMPLES = 15;

const program = [CACHED, 'schemathesis'].find((name) => spawnSync(name, ['--version']).error === undefined);
const isMissing = program === undefined && !process.env.CI;

describe.skipIf(isMissing)(isMissing ? 'API fuzzing (schemathesis is not installed)' : 'API fuzzing', () => {
  // Concurrently, since each runtime waits for its fuzzer in turn.
  test.concurrent.for(RUNTIMES)(
    'on %s every answer is as described, and none is 500',
    { timeout: 300_000 },
    async (runtime, { expect }) => {
      // No upstream can be reached, so what is not refused before is undecided.
      const settings = { ADMIN_TOKEN, REGISTRIES: '127.0.0.1:9', INSECURE_REGISTRIES: '127.0.0.1:9' };
      const service = await startService(runtime, { bundle: BUNDLE, settings });
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      try {
        const { stdout } = await promisify(execFile)(
          program ?? 'schemathesis',
          [
            ...['run', `${service.url}/openapi.json`, '-H', `Authorization: ${headers.authorization}`],
            ...[
              '--checks',
              CHECKS.join(','),
              '--phases',
              'coverage,fuzzing',
              '--max-examples',
              String(EXAMPLES),
              '--no-color',
            ],
          ],
          // schemathesis writes its findings into the folder in which it runs.
          { maxBuffer: 64 * 1024 * 1024, cwd: tmpdir(), env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS } },
        ).catch(({ stdout: printed, stderr }: { stdout: string; stderr: string }) => ({
          stdout: `FAILED\n${printed}${stderr}`,
        }));
        expect(stdout, stdout.slice(-6000)).not.toMatch(/^FAILED/);
        const metrics = await (await fetch(`${service.url}/metrics`, { headers })).text();
        expect(metrics).toMatch(/status="400"/);
        expect(metrics).not.toMatch(/status="500"/);
      } finally {
        await service.stop();
      }
    },
  );
});
