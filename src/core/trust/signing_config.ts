// Sigstore's signing config (sigstore/protobuf-specs sigstore_trustroot.proto, SigningConfig v0.2): which of a trusted root's
// services are in use. It holds no key, so it trusts nobody; beside a root it says which logs are asked, and must fit it.
import type { Json, JsonObject } from '../encoding/json.ts';
import { asArray, asObject, asString, asUnsigned, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { type LogVersion, logIdOf } from './trusted_log.ts';
import { readAddress, readWindow, type TrustedRoot } from './trusted_root.ts';

export const SIGNING_CONFIG_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
const WHAT = 'signing config';
const SERVICES = ['caUrls', 'oidcUrls', 'rekorTlogUrls', 'tsaUrls'];
const SELECTORS: readonly Json[] = ['ANY', 'ALL', 'EXACT'];

interface Service {
  url: string;
  majorApiVersion: number;
}

/**
 * The root as the config completes it, and the addresses of the logs that are in use.
 * @throws Malformed when the config names a service that the root does not hold
 */
export async function applySigningConfig(
  value: Json | undefined,
  { logs, ...rest }: TrustedRoot,
): Promise<{ root: TrustedRoot; searched: Set<string> }> {
  const config = asObject(value, WHAT);
  exactFields(config, WHAT, ['mediaType'], [...SERVICES, 'rekorTlogConfig', 'tsaConfig']);
  if (config.mediaType !== SIGNING_CONFIG_TYPE)
    throw new Malformed(WHAT, `mediaType is not ${SIGNING_CONFIG_TYPE}`);
  for (const name of ['rekorTlogConfig', 'tsaConfig']) checkSelection(config[name], `${WHAT}.${name}`);
  const [, , rekor = [], tsa = []] = SERVICES.map((name) => readServices(config, name));
  const isThere = (url: string) => [...logs, ...rest.leftOut].some((log) => log.url === url);
  for (const { url } of rekor)
    if (!isThere(url)) throw new Malformed(WHAT, `the log ${url} is not in the trusted root`);
  const fitted = await Promise.all(
    logs.map(async (log) => {
      const service = rekor.find(({ url }) => url === log.url);
      if (service === undefined) return log;
      return { ...log, version: await fittingVersion(service.majorApiVersion, log) };
    }),
  );
  for (const { url, majorApiVersion } of tsa) {
    if (!rest.authorities.some((authority) => authority.url === url)) {
      throw new Malformed(WHAT, `the timestamp authority ${url} is not in the trusted root`);
    }
    if (majorApiVersion !== 1) throw new Malformed(WHAT, `${url}: majorApiVersion is not 1`);
  }
  return { root: { logs: fitted, ...rest }, searched: new Set(rekor.map(({ url }) => url)) };
}

/** A log's id mostly says which Rekor it is; an ECDSA log's is the same in both, and then the config decides. */
async function fittingVersion(
  stated: number,
  { url, name, key, logId }: TrustedRoot['logs'][number],
): Promise<LogVersion> {
  if (stated !== 1 && stated !== 2) throw new Malformed(WHAT, `${url}: majorApiVersion is neither 1 nor 2`);
  if ((await logIdOf(stated, name, key)) !== logId) {
    throw new Malformed(WHAT, `${url}: majorApiVersion ${stated} does not fit the log's id`);
  }
  return stated;
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

/** How a signer chooses among them; a verifier takes whichever it chose. */
function checkSelection(value: Json | undefined, place: string): void {
  if (value === undefined) return;
  const selection = asObject(value, place);
  exactFields(selection, place, ['selector'], ['count']);
  if (!SELECTORS.includes(selection.selector ?? null))
    throw new Malformed(place, 'selector is none of ANY, ALL, EXACT');
  if (selection.count !== undefined) asUnsigned(selection.count, `${place}.count`);
}
