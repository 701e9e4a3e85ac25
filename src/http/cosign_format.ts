// The JSON that `cosign verify -o json` prints (sigstore/cosign cmd/cosign/cli/verify/common.go, PrintVerification): an array,
// one object a good signature, encoded as Go's encoding/json does.
import { type Json, type JsonObject, parseJson } from '../core/json.ts';
import { stringifyJson } from '../core/json_text.ts';
import { parseSimpleSigning } from '../core/simple_signing.ts';
import type { Report } from '../verify/verify.ts';

const GO_ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

export function cosignDocument({ signatures }: Report): string {
  const items = signatures
    .filter(({ verdict }) => verdict === 'verified')
    .flatMap(({ evidence }) => (evidence === undefined ? [] : [evidence]))
    .map(({ payload, logBundle }) => {
      const { dockerReference, digest, type, optional } = parseSimpleSigning(payload);
      return {
        critical: {
          identity: { 'docker-reference': dockerReference },
          image: { 'docker-manifest-digest': digest },
          type,
        },
        optional: withBundle(optional, logBundle),
      };
    });
  return `${goEncode(items)}\n`;
}

/** cosign adds the log entry under `Bundle`, over whatever the signer put there. */
function withBundle(optional: JsonObject | null, logBundle: string | undefined): Json {
  if (logBundle === undefined) return sortKeys(optional);
  const { SignedEntryTimestamp = null, Payload } = parseJson(logBundle, 'log bundle') as JsonObject;
  const { body = null, integratedTime = null, logIndex = null, logID = null } = Payload as JsonObject;
  const bundle = { SignedEntryTimestamp, Payload: { body, integratedTime, logIndex, logID } };
  const { Bundle: _, ...rest } = optional ?? {};
  return sortKeys({ ...rest, Bundle: null }, { Bundle: bundle });
}

/** Go writes maps with sorted keys and structs in their own order: `fixed` holds the structs. */
function sortKeys(value: Json, fixed: Record<string, Json> = {}): Json {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort(byCodePoint);
  return Object.fromEntries(
    names.map((name) => [
      name,
      Object.hasOwn(fixed, name) ? (fixed[name] ?? null) : sortKeys(value[name] ?? null),
    ]),
  );
}

/** Go sorts by bytes of UTF-8, which is by code point and not by UTF-16 unit. */
function byCodePoint(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function goEncode(value: unknown): string {
  return stringifyJson(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => GO_ESCAPES[character] ?? character,
  );
}
