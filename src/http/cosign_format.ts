// The JSON that `cosign verify -o json` prints (sigstore/cosign cmd/cosign/cli/verify/common.go, PrintVerification): an array,
// one object a good signature, encoded as Go's encoding/json does.

import { describeDigests } from '../core/crypto/message.ts';
import { toBase64 } from '../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../core/encoding/json.ts';
import { stringifyJson } from '../core/encoding/json_text.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../core/formats/in_toto.ts';
import { readingOf, Unreadable } from '../core/reading.ts';
import type { ImageReference } from '../core/reference.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import type { Report } from '../verify/report.ts';

const GO_ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * What `cosign verify` prints for signatures, one array; what `cosign verify-attestation` prints for attestations, an envelope a line;
 * `cosign verify-blob` prints nothing.
 * @param attestation the type that was asked for instead of a signature
 * @param reference what the caller named: cosign 3 prints it for a bundle, whose signer names no image
 */
export function cosignDocument(
  { signatures }: Report,
  reference: ImageReference | undefined,
  attestation: string | undefined,
): string {
  const wanted = attestation ?? SIGNATURE_PREDICATE_TYPE;
  const good = signatures.filter(({ verdict, said }) => {
    return verdict === 'verified' && (said?.kind !== 'in-toto' || said.statement.predicateType === wanted);
  });
  if (attestation !== undefined)
    return good
      .filter(({ said }) => said?.kind === 'in-toto')
      .map((result) => `${goEncode(envelopeOf(result))}\n`)
      .join('');
  const items = good.flatMap((result) => signatureItem(result, reference) ?? []);
  return items.length === 0 ? '' : `${goEncode(items)}\n`;
}

function signatureItem(
  { said, evidence }: SignatureResult,
  reference: ImageReference | undefined,
): Json | undefined {
  if (said?.kind === 'simple-signing') {
    const { dockerReference, digest, type, optional } = said.payload;
    const logBundle = evidence?.format === 'simple-signing' ? evidence.logBundle : undefined;
    return critical(dockerReference, digest, type, withBundle(optional, logBundle));
  }
  if (said?.kind !== 'in-toto') return undefined;
  // cosign prints the first subject, whichever it matched; here it is the one that was found to name the image.
  const { digests: { sha256, ...others } = {}, annotations = {} } = said.about ?? {};
  const digest = describeDigests(sha256 === undefined ? others : { sha256 });
  const name = reference === undefined ? '' : goName(reference);
  return critical(name, digest, said.statement.predicateType, sortKeys(annotations));
}

function critical(reference: string, digest: string, type: string, optional: Json): Json {
  return {
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type,
    },
    optional,
  };
}

/** go-containerregistry's `Name()`: Docker Hub by its old name, and the digest rather than the tag. */
function goName({ registry, repository, tag, digest }: ImageReference): string {
  const host = registry === 'docker.io' ? 'index.docker.io' : registry;
  return digest === undefined ? `${host}/${repository}:${tag}` : `${host}/${repository}@${digest}`;
}

function envelopeOf({ evidence }: SignatureResult): Json {
  const content = evidence === undefined ? undefined : readingOf(evidence).content;
  if (content === undefined || content instanceof Unreadable || content.kind !== 'envelope') return null;
  const { payloadType, payload, signature } = content.envelope;
  return { payload: toBase64(payload), payloadType, signatures: [{ sig: toBase64(signature) }] };
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
