// Registry credentials in Docker's config.json form: `{auths: {host: {auth | username+password | identitytoken}}}`
// (docker/cli cli/config/configfile). A credential belongs to exactly one host and port; there is no default.
import { fromBase64, fromUtf8 } from '../core/encoding/bytes.ts';
import { type Json, parseJson } from '../core/encoding/json.ts';
import { asObject, asString } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { normalizeRegistry } from '../core/reference.ts';

export interface Credential {
  username: string;
  password: string;
}

/** By normalised registry name. */
export type Credentials = ReadonlyMap<string, Credential>;

/** @throws Malformed naming the place, never the value */
export function parseDockerConfig(text: string): Credentials {
  const config = asObject(parseJson(text, 'config'), 'config');
  const credentials = new Map<string, Credential>();
  for (const [host, value] of Object.entries(asObject(config.auths ?? {}, 'auths'))) {
    credentials.set(registryOfKey(host), parseCredential(value, `auths[${JSON.stringify(host)}]`));
  }
  return credentials;
}

/** Docker writes `https://index.docker.io/v1/` for its Hub and bare hosts for others. */
function registryOfKey(key: string): string {
  return normalizeRegistry(key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''));
}

function parseCredential(value: Json, place: string): Credential {
  const entry = asObject(value, place);
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
