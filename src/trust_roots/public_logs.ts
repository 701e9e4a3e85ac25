// The public transparency logs, made by scripts/trust_roots.ts from a published trusted root. Do not edit by hand.

export interface PublicLog {
  url: string;
  version: 1 | 2;
  /** Lower-case hexadecimal. */
  logId: string;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  spki: string;
  /** RFC 3339, inclusive. */
  validFrom: string;
  validUntil?: string;
}

export const PUBLIC_LOGS: PublicLog[] = [
  {
    url: 'https://rekor.sigstore.dev',
    version: 1,
    logId: 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d',
    spki: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==',
    validFrom: '2021-01-12T11:53:27Z',
  },
  {
    url: 'https://log2025-1.rekor.sigstore.dev',
    version: 2,
    logId: 'cf1199155bddd051268d1f16ac5c0c75c009f6fb5a63f4177f8e18d7051e3fa0',
    spki: 'MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=',
    validFrom: '2025-09-23T00:00:00Z',
  },
];
