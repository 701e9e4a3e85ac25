// What is signed, and how it is verified: one plan for each vector. `make` runs cosign as its users do; the vector is the registry's
// content afterwards, with cosign's own verdict.
import { readFile, writeFile } from 'node:fs/promises';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../test/support/sign_image.ts';
import { reasonOf } from './cosign.ts';
import { digestOf, type Layout, pushRepository } from './layout.ts';
import { ALGORITHMS, type KeyName, type LogName, type Workbench } from './workbench.ts';

export interface Plan {
  name: string;
  /** The kind of question for cosign and the service. */
  ask: 'image' | 'attestation' | 'blob' | 'blob-attestation';
  key: KeyName;
  log: LogName;
  /** `-a`, as `name=value`. */
  annotations?: string[];
  /** cosign's short name or a URI. */
  type?: string;
  /** Which image in the repository is verified; by default the signed one. */
  about?: 'tag' | 'digest' | 'child';
  make(bench: Workbench, repository: string): Promise<Made>;
}

export interface Made {
  /** What is verified: an image by its digest, or a blob with its artifact and the bundle's text. */
  digest: string;
  blob?: { artifact: string; bundle: string };
}

const CLASSIC = ['--new-bundle-format=false', '--use-signing-config=false'];

/** Runs cosign; if it fails, the vector is not made. */
async function must(bench: Workbench, args: string[]): Promise<void> {
  const run = await bench.cosign(args);
  if (run.exitCode !== 0) throw new Error(`cosign ${args[0]}: ${reasonOf(run)}`);
}

/** Pushes a small image and returns its digest. */
async function pushImage(
  { registry }: Workbench,
  repository: string,
  tag = '1',
  label = repository,
): Promise<string> {
  const layer = `the files of ${label}\n`;
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const descriptor = (mediaType: string, text: string) => ({
    mediaType,
    digest: digestOf(text),
    size: text.length,
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  const layout: Layout = {
    manifests: [{ tag, mediaType: MANIFEST_TYPE, text: manifest }],
    blobs: { [digestOf(layer)]: layer, [digestOf(config)]: config },
  };
  await pushRepository(registry.url, repository, layout);
  return digestOf(manifest);
}

function logArgs({ path, logs }: Workbench, format: 'classic' | 'bundle', log: LogName): string[] {
  if (format === 'bundle')
    return [
      '--signing-config',
      path(`signing_config.${log}.json`),
      '--trusted-root',
      path('trusted_root.json'),
    ];
  return [
    ...CLASSIC,
    ...(log === 'none'
      ? ['--tlog-upload=false']
      : ['--rekor-url', logs.v1Url, '--trusted-root', path('trusted_root.json')]),
  ];
}

interface Signing {
  format: 'classic' | 'bundle';
  log: LogName;
  key: KeyName;
  more?: string[];
}

async function sign(
  bench: Workbench,
  image: string,
  { format, log, key, more = [] }: Signing,
): Promise<void> {
  await must(bench, [
    'sign',
    '--yes',
    '--key',
    bench.path(`${key}.key`),
    ...logArgs(bench, format, log),
    ...more,
    image,
  ]);
}

async function attest(
  bench: Workbench,
  image: string,
  type: string,
  { format, log, key }: Signing,
): Promise<void> {
  const predicate = await predicateArgs(bench, type.replace(/\W/g, '_'), type);
  const signing = ['--yes', '--key', bench.path(`${key}.key`), ...logArgs(bench, format, log)];
  await must(bench, ['attest', ...signing, ...predicate, image]);
}

async function predicateArgs(bench: Workbench, name: string, type: string): Promise<string[]> {
  const file = bench.path(`${name}.predicate.json`);
  await writeFile(file, JSON.stringify(PREDICATES[type] ?? { note: 'a predicate' }));
  return ['--type', type, '--predicate', file];
}

const PREDICATES: Record<string, unknown> = {
  slsaprovenance1: {
    buildDefinition: {
      buildType: 'https://build.example/v1',
      externalParameters: {},
      internalParameters: {},
      resolvedDependencies: [],
    },
    runDetails: { builder: { id: 'https://builder.example' }, metadata: { invocationId: '1' } },
  },
  spdxjson: { SPDXID: 'SPDXRef-DOCUMENT', spdxVersion: 'SPDX-2.3', name: 'app' },
  cyclonedx: { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [] },
  vuln: {
    invocation: { uri: '', event_id: '', 'builder.id': '' },
    scanner: { uri: 'https://scanner.example', version: '1', db: { uri: '', version: '' }, result: {} },
    metadata: { scanStartedOn: '2025-06-01T12:00:00Z', scanFinishedOn: '2025-06-01T12:00:00Z' },
  },
};

const at = (bench: Workbench, repository: string, digest: string) => `${bench.host}/${repository}@${digest}`;

function signed(name: string, signing: Signing, more: Partial<Plan> = {}): Plan {
  return {
    name,
    ask: 'image',
    key: signing.key,
    log: signing.log,
    ...more,
    async make(bench, repository) {
      const digest = await pushImage(bench, repository);
      await sign(bench, at(bench, repository, digest), signing);
      return { digest };
    },
  };
}

function attested(name: string, type: string, signing: Signing, more: Partial<Plan> = {}): Plan {
  return {
    name,
    ask: 'attestation',
    key: signing.key,
    log: signing.log,
    type,
    ...more,
    async make(bench, repository) {
      const digest = await pushImage(bench, repository);
      await attest(bench, at(bench, repository, digest), type, signing);
      return { digest };
    },
  };
}

function blob(name: string, { format, log, key }: Signing): Plan {
  return {
    name,
    ask: 'blob',
    key,
    log,
    async make(bench) {
      const artifact = `the bytes of ${name}\n`;
      await writeFile(bench.path(`${name}.txt`), artifact);
      const bundle = bench.path(`${name}.bundle`);
      await must(bench, [
        'sign-blob',
        '--yes',
        '--key',
        bench.path(`${key}.key`),
        ...logArgs(bench, format, log),
        '--bundle',
        bundle,
        bench.path(`${name}.txt`),
      ]);
      return { digest: digestOf(artifact), blob: { artifact, bundle: await readFile(bundle, 'utf8') } };
    },
  };
}

function attestedBlob(name: string, type: string, { format, log, key }: Signing): Plan {
  return {
    name,
    ask: 'blob-attestation',
    key,
    log,
    type,
    async make(bench) {
      const artifact = `the bytes of ${name}\n`;
      await writeFile(bench.path(`${name}.txt`), artifact);
      const predicate = await predicateArgs(bench, name, type);
      const bundle = bench.path(`${name}.bundle`);
      const signing = ['--yes', '--key', bench.path(`${key}.key`), ...logArgs(bench, format, log)];
      await must(bench, [
        'attest-blob',
        ...signing,
        ...predicate,
        '--bundle',
        bundle,
        bench.path(`${name}.txt`),
      ]);
      return { digest: digestOf(artifact), blob: { artifact, bundle: await readFile(bundle, 'utf8') } };
    },
  };
}

/** An index of two images, signed alone or recursively. */
function multiArch(
  name: string,
  format: 'classic' | 'bundle',
  about: 'digest' | 'child',
  isRecursive: boolean,
): Plan {
  const signing: Signing = { format, log: 'v1', key: 'p256', more: isRecursive ? ['--recursive'] : [] };
  return {
    name,
    ask: 'image',
    key: 'p256',
    log: 'v1',
    async make(bench, repository) {
      const children = [
        await pushImage(bench, repository, 'amd64', `${repository} amd64`),
        await pushImage(bench, repository, 'arm64', `${repository} arm64`),
      ];
      const manifests = await Promise.all(
        children.map(async (digest, i) => {
          const response = await fetch(`${bench.registry.url}/v2/${repository}/manifests/${digest}`, {
            headers: { accept: MANIFEST_TYPE },
          });
          const size = (await response.text()).length;
          return {
            mediaType: MANIFEST_TYPE,
            digest,
            size,
            platform: { os: 'linux', architecture: i === 0 ? 'amd64' : 'arm64' },
          };
        }),
      );
      const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
      await pushRepository(bench.registry.url, repository, {
        manifests: [{ tag: '1', mediaType: INDEX_TYPE, text }],
        blobs: {},
      });
      await sign(bench, at(bench, repository, digestOf(text)), signing);
      return { digest: about === 'child' ? (children[1] ?? '') : digestOf(text) };
    },
  };
}

/** Several signatures by different keys on one image, verified with one of the keys. */
function several(name: string, format: 'classic' | 'bundle', key: KeyName, by: KeyName[]): Plan {
  return {
    name,
    ask: 'image',
    key,
    log: 'v1',
    async make(bench, repository) {
      const digest = await pushImage(bench, repository);
      for (const one of by) await sign(bench, at(bench, repository, digest), { format, log: 'v1', key: one });
      return { digest };
    },
  };
}

function unsigned(name: string): Plan {
  return {
    name,
    ask: 'image',
    key: 'p256',
    log: 'v1',
    make: async (bench, repository) => ({ digest: await pushImage(bench, repository) }),
  };
}

/** Signatures in both formats on one image, each by a different key. */
function mixed(name: string, key: KeyName, classic: KeyName, modern: KeyName): Plan {
  return {
    name,
    ask: 'image',
    key,
    log: 'v1',
    async make(bench, repository) {
      const digest = await pushImage(bench, repository);
      await sign(bench, at(bench, repository, digest), { format: 'classic', log: 'v1', key: classic });
      await sign(bench, at(bench, repository, digest), { format: 'bundle', log: 'v1', key: modern });
      return { digest };
    },
  };
}

const FORMATS = ['classic', 'bundle'] as const;
const TYPES = ['slsaprovenance1', 'spdxjson', 'cyclonedx', 'vuln', 'custom'];

export const PLANS: Plan[] = [
  ...FORMATS.flatMap((format) =>
    ALGORITHMS.map((key) => signed(`${format}-${key}`, { format, log: 'v1', key })),
  ),
  ...(['p256', 'p384', 'p521', 'rsa2048', 'ed25519'] as const).map((key) =>
    signed(`bundle-v2-${key}`, { format: 'bundle', log: 'v2', key }),
  ),
  ...FORMATS.flatMap((format) =>
    (['p256', 'p384', 'rsa2048', 'ed25519'] as const).map((key) =>
      signed(`${format}-unlogged-${key}`, { format, log: 'none', key }),
    ),
  ),
  ...FORMATS.map((format) =>
    signed(
      `${format}-annotated`,
      { format, log: 'v1', key: 'p256', more: ['-a', 'ref=main', '-a', 'text=<a&b>'] },
      { annotations: ['ref=main', 'text=<a&b>'] },
    ),
  ),
  ...FORMATS.map((format) =>
    signed(
      `${format}-annotated-otherwise`,
      { format, log: 'v1', key: 'p256', more: ['-a', 'ref=main'] },
      { annotations: ['ref=dev'] },
    ),
  ),
  ...FORMATS.map((format) =>
    signed(`${format}-by-another-key`, { format, log: 'v1', key: 'other' }, { key: 'p256' }),
  ),
  ...FORMATS.map((format) =>
    signed(`${format}-unlogged-but-required`, { format, log: 'none', key: 'p256' }, { log: 'v1' }),
  ),
  ...FORMATS.map((format) =>
    several(`${format}-several`, format, 'p384', ['other', 'p384', 'rsa2048', 'p256']),
  ),
  ...FORMATS.map((format) => several(`${format}-several-none-ours`, format, 'rsa3072', ['other', 'p256'])),
  ...FORMATS.flatMap((format) => [
    multiArch(`${format}-index`, format, 'digest', false),
    multiArch(`${format}-index-child-unsigned`, format, 'child', false),
    multiArch(`${format}-recursive-child`, format, 'child', true),
  ]),
  ...FORMATS.flatMap((format) =>
    TYPES.map((type) => attested(`${format}-attest-${type}`, type, { format, log: 'v1', key: 'p256' })),
  ),
  ...FORMATS.map((format) =>
    attested(
      `${format}-attest-of-another-type`,
      'custom',
      { format, log: 'v1', key: 'p256' },
      { type: 'spdxjson' },
    ),
  ),
  ...FORMATS.map((format) => attested(`${format}-attest-p384`, 'custom', { format, log: 'v1', key: 'p384' })),
  ...FORMATS.map((format) =>
    attested(`${format}-attest-rsa2048`, 'custom', { format, log: 'v1', key: 'rsa2048' }),
  ),
  ...FORMATS.map((format) =>
    attested(`${format}-attest-ed25519`, 'custom', { format, log: 'v1', key: 'ed25519' }),
  ),
  attested('bundle-v2-attest', 'slsaprovenance1', { format: 'bundle', log: 'v2', key: 'p256' }),
  ...FORMATS.map((format) =>
    attested(
      `${format}-attested-not-signed`,
      'slsaprovenance1',
      { format, log: 'v1', key: 'p256' },
      { ask: 'image' },
    ),
  ),
  ...FORMATS.map((format) =>
    signed(
      `${format}-signed-not-attested`,
      { format, log: 'v1', key: 'p256' },
      { ask: 'attestation', type: 'spdxjson' },
    ),
  ),
  unsigned('unsigned'),
  mixed('mixed-ours-classic', 'p256', 'p256', 'other'),
  mixed('mixed-ours-bundle', 'p256', 'other', 'p256'),
  ...FORMATS.flatMap((format) =>
    ALGORITHMS.map((key) => blob(`blob-${format}-${key}`, { format, log: 'v1', key })),
  ),
  ...(['p256', 'p384', 'rsa2048'] as const).map((key) =>
    blob(`blob-v2-${key}`, { format: 'bundle', log: 'v2', key }),
  ),
  ...FORMATS.map((format) => blob(`blob-${format}-unlogged`, { format, log: 'none', key: 'p256' })),
  ...['slsaprovenance1', 'custom'].map((type) =>
    attestedBlob(`blob-attest-${type}`, type, { format: 'bundle', log: 'v1', key: 'p256' }),
  ),
  attestedBlob('blob-v2-attest', 'custom', { format: 'bundle', log: 'v2', key: 'p256' }),
];
