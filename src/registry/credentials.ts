// Registry credentials in Docker's config.json form: `{auths: {host: {auth | username+password | identitytoken}}}`
// (docker/cli cli/config/configfile). A credential belongs to exactly one host and port; there is no default. Beside Docker's members an
// entry may have `tokenService`: the one other origin that its credential may go to.
import { fromBase64, fromUtf8 } from '../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../core/encoding/json.ts';
import { asObject, asString } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { isRegistryName, normalizeRegistry } from '../core/reference.ts';

export interface Credential {
  username: string;
  password: string;
  /** The origin of the service where this registry's tokens are had, where that is another than the registry's own. */
  tokenService?: string;
}

/** By normalised registry name. */
export type Credentials = ReadonlyMap<string, Credential>;

/** @throws Malformed naming the place, never the value */
export function parseDockerConfig(text: string): Credentials {
  const config = asObject(parseJson(text, 'config'), 'config');
  const credentials = new Map<string, Credential>();
  for (const [key, value] of Object.entries(asObject(config.auths ?? {}, 'auths'))) {
    const place = `auths[${JSON.stringify(key)}]`;
    const registry = registryOfKey(key, place);
    const credential = parseCredential(value, place);
    const other = credentials.get(registry);
    if (other !== undefined && !isSame(other, credential))
      throw new Malformed(place, `there is another credential for ${registry}`);
    credentials.set(registry, credential);
  }
  return credentials;
}

/** Docker writes `https://index.docker.io/v1/` for its Hub and bare hosts for others. What names less than a host, or no host, fits nothing here. */
function registryOfKey(key: string, place: string): string {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]*)(.*)$/s.exec(key) ?? [];
  const registry = normalizeRegistry(host);
  if (!isRegistryName(registry)) throw new Malformed(place, 'is not a host, with a port where needed');
  if (!/^(?:\/(?:v[12]\/?)?)?$/.test(path))
    throw new Malformed(place, 'a credential is for a whole host: leave the path out');
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
    throw new Malformed(place, 'expected https:// and a host, and nothing more');
  return url.origin;
}

function parsePair(entry: JsonObject, place: string): Pick<Credential, 'username' | 'password'> {
  if (entry.identitytoken !== undefined)
    throw new Malformed(place, 'identitytoken is not supported; use a user and a password');
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
