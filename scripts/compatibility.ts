// Writes docs/compatibility.md: every signature that others have made and what the service says of it. The public test data beside the
// checkout (../shared/fixtures, or SHARED) and the vectors made with the real cosign (test/vectors). With `--check` nothing is written:
// exit code 1 where the page is not what would be written.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundleCase, bundleCases } from '../test/conformance/bundle_fixtures.ts';
import { cosignCases } from '../test/conformance/cosign_fixtures.ts';
import { readFixtures } from '../test/conformance/fixtures.ts';
import { DIFFERENT } from '../test/conformance/vector_service.ts';
import { ROOT } from './paths.ts';
import { RULES } from './vectors/differences.ts';
import type { Vectors } from './vectors/make.ts';

const PAGE = join(ROOT, 'docs', 'compatibility.md');
const fixtures = await readFixtures();
const reader = {
  files: (folder: string) =>
    Object.keys(fixtures)
      .filter((path) => path.startsWith(`${folder}/`))
      .sort(),
  text(path: string) {
    const text = fixtures[path];
    if (text === undefined) throw new Error(`no ${path}: the public test data is not beside this checkout`);
    return text;
  },
};

async function bundles(): Promise<string[]> {
  const rows = (await bundleCases(reader)).map(async ({ name, key, verify, verifyAsKey }: BundleCase) => {
    const asKey = await verifyAsKey();
    return row([
      `\`${name}\``,
      key,
      `\`${(await verify()).code}\``,
      asKey === undefined ? '' : `\`${asKey.code}\``,
    ]);
  });
  return Promise.all(rows);
}

async function cosign(): Promise<string[]> {
  const rows = (await cosignCases(reader)).map(async ({ name, kind, signer, verify }) =>
    row([`\`${name}\``, kind, signer, `\`${(await verify()).code}\``]),
  );
  return Promise.all(rows);
}

function vectors(): string[] {
  const { vectors } = JSON.parse(reader.text('vectors/vectors.json')) as Vectors;
  return vectors.map(({ name, ask, cosign }) => {
    const said = cosign.exitCode === 0 ? 'verified' : 'refused';
    const different = DIFFERENT[name];
    const ours = different === undefined ? said : different.code === 'VERIFIED' ? 'verified' : 'refused';
    return row([`\`${name}\``, ask, said, ours, different?.why ?? '']);
  });
}

function impossible(): string[] {
  const { impossible } = JSON.parse(reader.text('vectors/vectors.json')) as Vectors;
  return impossible.map(({ name, reason }) =>
    row([`\`${name}\``, reason.replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')]),
  );
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function table(head: string[], rows: string[]): string {
  return [row(head), row(head.map(() => '---')), ...rows].join('\n');
}

const { cosign: version } = JSON.parse(reader.text('vectors/vectors.json')) as Vectors;
const page = `# Compatibility

Written by \`node scripts/compatibility.ts\` from public test data and from what the real cosign made; do not edit by hand.

## Sigstore bundles of others

Test data of sigstore-conformance, sigstore-go, sigstore-js, sigstore-python and npm. A name with \`_fail\` must not verify. Bundles with
certificates are refused by name (\`CERTIFICATE_UNSUPPORTED\`) until keyless signing is supported. "As a key": the same bundle with
its certificate's key taken for a plain key that is trusted, which shows everything but the keyless part at work on what real logs and
authorities have signed.

${table(['bundle', 'key', 'result', 'as a key'], await bundles())}

## Signatures on registries

What cosign has stored beside images, collected from public test data; "not to be had": the payload is missing, so that only the log entry
can be judged.

${table(['signature', 'entry', 'signed with', 'result'], await cosign())}

## The real cosign ${version}

\`npm run vectors\` signs and attests with it and keeps its verdict; \`npm run vectors -- --compare\` changes every field of ten of these, in
some 1,700 ways, and asks both.

${table(['vector', 'asked', 'cosign', 'here', 'why they differ'], vectors())}

Where the two differ on a changed vector:

${table(
  ['change', 'cosign', 'here', 'why'],
  RULES.map(({ change, cosign, code, why }) =>
    row([`\`${change.source}\``, cosign, `\`${code.source}\``, why]),
  ),
)}

What this cosign cannot make:

${table(['vector', 'what it says'], impossible())}
`;

if (process.argv.includes('--check')) {
  if ((await readFile(PAGE, 'utf8')) !== page) {
    console.error('docs/compatibility.md is not what scripts/compatibility.ts writes');
    process.exit(1);
  }
} else {
  await writeFile(PAGE, page);
}
