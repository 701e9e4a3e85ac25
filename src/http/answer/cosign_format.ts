// The JSON that `cosign verify -o json` prints (sigstore/cosign cmd/cosign/cli/verify/common.go, PrintVerification): an array,
// one object a good signature, encoded as Go's encoding/json does.

import { describeDigests } from '../../core/crypto/message.ts';
import { toBase64 } from '../../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../../core/encoding/json.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import type { Attached } from '../../core/evidence.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../../core/formats/in_toto.ts';
import { readingOf, Unreadable } from '../../core/reading.ts';
import type { ImageReference } from '../../core/reference.ts';
import type { SignatureResult } from '../../core/verify_signature.ts';
import type { Report } from '../../verify/report.ts';

const GO_ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * What `cosign verify` prints for signatures, one array; what `cosign verify-attestation` prints for attestations, an envelope a line;
 * `cosign verify-blob` prints nothing, and its array is empty.
 * @param attestation the type that was asked for instead of a signature
 * @param reference what the caller named: cosign 3 prints it for a bundle, whose signer names no image
 */
export function cosignDocument(
  { signatures }: Report,
  reference: ImageReference | undefined,
  attestation: string | undefined,
): string {
  const wanted = attestation ?? SIGNATURE_PREDICATE_TYPE;
  const good = distinct(signatures).filter(({ verdict, said }) => {
    return verdict === 'verified' && (said?.kind !== 'in-toto' || said.statement.predicateType === wanted);
  });
  if (attestation !== undefined)
    return good
      .filter(({ said }) => said?.kind === 'in-toto')
      .map((result) => `${goEncode(envelopeOf(result))}\n`)
      .join('');
  const items = good.flatMap((result) => signatureItem(result, reference) ?? []);
  return `${goEncode(items)}\n`;
}

/** One piece of evidence may serve several requirements: of its results the first good one. */
function distinct(signatures: SignatureResult[]): SignatureResult[] {
  const printed = new Set<SignatureResult['evidence']>();
  return signatures.filter(({ verdict, evidence }) => {
    if (verdict !== 'verified' || printed.has(evidence)) return false;
    printed.add(evidence);
    return true;
  });
}

function signatureItem(
  { said, evidence }: SignatureResult,
  reference: ImageReference | undefined,
): Json | undefined {
  if (said?.kind === 'simple-signing') {
    const { dockerReference, digest, type, optional } = said.payload;
    const beside = evidence?.format === 'simple-signing' ? evidence : {};
    return critical(dockerReference, digest, type, withAnnotations(optional, beside));
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

/** cosign adds the log entry and the timestamp, over whatever the signer put under these names. */
function withAnnotations(optional: JsonObject | null, { logBundle, timestamp }: Attached): Json {
  if (logBundle === undefined && timestamp === undefined) return sortKeys(optional);
  const added = {
    ...(logBundle !== undefined && { Bundle: bundleOf(logBundle) }),
    ...(timestamp !== undefined && { RFC3161Timestamp: parseJson(timestamp, 'timestamp') }),
  };
  return sortKeys({ ...optional, ...added }, added);
}

function bundleOf(logBundle: string): Json {
  const { SignedEntryTimestamp = null, Payload } = parseJson(logBundle, 'log bundle') as JsonObject;
  const { body = null, integratedTime = null, logIndex = null, logID = null } = Payload as JsonObject;
  return { SignedEntryTimestamp, Payload: { body, integratedTime, logIndex, logID } };
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
