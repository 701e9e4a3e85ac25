// Folders for `trust`, as texts by path.
import { makeRoot } from '../support/fake_root.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';

export type Files = Record<string, string>;

export const json = (value: unknown) => JSON.stringify(value, null, 2);

/** A policy with one rule. */
export function policy(keys: string[], more: object = {}): string {
  return json({ rules: [{ name: 'all', match: ['ghcr.io/**'], require: { keys, ...more } }] });
}

/** One key, one log and one policy that names the key. */
export async function smallFolder(): Promise<Files> {
  return {
    'keys/release.pub': (await makeKey()).pem,
    'logs/private.json': json({
      url: 'https://rekor.acme.example',
      publicKey: (await makeKey()).pem,
      validFrom: '2024-01-01T00:00:00Z',
    }),
    'policies/prod.json': policy(['release']),
  };
}

/** Every kind and form, with and without optional fields, and every time with an offset. */
export async function everyForm(): Promise<Files> {
  const [root, fitted, tsa, bare] = [
    await makeRoot('whole'),
    await makeRoot('fitted'),
    await makeTsa(),
    await makeTsa(),
  ];
  return {
    'README.md': 'Whom we trust.',
    '.gitattributes': '',
    'keys/README': 'Keys.',
    'keys/bare.pub': `Our key, explained.\n${(await makeKey()).pem}`,
    'keys/full.pub': (await makeKey('ed25519')).pem.replaceAll('\n', '\r\n'),
    'keys/full.json': json({
      description: 'CI — für alle',
      validFrom: '2024-01-01T02:00:00.000+02:00',
      validUntil: '2030-06-01T00:00:00.5Z',
      scopes: ['ghcr.io/acme/**', 'ghcr.io/acme-tools/*'],
      transparency: 'unsafe-none',
    }),
    'keys/lost.pub': (await makeKey('rsa-2048')).pem,
    'keys/lost.json': json({
      transparency: 'required',
      revoked: { reason: 'laptop stolen', compromisedAt: '2024-05-05T05:05:05+01:00' },
    }),
    'keys/gone.pub': (await makeKey('P-384')).pem,
    'keys/gone.json': json({ description: '', revoked: { reason: 'never used' } }),
    'logs/bare.json': json({
      url: 'https://rekor.acme.example/',
      publicKey: (await makeKey()).pem,
      validFrom: '2024-01-01T00:00:00Z',
    }),
    'logs/full.json': json({
      url: 'https://rekor2.acme.example:8443/base/',
      name: 'rekor.acme.example/tiles',
      version: 2,
      publicKey: (await makeKey('ed25519')).pem,
      validFrom: '2024-01-01T00:00:00+05:00',
      validUntil: '2031-01-01T00:00:00Z',
    }),
    'logs/tsa.json': json({
      url: 'https://tsa.acme.example/',
      certificates: tsa.pem,
      validFrom: '2025-01-01T00:00:00Z',
      validUntil: '2029-01-01T01:00:00+01:00',
    }),
    'logs/tsa-bare.json': json({
      certificates: bare.pem.split(/(?<=-----END CERTIFICATE-----\n)/),
      validFrom: '2025-01-01T00:00:00Z',
    }),
    'logs/root.json': json(root.document),
    'logs/fitted.json': json({ trustedRoot: fitted.document, signingConfig: ecdsaAsTwo(fitted) }),
    'policies/default.json': policy(['bare']),
    'policies/full.json': json(FULL_POLICY),
  };
}

/** The first log's id fits both versions of Rekor: only the signing config says that it is version 2. */
function ecdsaAsTwo({ config, urls }: Awaited<ReturnType<typeof makeRoot>>): object {
  const [service] = config.rekorTlogUrls;
  return { ...config, rekorTlogUrls: [{ ...service, url: urls[0], majorApiVersion: 2 }] };
}

const FULL_POLICY = {
  description: 'What runs in production',
  mirrors: { 'mirror.example/hub': 'docker.io' },
  rules: [
    {
      name: 'release',
      match: ['ghcr.io/acme/**'],
      except: ['ghcr.io/acme/scratch'],
      mode: 'warn',
      require: {
        threshold: 2,
        keys: ['bare', 'full'],
        annotations: { branch: 'main' },
        transparency: 'online',
        attestations: [
          { type: 'slsaprovenance1' },
          {
            type: 'vuln',
            keys: ['full'],
            threshold: 1,
            where: { '/a/b': ['x', 1.5, true, null], '/c': 3 },
          },
        ],
      },
    },
    { name: 'base', match: ['docker.io/**'], except: [], unsafeAllowUnsigned: 'not ours' },
    {
      name: 'old',
      match: ['quay.io/**'],
      unsafeAllowUnsigned: 'until it moves',
      until: '2099-01-01T01:00:00+01:00',
    },
  ],
};
