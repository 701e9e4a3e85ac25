// Gatekeeper's external data (open-policy-agent.github.io/gatekeeper/website/docs/externaldata): keys are images, and an item's error
// says why its image may not run.
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { asArray, asObject, asString } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';

const API_VERSIONS = ['externaldata.gatekeeper.sh/v1beta1', 'externaldata.gatekeeper.sh/v1alpha1'];
const MAX_KEYS = 1000;

export interface ProviderRequest {
  apiVersion: string;
  keys: string[];
}

export interface ProviderItem {
  key: string;
  /** The image to run: pinned to its digest if it was verified. */
  value: string;
  /** Empty if the image may run. */
  error: string;
}

/** @throws Malformed */
export function parseProviderRequest(body: Json): ProviderRequest {
  const document = asObject(body, 'ProviderRequest');
  const apiVersion = API_VERSIONS.find((version) => version === document.apiVersion);
  if (apiVersion === undefined || document.kind !== 'ProviderRequest')
    throw new Malformed('ProviderRequest', `expected kind ProviderRequest of apiVersion ${API_VERSIONS[0]}`);
  const keys = asArray(asObject(document.request, 'request').keys, 'request.keys');
  if (keys.length > MAX_KEYS) throw new Malformed('request.keys', `more than ${MAX_KEYS}`);
  return { apiVersion, keys: keys.map((key, at) => asString(key, `request.keys[${at}]`)) };
}

/** @param systemError what could not be decided: those keys have no item, because Gatekeeper caches items */
export function providerResponse(apiVersion: string, items: ProviderItem[], systemError = ''): JsonObject {
  return {
    apiVersion,
    kind: 'ProviderResponse',
    response: { idempotent: true, items: items.map((item) => ({ ...item })), systemError },
  };
}
