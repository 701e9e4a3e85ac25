// The signed entry timestamp: the log's promise to include an entry (sigstore/rekor pkg/verify/verify.go). It covers only the canonical
// JSON (RFC 8785) of body, integratedTime, logID and logIndex.
import { type Bytes, utf8 } from '../encoding/bytes.ts';
import type { LogEntry } from './log_entry.ts';

/** The bytes that the log signed. The body's text is used as received: re-encoding it could change what was signed. */
export function promisedBytes(
  entry: Pick<LogEntry, 'bodyText' | 'integratedTime' | 'logId' | 'logIndex'>,
): Bytes {
  const { bodyText, integratedTime, logId, logIndex } = entry;
  return utf8(
    `{"body":${JSON.stringify(bodyText)},"integratedTime":${integratedTime},"logID":"${logId}","logIndex":${logIndex}}`,
  );
}
