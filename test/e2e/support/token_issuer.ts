// The token server of a registry: for a user's password it issues tokens (JWT, ES256) that docker-registry accepts.

import { createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import { makeCertificate, PASSWORD, USER } from './docker_registry.ts';

const SERVICE = 'e2e-registry';
const ISSUER = 'e2e-issuer';
const LIFETIME_SECONDS = 300;

export class TokenIssuer {
  readonly certificatePem: string;
  readonly #key: KeyObject;

  static async make(): Promise<TokenIssuer> {
    const { keyPem, certificatePem } = await makeCertificate();
    return new TokenIssuer(createPrivateKey(keyPem), certificatePem);
  }

  constructor(key: KeyObject, certificatePem: string) {
    this.#key = key;
    this.certificatePem = certificatePem;
  }

  /** The settings by which docker-registry trusts this issuer. */
  auth(realm: string) {
    return { realm, service: SERVICE, issuer: ISSUER, certificatePem: this.certificatePem };
  }

  issue(repository: string, actions: string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const header = {
      typ: 'JWT',
      alg: 'ES256',
      x5c: [new X509Certificate(this.certificatePem).raw.toString('base64')],
    };
    const claims = {
      iss: ISSUER,
      sub: USER,
      aud: SERVICE,
      exp: now + LIFETIME_SECONDS,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access: [{ type: 'repository', name: repository, actions }],
    };
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Answers `GET /token?service=…&scope=repository:NAME:pull` with the caller's `Authorization`. */
  answer(query: URLSearchParams, authorization: string | undefined): { status: number; body: object } {
    const password = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    if (authorization !== password) return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED' }] } };
    const scope = /^repository:([^:]+):pull$/.exec(query.get('scope') ?? '');
    if (scope?.[1] === undefined || query.get('service') !== SERVICE) return { status: 400, body: {} };
    return { status: 200, body: { token: this.issue(scope[1], ['pull']), expires_in: LIFETIME_SECONDS } };
  }
}
