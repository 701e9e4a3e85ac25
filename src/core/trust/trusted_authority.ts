// A timestamp authority someone trusts (RFC 3161): its certificates come from configuration, never from a timestamp.
import type { Bytes } from '../encoding/bytes.ts';

export interface TrustedAuthority {
  /** For people: the id it is stored under, or its host. */
  name: string;
  /** DER certificates: the signer's own first, then who issued it, up to the root. Proven to be a chain when it was stored. */
  chain: Bytes[];
  /** The window in which its timestamps count, in milliseconds since the epoch, both ends inclusive. */
  validFrom: number;
  validUntil?: number;
}
