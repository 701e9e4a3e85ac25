// Parses TSTInfo, the content of a timestamp (RFC 3161 §2.4.2).

import type { HashName } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';
import { readTimestampTime } from './asn1_time.ts';
import { readHashAlgorithm } from './hash_algorithm.ts';

const WHAT = 'timestamp';
const CONTEXT = { tsa: 0xa0, extensions: 0xa1 };
const ACCURACY = [TAG.integer, 0x80, 0x81];

export interface TstInfo {
  /** The hash of the timestamped message. */
  imprint: { hash: HashName; value: Bytes };
  /** In milliseconds since the epoch. */
  time: number;
}

/**
 * Accuracy, ordering, nonce and the authority's name are parsed but not used: no clock is precise to the accuracy, and the certificate
 * determines who signed. Throws `Malformed`.
 */
export function parseTstInfo(der: Bytes): TstInfo {
  const outer = new DerReader(der, WHAT);
  const info = outer.sequence();
  outer.end();
  if (info.smallInteger() !== 1) throw new Malformed(WHAT, 'TSTInfo is not version 1');
  info.oid();
  const messageImprint = info.sequence();
  const imprint = { hash: readHashAlgorithm(messageImprint, WHAT), value: messageImprint.octetString() };
  messageImprint.end();
  info.integer();
  const time = readTimestampTime(info, WHAT);
  if (info.nextTag === TAG.sequence) readAccuracy(info.sequence());
  info.flag();
  if (info.nextTag === TAG.integer) info.integer();
  if (info.nextTag === CONTEXT.tsa) {
    const name = info.inside(CONTEXT.tsa, 'the name');
    name.any();
    name.end();
  }
  if (info.nextTag === CONTEXT.extensions) readExtensions(info.inside(CONTEXT.extensions, 'the extensions'));
  info.end();
  return { imprint, time };
}

/** Seconds, milliseconds and microseconds, all optional. */
function readAccuracy(accuracy: DerReader): void {
  for (const tag of ACCURACY) if (accuracy.nextTag === tag) accuracy.any();
  accuracy.end();
}

/** No extension is supported, so none may be critical. */
function readExtensions(list: DerReader): void {
  do {
    const extension = list.sequence();
    const oid = extension.oid();
    if (extension.flag()) throw new Malformed(WHAT, `the critical extension ${oid} is not supported`);
    extension.octetString();
    extension.end();
  } while (!list.atEnd);
}
