// A trusted timestamp authority (RFC 3161). Its certificates come from configuration, never from a timestamp.
import type { Bytes } from '../encoding/bytes.ts';

export interface TrustedAuthority {
  /** For display: the id under which it is stored, or its host. */
  name: string;
  /** DER certificates: the signer's first, then its issuers up to the root. Checked to be a valid chain when it was stored. */
  chain: Bytes[];
  /** The validity window of its timestamps, in milliseconds since the epoch, both ends inclusive. */
  validFrom: number;
  validUntil?: number;
}
