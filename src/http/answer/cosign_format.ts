// The JSON that `cosign verify -o json` prints (sigstore/cosign cmd/cosign/cli/verify/common.go, PrintVerification): an array with
// one object per good signature, encoded as Go's encoding/json does.

import { describeDigests } from '../../core/crypto/message.ts';
import { toBase64 } from '../../core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../../core/encoding/json.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import type { Attached } from '../../core/evidence/evidence.ts';
import { readingOf } from '../../core/evidence/read_evidence.ts';
import { Unreadable } from '../../core/evidence/reading.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../../core/formats/in_toto.ts';
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
 * Returns what cosign prints: one array for the signatures of `cosign verify`, one envelope per line for the attestations of
 * `cosign verify-attestation`. `cosign verify-blob` prints nothing, so its array is empty.
 * @param reference what the caller named; cosign 3 prints it for a bundle, because a bundle's signer names no image
 * @param attestation the predicate type, if attestations rather than signatures were asked for
 */
export function cosignDocument(
  { signatures }: Report,
  reference: ImageReference | undefined,
  attestation: string | undefined,
): string {
  const wanted = attestation ?? SIGNATURE_PREDICATE_TYPE;
  const good = distinct(signatures).filter(({ verdict, claims }) => {
    return (
      verdict === 'verified' && (claims?.kind !== 'in-toto' || claims.statement.predicateType === wanted)
    );
  });
  if (attestation !== undefined)
    return good
      .filter(({ claims }) => claims?.kind === 'in-toto')
      .map((result) => `${goEncode(envelopeOf(result))}\n`)
      .join('');
  const items = good.flatMap((result) => signatureItem(result, reference) ?? []);
  return `[${items.join(',')}]\n`;
}

/** Keeps the first good result for each piece of evidence: one piece may serve several requirements. */
function distinct(signatures: SignatureResult[]): SignatureResult[] {
  const printed = new Set<SignatureResult['evidence']>();
  return signatures.filter(({ verdict, evidence }) => {
    if (verdict !== 'verified' || printed.has(evidence)) return false;
    printed.add(evidence);
    return true;
  });
}

function signatureItem(
  { claims, evidence }: SignatureResult,
  reference: ImageReference | undefined,
): string | undefined {
  if (claims?.kind === 'simple-signing') {
    const { dockerReference, digest, type, optional } = claims.payload;
    const beside = evidence?.format === 'simple-signing' ? evidence : {};
    return item(dockerReference, digest, type, withAnnotations(optional, beside));
  }
  if (claims?.kind !== 'in-toto') return undefined;
  // cosign prints the first subject, whichever one matched; this prints the subject that was found to name the image.
  const { digests: { sha256, ...others } = {}, annotations = {} } = claims.about ?? {};
  const digest = describeDigests(sha256 === undefined ? others : { sha256 });
  const name = reference === undefined ? '' : goName(reference);
  return item(name, digest, claims.statement.predicateType, goEncodeMap(annotations));
}

/** @param optional as it is printed */
function item(reference: string, digest: string, type: string, optional: string): string {
  const critical = {
    identity: { 'docker-reference': reference },
    image: { 'docker-manifest-digest': digest },
    type,
  };
  return `{"critical":${goEncode(critical)},"optional":${optional}}`;
}

/** go-containerregistry's `Name()`: Docker Hub under its old host name, and the digest rather than the tag. */
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

/** Adds the log entry and the timestamp as cosign does, overwriting whatever the signer put under these names. */
function withAnnotations(optional: JsonObject | null, { logBundle, timestamp }: Attached): string {
  if (logBundle === undefined && timestamp === undefined) return goEncodeMap(optional);
  const added = {
    ...(logBundle !== undefined && { Bundle: bundleOf(logBundle) }),
    ...(timestamp !== undefined && { RFC3161Timestamp: parseJson(timestamp, 'timestamp') }),
  };
  return goEncodeMap({ ...optional, ...added }, added);
}

function bundleOf(logBundle: string): Json {
  const { SignedEntryTimestamp = null, Payload } = parseJson(logBundle, 'log bundle') as JsonObject;
  const { body = null, integratedTime = null, logIndex = null, logID = null } = Payload as JsonObject;
  return { SignedEntryTimestamp, Payload: { body, integratedTime, logIndex, logID } };
}

/**
 * Go sorts the keys of maps but keeps the field order of structs; `fixed` holds the structs. An object of ours could not be sorted: names
 * that are numbers come first in it, whatever was put in before.
 */
function goEncodeMap(value: Json, fixed: Record<string, Json> = {}): string {
  if (Array.isArray(value)) return `[${value.map((each) => goEncodeMap(each)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return goEncode(value);
  const fields = Object.keys(value)
    .sort(byCodePoint)
    .map((name) => {
      const encoded = Object.hasOwn(fixed, name) ? goEncode(fixed[name]) : goEncodeMap(value[name] ?? null);
      return `${goEncode(name)}:${encoded}`;
    });
  return `{${fields.join(',')}}`;
}

/** Go sorts by UTF-8 bytes, which means by code point and not by UTF-16 code unit. */
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
