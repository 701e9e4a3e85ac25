// Distinguished names (RFC 5280 §4.1.2.4). They are compared as DER; the text here is for people alone.
import { type Bytes, fromUtf8 } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';

/** In characters: a name that comes in a timestamp is anyone's text. */
const MAX_NAME = 200;
const LABELS: Record<string, string> = { '2.5.4.3': 'CN', '2.5.4.6': 'C', '2.5.4.10': 'O', '2.5.4.11': 'OU' };
/** UTF8String, PrintableString, IA5String. */
const TEXT_TAGS = [0x0c, 0x13, 0x16];
/** The choice directoryName of a GeneralName. */
const DIRECTORY_NAME = 0xa4;

/** `O=sigstore.dev, CN=sigstore-tsa`; what is not plain text in it is left out. */
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

/** GeneralNames that are one directory name (RFC 5280 §4.2.1.6): that name's DER, or undefined. */
export function onlyDirectoryName(names: DerReader): Bytes | undefined {
  const { tag, content } = names.any();
  return tag === DIRECTORY_NAME && names.atEnd
    ? new DerReader(content, 'name').value(TAG.sequence, 'a name').whole
    : undefined;
}
