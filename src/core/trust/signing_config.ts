// Sigstore's signing config (sigstore/protobuf-specs sigstore_trustroot.proto, SigningConfig v0.2): which of a trusted root's services
// are in use. It has no keys, so it adds no trust. Given with a root, it says which logs are searched, and it must be consistent with it.
import type { Json, JsonObject } from '../encoding/json.ts';
import { asArray, asObject, asString, asUnsigned, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { LogVersion, TrustedLog } from './trusted_log.ts';
import { type LeftOut, readAddress, readWindow, type TrustedRoot } from './trusted_root.ts';

export const SIGNING_CONFIG_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
const WHAT = 'signing config';
const SERVICES = ['caUrls', 'oidcUrls', 'rekorTlogUrls', 'tsaUrls'];
const SELECTORS: readonly Json[] = ['ANY', 'ALL', 'EXACT'];

interface Service {
  url: string;
  majorApiVersion: number;
}

/**
 * The root, with log versions completed from the config, and the URLs of the logs in use.
 * @throws Malformed when the config names a service that is not in the root
 */
export function applySigningConfig(
  value: Json | undefined,
  { logs, ...rest }: TrustedRoot,
): { root: TrustedRoot; searched: Set<string> } {
  const config = asObject(value, WHAT);
  exactFields(config, WHAT, ['mediaType'], [...SERVICES, 'rekorTlogConfig', 'tsaConfig']);
  if (config.mediaType !== SIGNING_CONFIG_TYPE)
    throw new Malformed(WHAT, `mediaType must be ${SIGNING_CONFIG_TYPE}`);
  const [, , rekor = [], tsa = []] = SERVICES.map((name) => readServices(config, name));
  checkSelection(config, 'rekorTlogConfig', rekor);
  checkSelection(config, 'tsaConfig', tsa);
  const isLeftOut = (what: LeftOut['what'], url: string) =>
    rest.leftOut.some((one) => one.what === what && one.url === url);
  const fitted = logs.map((log) => {
    const version = log.version ?? statedVersion(log, rekor);
    return version === undefined ? log : { ...log, version };
  });
  for (const service of rekor) if (!isLeftOut('log', service.url)) assertFits(service, fitted);
  for (const { url, majorApiVersion } of tsa) {
    if (!rest.authorities.some((authority) => authority.url === url) && !isLeftOut('authority', url))
      throw new Malformed(WHAT, `the timestamp authority ${url} is not in the trusted root`);
    if (majorApiVersion !== 1) throw new Malformed(WHAT, `${url}: majorApiVersion must be 1`);
  }
  return { root: { logs: fitted, ...rest }, searched: new Set(rekor.map(({ url }) => url)) };
}

/** The version of a log whose id does not reveal it (ECDSA): what the config states for its URL, if that is unambiguous. */
function statedVersion({ url }: TrustedLog, rekor: Service[]): LogVersion | undefined {
  const stated = new Set(rekor.filter((service) => service.url === url).map(versionOf));
  return stated.size === 1 ? [...stated][0] : undefined;
}

/**
 * Checks that a service matches a log of the root, whose version follows from its id or the config. The v2 logs of an instance may share an
 * address to write to that no log has; each entry then names the log that took it.
 */
function assertFits(service: Service, logs: TrustedLog[]): void {
  const { url } = service;
  const version = versionOf(service);
  const there = logs.filter((log) => log.url === url);
  if (there.some((log) => (log.version ?? version) === version)) return;
  if (there.length > 0)
    throw new Malformed(WHAT, `${url}: majorApiVersion ${version} does not match the log's id`);
  if (version !== 2 || !logs.some((log) => log.version === 2))
    throw new Malformed(WHAT, `the log ${url} is not in the trusted root`);
}

function versionOf({ url, majorApiVersion }: Service): LogVersion {
  if (majorApiVersion === 1 || majorApiVersion === 2) return majorApiVersion;
  throw new Malformed(WHAT, `${url}: majorApiVersion must be 1 or 2`);
}

function readServices(config: JsonObject, name: string): Service[] {
  const list = config[name] === undefined ? [] : asArray(config[name], `${WHAT}.${name}`);
  return list.map((item, i) => {
    const place = `${WHAT}.${name}.${i}`;
    const service = asObject(item, place);
    exactFields(service, place, ['url', 'majorApiVersion', 'validFor'], ['operator']);
    readWindow(service.validFor, `${place}.validFor`);
    if (service.operator !== undefined) asString(service.operator, `${place}.operator`);
    return {
      url: readAddress(service.url, `${place}.url`),
      majorApiVersion: asUnsigned(service.majorApiVersion, `${place}.majorApiVersion`),
    };
  });
}

/**
 * How a signer selects services. A verifier only checks the form, since it accepts whichever service was chosen. Where there are none,
 * the selection may be empty, as `cosign signing-config create` writes it.
 */
function checkSelection(config: JsonObject, name: string, services: Service[]): void {
  if (config[name] === undefined) return;
  const place = `${WHAT}.${name}`;
  const selection = asObject(config[name], place);
  if (services.length === 0 && Object.keys(selection).length === 0) return;
  exactFields(selection, place, ['selector'], ['count']);
  if (!SELECTORS.includes(selection.selector ?? null))
    throw new Malformed(place, 'selector must be ANY, ALL or EXACT');
  if (selection.count !== undefined) asUnsigned(selection.count, `${place}.count`);
}
