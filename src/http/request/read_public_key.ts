// Public keys that a caller sends.

import { type PublicKey, parsePublicKey, parsePublicKeyPem } from '../../core/crypto/public_key.ts';
import { fromBase64Lenient, fromUtf8 } from '../../core/encoding/bytes.ts';
import { parsedAsync } from './parsed.ts';

/** How PEM begins. Text may stand before it, as wherever PEM is taken. */
const PEM = '-----BEGIN ';

/** Error: `BAD_KEY`. */
export function publicKeyFromPem(text: string): Promise<PublicKey> {
  return parsedAsync('BAD_KEY', () => parsePublicKeyPem(text));
}

/**
 * A key in the query: PEM, or DER in base64 or base64url. What `base64` makes of a PEM file is taken for it too. Error: `BAD_KEY`.
 */
export async function publicKeyFromQuery(text: string): Promise<PublicKey> {
  if (text.includes(PEM)) return publicKeyFromPem(text);
  return parsedAsync('BAD_KEY', async () => {
    const bytes = fromBase64Lenient(text.replaceAll(' ', '+'), 'publicKey');
    return bytes[0] === PEM.charCodeAt(0)
      ? parsePublicKeyPem(fromUtf8(bytes, 'publicKey'))
      : parsePublicKey(bytes);
  });
}
