// Asks the real cosign the same question as the service, as strictly as its flags allow: the log is required unless the signature was
// made without one, nothing is looked up online, and the hash is the one that the key's curve prescribes.
import type { Run } from './cosign.ts';
import type { Plan } from './plans.ts';
import type { Workbench } from './workbench.ts';

export type Question = Pick<Plan, 'ask' | 'key' | 'log' | 'annotations' | 'type'>;

const COMMANDS = {
  image: 'verify',
  attestation: 'verify-attestation',
  blob: 'verify-blob',
  'blob-attestation': 'verify-blob-attestation',
};
/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

export interface BlobFiles {
  artifact: string;
  bundle: string;
  /** Whether the bundle has cosign's format from before Sigstore bundles. */
  isOld: boolean;
}

/** @param target an image reference, or a blob's files */
export function askCosign(bench: Workbench, question: Question, target: string | BlobFiles): Promise<Run> {
  const args = questionArgs(bench, question);
  if (typeof target === 'string')
    return bench.cosign([...args, ...trust(bench, question), '--rekor-url', NOWHERE, target]);
  const { artifact, bundle, isOld } = target;
  if (!isOld) return bench.cosign([...args, ...trust(bench, question), '--bundle', bundle, artifact]);
  const classic = ['--new-bundle-format=false', '--rekor-url', NOWHERE];
  const unlogged = question.log === 'none' ? ['--insecure-ignore-tlog'] : [];
  const env = { SIGSTORE_REKOR_PUBLIC_KEY: bench.path('rekor.v1.pub') };
  return bench.cosign([...args, ...classic, ...unlogged, '--bundle', bundle, artifact], env);
}

function trust({ path }: Workbench, { log }: Question): string[] {
  return log === 'none' ? ['--insecure-ignore-tlog'] : ['--trusted-root', path('trusted_root.json')];
}

function questionArgs({ path }: Workbench, { ask, key, annotations = [], type }: Question): string[] {
  const isAttestation = ask === 'attestation' || ask === 'blob-attestation';
  return [
    COMMANDS[ask],
    '--key',
    path(`${key}.pub`),
    ...(key === 'p384' ? ['--signature-digest-algorithm', 'sha384'] : []),
    ...(key === 'p521' ? ['--signature-digest-algorithm', 'sha512'] : []),
    ...annotations.flatMap((pair) => ['-a', pair]),
    ...(type !== undefined && isAttestation ? ['--type', type] : []),
  ];
}
