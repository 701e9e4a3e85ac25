// scripts/conformance: its exit codes and messages.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';
import { base64, hex, sha256, unhex } from '../support/bytes.ts';

interface Vector {
  name: string;
  key: string;
  digest: string;
  blob: { artifact: string; bundle: string };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-conformance-'));
  const { vectors, keys, logs } = JSON.parse(readFileSync(join(ROOT, 'test/vectors/vectors.json'), 'utf8'));
  const vector: Vector = vectors.find(({ name }: Vector) => name === 'blob-bundle-p256');
  const attested: Vector = vectors.find(({ name }: Vector) => name === 'blob-attest-custom');
  const [{ url, publicKey }] = logs;
  const spki = Uint8Array.from(Buffer.from(publicKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64'));
  const tlog = {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(spki),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: base64(unhex(hex(await sha256(spki)))) },
  };
  const root = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', tlogs: [tlog] };
  const files: Record<string, string> = {
    bundle: vector.blob.bundle,
    artifact: vector.blob.artifact,
    digest: vector.digest,
    attested: attested.blob.bundle,
    'attested.artifact': attested.blob.artifact,
    key: keys.p256,
    other: keys.other,
    root: JSON.stringify(root),
    bare: JSON.stringify(withoutEntries(JSON.parse(vector.blob.bundle))),
    'root.empty': JSON.stringify({ ...root, tlogs: [] }),
    'root.later': JSON.stringify({ ...root, tlogs: [{ ...tlog, hashAlgorithm: 'SHA3_256' }] }),
    junk: 'junk',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});

afterAll(() => rm(folder, { recursive: true }));

function withoutEntries({
  verificationMaterial: { publicKey },
  ...rest
}: {
  verificationMaterial: { publicKey: object };
}) {
  return { ...rest, verificationMaterial: { publicKey } };
}

/** Runs the script in the folder with the files. @returns the exit code and stderr */
function run(...args: string[]): [exitCode: number | null, stderr: string] {
  const { status, stderr } = spawnSync(join(ROOT, 'scripts/conformance'), args, {
    cwd: folder,
    encoding: 'utf8',
  });
  return [status, stderr.trim()];
}

const GOOD = ['verify-bundle', '--bundle', 'bundle', '--key', 'key', '--trusted-root', 'root'];

test('exit code 0: a bundle over a file, over its digest, and a statement of any type', () => {
  const digest = readFileSync(join(folder, 'digest'), 'utf8');
  expect(run(...GOOD, 'artifact')).toEqual([0, 'VERIFIED']);
  expect(run(...GOOD, digest)).toEqual([0, 'VERIFIED']);
  expect(
    run(
      'verify-bundle',
      '--bundle',
      'attested',
      '--key',
      'key',
      '--trusted-root',
      'root',
      'attested.artifact',
    ),
  ).toEqual([0, 'VERIFIED']);
});

test('with a trusted root that lists no log, no log is required; with any other root it is', () => {
  const judge = (bundle: string, root: string) =>
    run('verify-bundle', '--bundle', bundle, '--key', 'key', '--trusted-root', root, 'artifact');
  expect(judge('bare', 'root.empty')).toEqual([0, 'VERIFIED']);
  for (const [bundle, root, reason] of [
    ['bare', 'root', /^LOG_ENTRY_MISSING/],
    ['bare', 'root.later', /^LOG_ENTRY_MISSING/],
    ['bundle', 'root.empty', /^LOG_UNKNOWN/],
  ] as const) {
    const [exitCode, stderr] = judge(bundle, root);
    expect(stderr).toMatch(reason);
    expect(exitCode).toBe(1);
  }
});

test.each([
  ['an artifact that was not signed', [...GOOD, 'junk'], /^SUBJECT_MISMATCH/],
  [
    'a key that did not sign',
    ['verify-bundle', '--bundle', 'bundle', '--key', 'other', '--trusted-root', 'root', 'artifact'],
    /^UNTRUSTED_KEY/,
  ],
  ['an untrusted log', ['verify-bundle', '--bundle', 'bundle', '--key', 'key', 'artifact'], /^LOG_UNKNOWN/],
  [
    'an invalid bundle',
    ['verify-bundle', '--bundle', 'junk', '--key', 'key', 'artifact'],
    /^BUNDLE_MALFORMED/,
  ],
  ['an invalid key', ['verify-bundle', '--bundle', 'bundle', '--key', 'junk', 'artifact'], /^refused: PEM/],
  [
    'an invalid trusted root',
    ['verify-bundle', '--bundle', 'bundle', '--key', 'key', '--trusted-root', 'junk', 'artifact'],
    /^refused: trusted root/,
  ],
  ['no key', ['verify-bundle', '--bundle', 'bundle', 'artifact'], /^CERTIFICATE_UNSUPPORTED/],
  [
    'an identity',
    [...GOOD, '--certificate-identity', 'x', '--certificate-oidc-issuer', 'y', 'artifact'],
    /^CERTIFICATE_UNSUPPORTED/,
  ],
  ['the staging instance', [...GOOD, '--staging', 'artifact'], /^CERTIFICATE_UNSUPPORTED/],
])('exit code 1: %s', (_, args, reason) => {
  const [exitCode, stderr] = run(...args);
  expect(stderr).toMatch(reason);
  expect(exitCode).toBe(1);
});

test.each([
  ['an unknown flag', [...GOOD, '--verbose', 'artifact']],
  ['an unknown command', ['sign-bundle', '--bundle', 'bundle', 'artifact']],
  ['no artifact', GOOD],
  ['two artifacts', [...GOOD, 'artifact', 'artifact']],
  ['no bundle', ['verify-bundle', '--key', 'key', 'artifact']],
  ['a missing bundle', ['verify-bundle', '--bundle', 'missing', '--key', 'key', 'artifact']],
  ['a missing artifact', [...GOOD, 'missing']],
  ['a missing key', ['verify-bundle', '--bundle', 'bundle', '--key', 'missing', 'artifact']],
])('exit code 2: %s', (_, args) => {
  expect(run(...args)[0]).toBe(2);
});
