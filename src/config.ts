// Every setting: its name, format and default. Settings are parsed once; an error names the setting but never its value.

import { apiAddress } from './core/encoding/api_address.ts';
import { Malformed } from './core/encoding/malformed.ts';
import { CallerError } from './core/errors/caller_error.ts';
import { isRegistryName, normalizeHost, normalizeRegistry } from './core/reference.ts';
import { type Credentials, parseDockerConfig } from './registry/credentials.ts';
import { isMadeHere } from './store/tokens.ts';
import type { Settings } from './verify/verifier.ts';

export const DEFAULT_REGISTRIES = 'docker.io,ghcr.io,quay.io,registry.k8s.io,gcr.io,public.ecr.aws';

/** Settings as the runtime provides them: Workers vars and secrets, or the environment on Deno. */
export type RawSettings = Record<string, string | undefined>;

export interface Config {
  verifier: Settings;
  access: 'token' | 'open';
  adminToken: string | undefined;
  /** Requests per minute per token or address; undefined means unlimited. */
  rateLimit: number | undefined;
}

/** @throws CallerError `BAD_CONFIGURATION` */
export function parseConfig(raw: RawSettings): Config {
  const registries = hosts(raw, 'REGISTRIES', DEFAULT_REGISTRIES, true);
  const rekorUrl = httpUrl(raw, 'REKOR_URL');
  return {
    access: choice(raw, 'ACCESS', ['token', 'open'], 'token'),
    adminToken: adminToken(raw),
    rateLimit: rateLimit(raw),
    verifier: {
      egressPolicy: {
        registries: new Set(registries.filter((host) => host !== '*')),
        anyPublicRegistry: registries.includes('*'),
        insecure: new Set(hosts(raw, 'INSECURE_REGISTRIES', '', false)),
      },
      registryCredentials: credentials(raw, 'REGISTRY_AUTH'),
      publicLog: choice(raw, 'PUBLIC_LOG', ['on', 'off'], 'on') === 'on',
      ...(rekorUrl !== undefined && { rekorUrl }),
      deadline: integer(raw, 'DEADLINE_MS', 10_000, 100, 300_000),
      cacheTtl: integer(raw, 'CACHE_SECONDS', 300, 0, 86_400) * 1000,
      downloadHosts: new Set(hosts(raw, 'DOWNLOAD_HOSTS', '', false, normalizeHost)),
      maxCalls: integer(raw, 'SUBREQUESTS', 40, 1, 10_000),
    },
  };
}

/** A setting's value; an empty setting counts as unset. */
function setting(raw: RawSettings, name: string): string | undefined {
  const value = raw[name];
  if (value !== undefined && typeof value !== 'string') throw bad(name, 'is not text');
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function rateLimit(raw: RawSettings): number | undefined {
  const off = new Set([undefined, 'off', '0']);
  return off.has(setting(raw, 'RATE_LIMIT')) ? undefined : integer(raw, 'RATE_LIMIT', 0, 1, 1_000_000);
}

function bad(name: string, problem: string): CallerError {
  return new CallerError('BAD_CONFIGURATION', `The setting ${name} ${problem}.`);
}

function adminToken(raw: RawSettings): string | undefined {
  const value = token(raw, 'ADMIN_TOKEN');
  if (value !== undefined && isMadeHere(value))
    throw bad('ADMIN_TOKEN', 'looks like a token issued by this service (cs_…); choose another value');
  return value;
}

/** RFC 6750 §2.1: a token that no header can carry could never be sent. */
function token(raw: RawSettings, name: string): string | undefined {
  const value = setting(raw, name);
  if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
    throw bad(name, 'must be printable ASCII without spaces');
  return value;
}

function choice<T extends string>(raw: RawSettings, name: string, allowed: readonly T[], fallback: T): T {
  const value = setting(raw, name) ?? fallback;
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw bad(name, `must be ${allowed.join(' or ')}`);
  return found;
}

function integer(raw: RawSettings, name: string, fallback: number, least: number, most: number): number {
  const text = setting(raw, name);
  if (text === undefined) return fallback;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw bad(name, `must be a whole number from ${least} to ${most}`);
  return value;
}

function hosts(
  raw: RawSettings,
  name: string,
  fallback: string,
  allowsAny: boolean,
  normalize = normalizeRegistry,
): string[] {
  const list = (setting(raw, name) ?? fallback)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return list.map((item) => {
    const host = normalize(item);
    if (!(allowsAny && host === '*') && !isRegistryName(host))
      throw bad(name, 'must be a comma-separated list of host or host:port');
    return host;
  });
}

function httpUrl(raw: RawSettings, name: string): string | undefined {
  const text = setting(raw, name);
  if (text === undefined) return undefined;
  const address = apiAddress(text);
  if (address === undefined)
    throw bad(name, 'must be an http or https URL without credentials, query or fragment');
  return address;
}

function credentials(raw: RawSettings, name: string): Credentials {
  const text = setting(raw, name);
  if (text === undefined) return new Map();
  try {
    return parseDockerConfig(text);
  } catch (error) {
    if (error instanceof Malformed)
      throw bad(
        name,
        'must be a Docker config.json. Each entry in auths must name a whole host, once, and have auth, or username and password; tokenService must be https:// and a host',
      );
    throw error;
  }
}
