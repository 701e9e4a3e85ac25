// `npm run vectors`: makes test/vectors anew with the real cosign, which needs Go and Debian's docker-registry. With `-- --compare` it
// writes nothing, but gives mutants of the vectors to both cosign and the service (the built bundle in workerd) and compares verdicts.
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { build } from './build.ts';
import { ROOT } from './paths.ts';
import { type Compared, compareAll } from './vectors/compare.ts';
import { installCosign } from './vectors/cosign.ts';
import { writeVectors } from './vectors/files.ts';
import { makeVectors, type Vectors } from './vectors/make.ts';
import { mutate } from './vectors/mutations.ts';
import { signedAnew } from './vectors/mutations_signed_anew.ts';
import { startVectorService } from './vectors/service.ts';
import { openWorkbench, type Workbench } from './vectors/workbench.ts';

async function write(made: Vectors): Promise<void> {
  await writeVectors(join(ROOT, 'test', 'vectors'), made);
  for (const { name, reason } of made.impossible) console.log(`not made: ${name}: ${reason}`);
  console.log(
    `${made.vectors.length} vectors by cosign ${made.cosign}; ${made.impossible.length} could not be made`,
  );
}

async function compare(bench: Workbench, made: Vectors): Promise<void> {
  await build();
  const service = await startVectorService(bench, 'workerd');
  try {
    const compared = await compareAll(bench, service.call, [
      ...mutate(made.vectors),
      ...(await signedAnew(bench)),
    ]);
    print(compared);
  } finally {
    await service.stop();
  }
}

function print(compared: Compared[]): void {
  for (const { change, cosign, service, code, reason, why } of compared.filter(
    ({ outcome }) => outcome === 'explained' || outcome === 'unexplained',
  ))
    console.log(
      `${why === undefined ? 'UNEXPLAINED' : 'explained'}  ${change}: cosign ${cosign} ${reason}, service ${service} ${code} ${why ?? ''}`,
    );
  const count = (outcome: Compared['outcome']) => compared.filter((one) => one.outcome === outcome).length;
  console.log(
    `${compared.length} mutants: ${count('agree')} agree, ${count('explained')} explained, ${count('unexplained')} unexplained, ${count('unstorable')} rejected by the registry itself`,
  );
  if (count('unexplained') > 0) process.exitCode = 1;
}

const { values } = parseArguments('npm run vectors [-- --compare]', {
  options: { compare: { type: 'boolean' } },
});
installCosign();
const bench = await openWorkbench();
try {
  const made = await makeVectors(bench);
  if (values.compare === true) await compare(bench, made);
  else await write(made);
} finally {
  await bench.stop();
}
