// What a timestamp says: TSTInfo, RFC 3161 §2.4.2.

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
  /** The hash of what was time-stamped. */
  imprint: { hash: HashName; value: Bytes };
  /** In milliseconds since the epoch. */
  time: number;
}

/**
 * Accuracy, ordering, nonce and the authority's name are read and say nothing here: no clock is precise to the accuracy, and
 * who signed is decided by the certificate.
 */
export function parseTstInfo(der: Bytes): TstInfo {
  const outer = new DerReader(der, WHAT);
  const info = outer.sequence();
  outer.end();
  if (info.smallInteger() !== 1) throw new Malformed(WHAT, 'TSTInfo is not of version 1');
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

/** Seconds, milliseconds, microseconds: each may be left out. */
function readAccuracy(accuracy: DerReader): void {
  for (const tag of ACCURACY) if (accuracy.nextTag === tag) accuracy.any();
  accuracy.end();
}

/** None is known here, so none may be critical. */
function readExtensions(list: DerReader): void {
  do {
    const extension = list.sequence();
    const oid = extension.oid();
    if (extension.flag()) throw new Malformed(WHAT, `the extension ${oid} is critical and not known here`);
    extension.octetString();
    extension.end();
  } while (!list.atEnd);
}
