// A transparency log entry from cosign's `dev.sigstore.cosign/bundle` annotation, from Rekor's API (sigstore/rekor openapi.yaml,
// LogEntry) or from a Sigstore bundle (bundle_log_entry.ts). All are parsed strictly; nothing here is trusted yet.
import { type Bytes, fromBase64, fromHex } from '../encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../encoding/json.ts';
import { asArray, asObject, asString, asUint63, asUnsigned, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { MAX_PROOF_HASHES } from './merkle.ts';

/** In characters. An entry has a key, a signature and two hashes; with a certificate it reaches a few thousand characters. */
export const MAX_LOG_ENTRY_LENGTH = 256 * 1024;
const LOG_ID = /^[0-9a-f]{64}$/;

export interface InclusionProof {
  /** The leaf's index in its own tree (shard), which is not the log-wide index. */
  logIndex: bigint;
  treeSize: bigint;
  rootHash: Bytes;
  hashes: Bytes[];
  /** The signed note. Absent in responses of old logs; the proof then proves nothing. */
  checkpoint?: string;
}

export interface LogEntry {
  /** The body's base64 as received: the signed entry timestamp covers this text. */
  bodyText: string;
  body: Bytes;
  /** Seconds since the epoch; 0 if the log states no time. Meaningful only under a signed entry timestamp. */
  integratedTime: number;
  /** Lower-case hexadecimal. */
  logId: string;
  /** Log-wide index. */
  logIndex: bigint;
  /** The log's signature over the body, time, log ID and index. */
  signedEntryTimestamp?: Bytes;
  inclusionProof?: InclusionProof;
  /** What the entry's format requires for the entry to count. If absent, either a promise or a proof is enough. */
  mustHave?: 'promise' | 'proof';
  /** The kind and version as stated outside the body. */
  stated?: { kind: string; version: string };
}

/**
 * Parses the annotation: `{SignedEntryTimestamp, Payload: {body, integratedTime, logIndex, logID}}` with no other fields. Throws
 * `Malformed`.
 */
export function parseLogBundle(text: string): LogEntry {
  if (text.length > MAX_LOG_ENTRY_LENGTH)
    throw new Malformed('log bundle', `longer than ${MAX_LOG_ENTRY_LENGTH} characters`);
  const bundle = asObject(parseJson(text, 'log bundle', 'integers'), 'log bundle');
  exactFields(bundle, 'log bundle', ['SignedEntryTimestamp', 'Payload']);
  const payload = asObject(bundle.Payload, 'Payload');
  exactFields(payload, 'Payload', ['body', 'integratedTime', 'logIndex', 'logID']);
  return {
    ...entryFields(payload),
    signedEntryTimestamp: nonEmpty(
      fromBase64(asString(bundle.SignedEntryTimestamp, 'SignedEntryTimestamp'), 'SignedEntryTimestamp'),
    ),
  };
}

/** Parses one entry of Rekor's response: `{body, integratedTime, logID, logIndex, verification?, attestation?}`. */
export function parseApiLogEntry(value: Json | undefined): LogEntry {
  const entry = asObject(value, 'log entry');
  exactFields(
    entry,
    'log entry',
    ['body', 'integratedTime', 'logIndex', 'logID'],
    ['verification', 'attestation'],
  );
  const verification = entry.verification === undefined ? {} : asObject(entry.verification, 'verification');
  const { signedEntryTimestamp: set, inclusionProof: proof } = verification;
  return {
    ...entryFields(entry),
    ...(set !== undefined && {
      signedEntryTimestamp: nonEmpty(
        fromBase64(asString(set, 'signedEntryTimestamp'), 'signedEntryTimestamp'),
      ),
    }),
    ...(proof !== undefined && { inclusionProof: parseInclusionProof(asObject(proof, 'inclusionProof')) }),
  };
}

function entryFields(entry: JsonObject) {
  const bodyText = asString(entry.body, 'body');
  const logId = asString(entry.logID, 'logID');
  if (!LOG_ID.test(logId)) throw new Malformed('logID', 'expected 64 lower-case hexadecimal digits');
  return {
    bodyText,
    body: fromBase64(bodyText, 'body'),
    integratedTime: asUnsigned(entry.integratedTime, 'integratedTime'),
    logIndex: asUint63(entry.logIndex, 'logIndex'),
    logId,
  };
}

function parseInclusionProof(proof: JsonObject): InclusionProof {
  exactFields(proof, 'inclusionProof', ['logIndex', 'treeSize', 'rootHash', 'hashes'], ['checkpoint']);
  const hashes = asArray(proof.hashes, 'hashes');
  if (hashes.length > MAX_PROOF_HASHES) throw new Malformed('hashes', `more than ${MAX_PROOF_HASHES}`);
  return {
    logIndex: asUint63(proof.logIndex, 'inclusionProof.logIndex'),
    treeSize: asUint63(proof.treeSize, 'treeSize'),
    rootHash: hash(proof.rootHash, 'rootHash'),
    hashes: hashes.map((item) => hash(item, 'hashes')),
    ...(proof.checkpoint !== undefined && { checkpoint: asString(proof.checkpoint, 'checkpoint') }),
  };
}

function hash(value: Json | undefined, what: string): Bytes {
  const bytes = fromHex(asString(value, what), what);
  if (bytes.length !== 32) throw new Malformed(what, 'expected 32 bytes in hexadecimal');
  return bytes;
}

function nonEmpty(bytes: Bytes): Bytes {
  if (bytes.length === 0) throw new Malformed('SignedEntryTimestamp', 'is empty');
  return bytes;
}
