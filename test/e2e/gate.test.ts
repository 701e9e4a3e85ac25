// The gate in front of Debian's docker-registry, on both runtimes, with real clients: skopeo, podman, curl. A signed image for
// two platforms, an unsigned one, one signed by another key, one whose signature belongs to another image.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/paths.ts';
import { sha256, signatureTag } from '../../scripts/seed/manifest.ts';
import { RUNTIMES, type Service, startService } from '../../scripts/service/service.ts';
import { makeKey } from '../support/keys.ts';
import { type DockerRegistry, skipWithoutRegistry, startDockerRegistry } from './support/docker_registry.ts';
import { pushImage, pushIndex, pushSignature } from './support/push.ts';

const ADMIN_TOKEN = 'e2e-admin-token-0123456789abcdef';
const run = promisify(execFile);
const isMissing = (program: string) =>
  !process.env.CI && spawnSync(program, ['--version']).error !== undefined;
const NAME = skipWithoutRegistry ? 'the gate (docker-registry is not installed)' : 'the gate';

describe.skipIf(skipWithoutRegistry)(NAME, () => {
  let registry: DockerRegistry;
  let host: string;
  let folder: string;
  let digests: { index: string; images: string[]; unsigned: string };
  const [ours, theirs] = [makeKey(), makeKey()];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-gate-'));
    registry = await startDockerRegistry('none');
    host = new URL(registry.url).host;
    const target = (repository: string) => ({ url: registry.url, repository, authorization: undefined });
    const { index, images } = await pushIndex(target('team/signed'), '1', ['amd64', 'arm64']);
    await pushSignature(target('team/signed'), index, await ours);
    const unsigned = await pushImage(target('unsigned'), '1');
    const foreign = await pushImage(target('foreign'), '1');
    await pushSignature(target('foreign'), foreign, await theirs);
    const copied = await pushImage(target('copied'), '1');
    await copySignature(target('team/signed').url, index, copied);
    digests = { index, images, unsigned };
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Copies the signature of one image to the signature tag of another. */
  async function copySignature(url: string, from: string, to: string): Promise<void> {
    const accept = { accept: 'application/vnd.oci.image.manifest.v1+json' };
    const response = await fetch(`${url}/v2/team/signed/manifests/${signatureTag(from)}`, {
      headers: accept,
    });
    const manifest = await response.text();
    const { config, layers } = JSON.parse(manifest);
    for (const { digest } of [config, ...layers]) {
      await fetch(`${url}/v2/copied/blobs/uploads/?mount=${digest}&from=team/signed`, { method: 'POST' });
    }
    const put = await fetch(`${url}/v2/copied/manifests/${signatureTag(to)}`, {
      method: 'PUT',
      headers: { 'content-type': accept.accept },
      body: manifest,
    });
    expect(put.status).toBe(201);
  }

  describe.each(RUNTIMES)('%s', (runtime) => {
    let service: Service;
    let gate: string;
    let credentials: string;

    beforeAll(async () => {
      const settings = { ADMIN_TOKEN, REGISTRIES: host, INSECURE_REGISTRIES: host };
      service = await startService(runtime, { bundle: BUNDLE, settings });
      gate = new URL(service.url).host;
      const admin = async (path: string, body: object) => {
        const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
        const response = await fetch(service.url + path, {
          method: 'PUT',
          headers,
          body: JSON.stringify(body),
        });
        expect(response.status).toBe(201);
        return response.json() as Promise<{ secret?: string }>;
      };
      // Nothing was logged when signing, so no log can be required.
      await admin('/v1/keys/ours', { publicKey: (await ours).pem, transparency: 'unsafe-none' });
      await admin('/v1/policies/default', {
        rules: [{ name: 'ours', match: ['**'], require: { keys: ['ours'] } }],
      });
      const { secret } = await admin('/v1/tokens/puller', { scopes: ['pull'] });
      credentials = `puller:${secret}`;
    });
    afterAll(() => service?.stop());

    const throughGate = (image: string) => `${gate}/${host.replace(':', '__')}/${image}`;
    const fail = async (work: Promise<unknown>): Promise<string> => {
      try {
        await work;
      } catch (error) {
        const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
        return `${stderr}${stdout}`;
      }
      throw new Error('it should have failed');
    };

    describe.skipIf(isMissing('skopeo'))(isMissing('skopeo') ? 'skopeo (not installed)' : 'skopeo', () => {
      const skopeo = (...args: string[]) => run('skopeo', args);
      const copy = (image: string, to: string, ...more: string[]) =>
        skopeo(
          'copy',
          '--src-tls-verify=false',
          '--src-creds',
          credentials,
          ...more,
          `docker://${throughGate(image)}`,
          `dir:${to}`,
        );

      test('copies the signed image of every platform unchanged', async () => {
        const [through, direct] = [join(folder, `${runtime}-through`), join(folder, `${runtime}-direct`)];
        await copy('team/signed:1', through, '--all', '--preserve-digests');
        await skopeo(
          'copy',
          '--src-tls-verify=false',
          '--all',
          '--preserve-digests',
          `docker://${host}/team/signed:1`,
          `dir:${direct}`,
        );
        const files = (await readdir(direct)).sort();
        expect((await readdir(through)).sort()).toEqual(files);
        for (const file of files)
          expect((await readFile(join(through, file))).equals(await readFile(join(direct, file))), file).toBe(
            true,
          );
        expect(sha256(await readFile(join(through, 'manifest.json')))).toBe(digests.index);
      });

      test('inspects the signed image, and copies one platform by digest', async () => {
        const { stdout } = await skopeo(
          'inspect',
          '--tls-verify=false',
          '--creds',
          credentials,
          `docker://${throughGate('team/signed:1')}`,
        );
        expect(JSON.parse(stdout)).toMatchObject({
          Digest: digests.index,
          RepoTags: expect.arrayContaining(['1']),
        });
        await copy(`team/signed@${digests.images[1]}`, join(folder, `${runtime}-leaf`));
      });

      test.each([
        ['unsigned:1', 'NO_SIGNATURES'],
        ['foreign:1', 'NO_TRUSTED_SIGNATURE'],
        ['copied:1', 'NO_TRUSTED_SIGNATURE'],
      ])('is refused %s, and prints why', async (image, code) => {
        const printed = await fail(copy(image, join(folder, `${runtime}-refused`)));
        expect(printed).toContain(`${code}: `);
      });

      test('with `location` in registries.conf nothing bypasses the gate; with a mirror skopeo falls back to the registry', async () => {
        const path = join(folder, `${runtime}-registries`);
        const below = `${gate}/${host.replace(':', '__')}`;
        const auth = { auths: { [gate]: { auth: Buffer.from(credentials).toString('base64') } } };
        await writeFile(`${path}-auth.json`, JSON.stringify(auth));
        await writeFile(
          `${path}-gate.conf`,
          `[[registry]]\nprefix = "${host}"\nlocation = "${below}"\ninsecure = true\n`,
        );
        await writeFile(
          `${path}-mirror.conf`,
          `[[registry]]\nlocation = "${host}"\ninsecure = true\n[[registry.mirror]]\nlocation = "${below}"\ninsecure = true\n`,
        );
        const copyBy = (conf: string, image: string) =>
          skopeo(
            '--registries-conf',
            `${path}-${conf}.conf`,
            'copy',
            '--src-authfile',
            `${path}-auth.json`,
            `docker://${host}/${image}`,
            `dir:${path}-${conf}`,
          );
        await copyBy('gate', 'team/signed:1');
        expect(await fail(copyBy('gate', 'unsigned:1'))).toContain('NO_SIGNATURES: ');
        await copyBy('mirror', 'unsigned:1');
      });

      test('logs in with a token as the password, and not without one', async () => {
        const file = join(folder, `${runtime}-auth.json`);
        const [user = '', password = ''] = credentials.split(':');
        const login = (secret: string) =>
          skopeo('login', '--tls-verify=false', '--authfile', file, '-u', user, '-p', secret, gate);
        expect((await login(password)).stdout).toContain('Login Succeeded');
        await fail(login('wrong'));
        const inspect = (...more: string[]) =>
          skopeo('inspect', '--tls-verify=false', ...more, `docker://${throughGate('team/signed:1')}`);
        expect(JSON.parse((await inspect('--authfile', file)).stdout).Digest).toBe(digests.index);
        expect(await fail(inspect('--no-creds'))).toMatch(/unauthorized|authentication/i);
      });
    });

    describe.skipIf(isMissing('podman'))(isMissing('podman') ? 'podman (not installed)' : 'podman', () => {
      const pull = (image: string) => {
        const state = join(folder, `${runtime}-podman`);
        const storage = [
          '--root',
          join(state, 'root'),
          '--runroot',
          join(state, 'run'),
          '--storage-driver',
          'vfs',
        ];
        return run('podman', [
          ...storage,
          'pull',
          '--tls-verify=false',
          '--creds',
          credentials,
          throughGate(image),
        ]);
      };

      test('pulls the signed image, and gets a refusal for the unsigned one', async () => {
        await pull('team/signed:1');
        expect(await fail(pull('unsigned:1'))).toContain('NO_SIGNATURES: ');
      });
    });

    describe.skipIf(isMissing('curl'))(isMissing('curl') ? 'curl (not installed)' : 'curl', () => {
      test('gets manifest and layer, and a readable error', async () => {
        const path = (image: string) => `${service.url}/v2/${host.replace(':', '__')}/${image}`;
        const curl = (...args: string[]) => run('curl', ['-sS', '-u', credentials, ...args]);
        const manifest = async (reference: string) =>
          JSON.parse((await curl('-f', path(`team/signed/manifests/${reference}`))).stdout);
        expect((await manifest('1')).manifests).toHaveLength(2);
        const leaf = await manifest(String(digests.images[0]));
        const layer = join(folder, `${runtime}-layer`);
        await curl('-f', '-o', layer, path(`team/signed/blobs/${leaf.layers[0].digest}`));
        expect(sha256(await readFile(layer))).toBe(leaf.layers[0].digest);
        const refused = JSON.parse((await curl(path('unsigned/manifests/1'))).stdout);
        expect(refused.errors[0]).toMatchObject({
          code: 'DENIED',
          message: expect.stringContaining('NO_SIGNATURES: No signature was found'),
        });
        const loose = JSON.parse((await curl(path(`unsigned/blobs/${digests.unsigned}`))).stdout);
        expect(loose.errors[0].message).toContain('NOT_ADMITTED: ');
      });
    });
  });
});
