// Parses a log entry in a Sigstore bundle (sigstore/protobuf-specs sigstore_rekor.proto, TransparencyLogEntry). It contains the same
// data as Rekor's API response, in protobuf's JSON form: integers as strings, hashes in base64.
import { type Bytes, toHex } from '../encoding/bytes.ts';
import type { Json } from '../encoding/json.ts';
import { asString } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { asBytes, asInt64, asMessage, asRepeated } from '../encoding/protobuf_json.ts';
import type { InclusionProof, LogEntry } from './log_entry.ts';
import { MAX_PROOF_HASHES } from './merkle.ts';

/** @param mustHave v0.1 bundles must have a promise, later versions a proof */
export function parseBundleLogEntry(value: Json, what: string, mustHave: 'promise' | 'proof'): LogEntry {
  const entry = asMessage(value, what, [
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  ]);
  const bodyText = asString(entry.canonicalizedBody, `${what}.canonicalizedBody`);
  const { kind, version } = asMessage(entry.kindVersion, `${what}.kindVersion`, ['kind', 'version']);
  const { inclusionPromise, inclusionProof } = entry;
  return {
    // The promise covers the body in base64 without line breaks.
    bodyText: bodyText.replace(/[\r\n]/g, ''),
    body: asBytes(bodyText, `${what}.canonicalizedBody`),
    integratedTime: seconds(entry.integratedTime, `${what}.integratedTime`),
    logId: logId(entry.logId, `${what}.logId`),
    logIndex: asInt64(entry.logIndex, `${what}.logIndex`),
    ...(inclusionPromise !== undefined && { signedEntryTimestamp: promise(inclusionPromise, what) }),
    ...(inclusionProof !== undefined && { inclusionProof: proof(inclusionProof, `${what}.inclusionProof`) }),
    mustHave,
    stated: {
      kind: asString(kind, `${what}.kindVersion.kind`),
      version: asString(version, `${what}.kindVersion.version`),
    },
  };
}

function seconds(value: Json | undefined, what: string): number {
  const time = asInt64(value, what);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(what, 'is not a representable date');
  return Number(time);
}

function logId(value: Json | undefined, what: string): string {
  const { keyId } = asMessage(value, what, ['keyId']);
  return toHex(hash(keyId, `${what}.keyId`));
}

function promise(value: Json, what: string): Bytes {
  const place = `${what}.inclusionPromise`;
  return asBytes(asMessage(value, place, ['signedEntryTimestamp']).signedEntryTimestamp, place);
}

function proof(value: Json, what: string): InclusionProof {
  const { logIndex, rootHash, treeSize, hashes, checkpoint } = asMessage(value, what, [
    'logIndex',
    'rootHash',
    'treeSize',
    'hashes',
    'checkpoint',
  ]);
  return {
    logIndex: asInt64(logIndex, `${what}.logIndex`),
    treeSize: asInt64(treeSize, `${what}.treeSize`),
    rootHash: hash(rootHash, `${what}.rootHash`),
    hashes: asRepeated(hashes, `${what}.hashes`, MAX_PROOF_HASHES).map((item) =>
      hash(item, `${what}.hashes`),
    ),
    ...(checkpoint !== undefined && {
      checkpoint: asString(
        asMessage(checkpoint, `${what}.checkpoint`, ['envelope']).envelope,
        `${what}.checkpoint.envelope`,
      ),
    }),
  };
}

function hash(value: Json | undefined, what: string): Bytes {
  const bytes = asBytes(value, what);
  if (bytes.length !== 32) throw new Malformed(what, 'expected 32 bytes');
  return bytes;
}
