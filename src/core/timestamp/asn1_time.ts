// Parses DER times of certificates (RFC 5280 §4.1.2.5) and timestamps (RFC 3161 §2.4.2). Both are always in UTC and have seconds.
import { fromUtf8 } from '../encoding/bytes.ts';
import { type DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';

const UTC_TIME = /^([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/;
const GENERALIZED_TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]*[1-9])?Z$/;

/** Reads UTCTime or GeneralizedTime without a fraction. Throws `Malformed`. @returns milliseconds since the epoch */
export function readCertificateTime(reader: DerReader, what: string): number {
  if (reader.nextTag === TAG.utcTime) {
    const match = UTC_TIME.exec(fromUtf8(reader.any().content, what));
    if (match === null) throw new Malformed(what, 'UTCTime is not YYMMDDHHMMSSZ');
    const [year = 0, ...rest] = match.slice(1).map(Number);
    return instant(year < 50 ? 2000 + year : 1900 + year, rest, what);
  }
  const match = generalizedTime(reader, what);
  if (match[7] !== undefined) throw new Malformed(what, 'GeneralizedTime has a fraction');
  return fromMatch(match, what);
}

/** Reads GeneralizedTime with an optional fraction that does not end in zero. @returns milliseconds since the epoch, rounded down */
export function readTimestampTime(reader: DerReader, what: string): number {
  const match = generalizedTime(reader, what);
  return fromMatch(match, what) + Math.floor(Number(`0${match[7] ?? ''}`) * 1000);
}

function generalizedTime(reader: DerReader, what: string): RegExpExecArray {
  const text = fromUtf8(reader.value(TAG.generalizedTime, 'a GeneralizedTime').content, what);
  const match = GENERALIZED_TIME.exec(text);
  if (match === null) throw new Malformed(what, 'GeneralizedTime is not YYYYMMDDHHMMSS[.f]Z');
  return match;
}

function fromMatch(match: RegExpExecArray, what: string): number {
  const [year = 0, ...rest] = match.slice(1, 7).map(Number);
  return instant(year, rest, what);
}

/** Rejects nonexistent dates and times instead of rolling them over. */
function instant(year: number, [month = 0, day, hour, minute, second]: number[], what: string): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  const read = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  if (read.join() !== [year, month, day, hour, minute, second].join()) {
    throw new Malformed(what, 'the date or time does not exist');
  }
  return date.getTime();
}
