// Checkpoints: signed notes (C2SP signed-note) that state a log's tree size and root hash (C2SP tlog-checkpoint).

import { type Bytes, equalBytes, fromBase64, utf8 } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import { keyHints, type LogVersion, type VersionedLog } from '../trust/trusted_log.ts';
import { isLogSignature } from './log_signature.ts';

/** In characters: enough for a hundred witnesses. */
export const MAX_CHECKPOINT_LENGTH = 64 * 1024;
/** Signature lines. C2SP logs have only a few witnesses. */
export const MAX_CHECKPOINT_SIGNATURES = 100;
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;

export interface NoteSignature {
  name: string;
  /** The first four bytes of the key's hash. */
  hint: Bytes;
  signature: Bytes;
}

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Bytes;
  /** The signed bytes: the note's text with its final newline. */
  signed: Bytes;
  signatures: NoteSignature[];
}

/** @throws Malformed for any line that does not conform to the two specifications */
export function parseCheckpoint(text: string): Checkpoint {
  const fail = (problem: string): never => {
    throw new Malformed('checkpoint', problem);
  };
  if (text.length > MAX_CHECKPOINT_LENGTH) fail(`longer than ${MAX_CHECKPOINT_LENGTH} characters`);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) fail('contains a control character');
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) fail('expected text, a blank line, then signatures');
  const signed = text.slice(0, split + 1);
  const lines = signed.slice(0, -1).split('\n');
  const [origin = '', size = '', root = ''] = lines;
  if (lines.length < 3 || lines.includes(''))
    fail('needs origin, size and root, without blank lines between them');
  if (!SIZE.test(size)) fail('size is not a decimal number');
  const rootHash = fromBase64(root, 'checkpoint root');
  if (rootHash.length !== 32) fail('root is not 32 bytes');
  const signatureLines = text.slice(split + 2, -1).split('\n');
  if (signatureLines.length > MAX_CHECKPOINT_SIGNATURES)
    fail(`has more than ${MAX_CHECKPOINT_SIGNATURES} signatures`);
  return {
    origin,
    size: BigInt(size),
    root: rootHash,
    signed: utf8(signed),
    signatures: signatureLines.map(parseSignatureLine),
  };
}

function parseSignatureLine(line: string): NoteSignature {
  const match = SIGNATURE_LINE.exec(line);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Malformed('checkpoint', 'a signature line is not "— name base64"');
  const bytes = fromBase64(match[2], 'checkpoint signature');
  if (bytes.length < 5) throw new Malformed('checkpoint', 'a signature is too short for its key hint');
  return { name: match[1], hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/**
 * Whether the log signed the checkpoint: the origin is the log's, at least one signature line has the log's name and key hint, and every
 * such line verifies. Lines by other signers (witnesses) are ignored.
 */
export async function isSignedByLog(
  checkpoint: Checkpoint,
  log: Pick<VersionedLog, 'name' | 'alias' | 'key' | 'version'>,
): Promise<boolean> {
  const names = log.version === 1 && log.alias !== undefined ? [log.name, log.alias] : [log.name];
  const name = names.find((one) => originBelongsTo(checkpoint.origin, one, log.version));
  if (name === undefined) return false;
  const hints = await keyHints({ ...log, name });
  const own = checkpoint.signatures.filter(
    (line) => line.name === name && hints.some((hint) => equalBytes(line.hint, hint)),
  );
  for (const line of own) {
    if (!(await isLogSignature(log, checkpoint.signed, line.signature))) return false;
  }
  return own.length > 0;
}

/** Rekor v1 writes `host - tree id`, with one tree per shard. As C2SP has it, and Rekor v2, the origin is just the name. */
function originBelongsTo(origin: string, name: string, version: LogVersion): boolean {
  if (origin === name) return true;
  return version === 1 && origin.startsWith(`${name} - `) && /^[0-9]+$/.test(origin.slice(name.length + 3));
}
