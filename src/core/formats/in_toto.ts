// in-toto statements (in-toto/attestation spec/v1/statement.md), v0.1 and v1: a predicate about one or more artifacts (subjects).
// Anything that two parsers could interpret differently is rejected; unknown fields are ignored.

import { type HashName, isHashName, parseHash } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type Json, type JsonObject, parseJsonBytes } from '../encoding/json.ts';
import { asArray, asCaseExactObject, asObject, asString } from '../encoding/json_fields.ts';
import { countValues } from '../encoding/json_size.ts';
import { Malformed } from '../encoding/malformed.ts';

export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPES = ['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1'];
/** The predicate type of image signatures by cosign 3: the statement says only that the image is signed. */
export const SIGNATURE_PREDICATE_TYPE = 'https://sigstore.dev/cosign/sign/v1';
/** The limits of sigstore-go: statements with more are rejected. */
const MAX_SUBJECTS = 1024;
const MAX_DIGESTS = 32;
/** Of a predicate type that is asked for, in characters. */
export const MAX_TYPE_LENGTH = 1024;
/** Values in the annotations of all subjects. */
const MAX_ANNOTATION_VALUES = 4096;

export interface Subject {
  /** For display, as the signer wrote it. */
  name?: string;
  /** Only the digests by accepted algorithms. */
  digests: Partial<Record<HashName, Bytes>>;
  annotations: JsonObject;
}

export interface Statement {
  /** `_type`. */
  type: string;
  subjects: Subject[];
  predicateType: string;
}

/** Parses a statement's JSON bytes. Throws `Malformed`. */
export function parseStatement(bytes: Bytes): Statement {
  const statement = asCaseExactObject(parseJsonBytes(bytes, 'statement'), 'statement', [
    '_type',
    'subject',
    'predicateType',
    'predicate',
  ]);
  const subjects = asArray(statement.subject, 'subject');
  if (subjects.length === 0) throw new Malformed('subject', 'is empty');
  if (subjects.length > MAX_SUBJECTS) throw new Malformed('subject', `more than ${MAX_SUBJECTS}`);
  const parsed = subjects.map((subject, at) => parseSubject(subject, `subject[${at}]`));
  const values = parsed.reduce((sum, { annotations }) => sum + countValues(annotations), 0);
  if (values > MAX_ANNOTATION_VALUES)
    throw new Malformed('annotations', `more than ${MAX_ANNOTATION_VALUES} values`);
  return {
    type: asString(statement._type, '_type'),
    subjects: parsed,
    predicateType: asString(statement.predicateType, 'predicateType'),
  };
}

/**
 * The predicate of a statement that `parseStatement` accepts; undefined if it has none. It is read anew each time, because parsed it takes
 * up to twenty times the memory of its text, and an image may have many.
 */
export function parsePredicate(bytes: Bytes): Json | undefined {
  return asObject(parseJsonBytes(bytes, 'statement'), 'statement').predicate;
}

function parseSubject(value: Json, what: string): Subject {
  const { name, digest, annotations } = asCaseExactObject(value, what, ['name', 'digest', 'annotations']);
  const isStated = digest !== undefined && digest !== null;
  const entries = Object.entries(isStated ? asObject(digest, `${what}.digest`) : {});
  if (entries.length > MAX_DIGESTS) throw new Malformed(`${what}.digest`, `more than ${MAX_DIGESTS}`);
  const digests: Subject['digests'] = {};
  for (const [key, value] of entries) {
    const text = asString(value, `${what}.digest.${key}`);
    const algorithm = key.toLowerCase();
    if (!isHashName(algorithm)) continue;
    if (key !== algorithm || text !== text.toLowerCase())
      throw new Malformed(`${what}.digest`, "expected a digest's name and value in lower case");
    digests[algorithm] = parseHash(algorithm, text, `${what}.digest.${key}`);
  }
  return {
    ...(typeof name === 'string' && { name }),
    digests,
    annotations:
      annotations === undefined || annotations === null ? {} : asObject(annotations, `${what}.annotations`),
  };
}

/** cosign's short names (sigstore/cosign cmd/cosign/cli/options/predicate.go). Anything else is the type itself. */
const SHORT_NAMES: Record<string, string> = {
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  spdxjson: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  openvex: 'https://openvex.dev/ns',
};

/** A URI, or a URI without its scheme, as cosign 1 wrote its own types: `cosign.sigstore.dev/attestation/v1`. */
const TYPE = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)[\x21-\x7e]+$/;

/** @throws Malformed when the text is neither a short name nor a URI */
export function parsePredicateType(text: string): string {
  if (Object.hasOwn(SHORT_NAMES, text)) return SHORT_NAMES[text] as string;
  if (TYPE.test(text) && text.length <= MAX_TYPE_LENGTH) return text;
  throw new Malformed(
    'attestation',
    `expected a predicate type's URI or one of ${Object.keys(SHORT_NAMES).join(', ')}`,
  );
}
