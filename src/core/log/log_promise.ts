// The signed entry timestamp: the log's promise that it holds an entry (sigstore/rekor pkg/verify/verify.go). It covers the
// canonical JSON (RFC 8785) of body, integratedTime, logID and logIndex, and nothing else.
import { type Bytes, utf8 } from '../encoding/bytes.ts';
import type { LogEntry } from './log_entry.ts';

/** The bytes that the log signed. The body stays the text it came as: re-encoding it would be another promise. */
export function promisedBytes(
  entry: Pick<LogEntry, 'bodyText' | 'integratedTime' | 'logId' | 'logIndex'>,
): Bytes {
  const { bodyText, integratedTime, logId, logIndex } = entry;
  return utf8(
    `{"body":${JSON.stringify(bodyText)},"integratedTime":${integratedTime},"logID":"${logId}","logIndex":${logIndex}}`,
  );
}
