// Distinguished names (RFC 5280 §4.1.2.4). They are compared as DER; the text form here is only for display.
import { type Bytes, fromUtf8 } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';

/** In characters. A name in a timestamp is untrusted text. */
const MAX_NAME = 200;
const LABELS: Record<string, string> = { '2.5.4.3': 'CN', '2.5.4.6': 'C', '2.5.4.10': 'O', '2.5.4.11': 'OU' };
/** UTF8String, PrintableString, IA5String. */
const TEXT_TAGS = [0x0c, 0x13, 0x16];
/** The directoryName choice of a GeneralName. */
const DIRECTORY_NAME = 0xa4;

/** `O=sigstore.dev, CN=sigstore-tsa`. Anything that is not plain text is dropped. */
export function nameText(name: Bytes): string {
  const parts: string[] = [];
  const sets = new DerReader(name, 'name').sequence();
  while (!sets.atEnd) {
    const attributes = sets.set();
    while (!attributes.atEnd) {
      const attribute = attributes.sequence();
      const oid = attribute.oid();
      const { tag, content } = attribute.any();
      attribute.end();
      const text = TEXT_TAGS.includes(tag) ? attempt(() => fromUtf8(content, 'name')) : '';
      if (text instanceof Malformed) continue;
      parts.push(`${LABELS[oid] ?? oid}=${text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')}`);
    }
  }
  return parts.join(', ').slice(0, MAX_NAME);
}

/** The DER of the name when the GeneralNames are a single directory name (RFC 5280 §4.2.1.6); otherwise undefined. */
export function onlyDirectoryName(names: DerReader): Bytes | undefined {
  const { tag, content } = names.any();
  return tag === DIRECTORY_NAME && names.atEnd
    ? new DerReader(content, 'name').value(TAG.sequence, 'a name').whole
    : undefined;
}
