// Parses registry credentials from Docker's config.json: `{auths: {host: {auth | username+password | identitytoken}}}` (docker/cli
// cli/config/configfile). A credential belongs to exactly one host and port; there is no default. Besides Docker's fields, an entry may
// have `tokenService`: the one other origin that its credential may be sent to.
import { fromBase64, fromUtf8 } from '../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../core/encoding/json.ts';
import { asObject, asString } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { isRegistryName, normalizeRegistry } from '../core/reference.ts';

export interface Credential {
  username: string;
  password: string;
  /** The origin of the service that issues this registry's tokens, if it is not the registry itself. */
  tokenService?: string;
}

/** By normalised registry name. */
export type Credentials = ReadonlyMap<string, Credential>;

/** @throws Malformed naming the field, never its value */
export function parseDockerConfig(text: string): Credentials {
  const config = asObject(parseJson(text, 'config'), 'config');
  const credentials = new Map<string, Credential>();
  for (const [key, value] of Object.entries(asObject(config.auths ?? {}, 'auths'))) {
    const place = `auths[${JSON.stringify(key)}]`;
    const registry = registryOfKey(key, place);
    const credential = parseCredential(value, place);
    const other = credentials.get(registry);
    if (other !== undefined && !isSame(other, credential))
      throw new Malformed(place, `a different credential for ${registry} is also listed`);
    credentials.set(registry, credential);
  }
  return credentials;
}

/** Docker writes `https://index.docker.io/v1/` for Docker Hub and bare hosts for others. Keys that are not a whole host are refused. */
function registryOfKey(key: string, place: string): string {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]*)(.*)$/s.exec(key) ?? [];
  const registry = normalizeRegistry(host);
  if (!isRegistryName(registry)) throw new Malformed(place, 'is not host or host:port');
  if (!/^(?:\/(?:v[12]\/?)?)?$/.test(path))
    throw new Malformed(place, 'a credential is for a whole host: remove the path');
  return registry;
}

function isSame(a: Credential, b: Credential): boolean {
  return a.username === b.username && a.password === b.password && a.tokenService === b.tokenService;
}

function parseCredential(value: Json, place: string): Credential {
  const entry = asObject(value, place);
  const { tokenService } = entry;
  return {
    ...parsePair(entry, place),
    ...(tokenService !== undefined && {
      tokenService: parseOrigin(asString(tokenService, `${place}.tokenService`), `${place}.tokenService`),
    }),
  };
}

function parseOrigin(text: string, place: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.href !== `${url.origin}/`)
    throw new Malformed(place, 'expected https:// and a host, and nothing else');
  return url.origin;
}

function parsePair(entry: JsonObject, place: string): Pick<Credential, 'username' | 'password'> {
  if (entry.identitytoken !== undefined)
    throw new Malformed(place, 'identitytoken is not supported; use a username and password');
  if (entry.auth === undefined) {
    return {
      username: asString(entry.username, `${place}.username`),
      password: asString(entry.password, `${place}.password`),
    };
  }
  const pair = fromUtf8(fromBase64(asString(entry.auth, `${place}.auth`), `${place}.auth`), `${place}.auth`);
  const colon = pair.indexOf(':');
  if (colon < 0) throw new Malformed(`${place}.auth`, 'is not base64 of user:password');
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
