// `npm run vectors`: makes test/vectors afresh with the real cosign, which needs Go and Debian's docker-registry.
import { join } from 'node:path';
import { ROOT } from './paths.ts';
import { installCosign } from './vectors/cosign.ts';
import { writeVectors } from './vectors/files.ts';
import { makeVectors } from './vectors/make.ts';
import { openWorkbench } from './vectors/workbench.ts';

installCosign();
const bench = await openWorkbench();
try {
  const made = await makeVectors(bench);
  await writeVectors(join(ROOT, 'test', 'vectors'), made);
  for (const { name, reason } of made.impossible) console.log(`not made: ${name}: ${reason}`);
  console.log(
    `${made.vectors.length} vectors by cosign ${made.cosign}; ${made.impossible.length} could not be made`,
  );
} finally {
  await bench.stop();
}
