// PEM (RFC 7468): exactly one block, or several where a chain is expected. Text before a block is explanatory (§5.2); text after the
// last block is rejected.
import { type Bytes, fromBase64, toBase64 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** In characters. No PEM key or certificate is larger. */
export const MAX_PEM_LENGTH = 16 * 1024;

export interface PemBlock {
  label: string;
  der: Bytes;
}

const BEGIN = /^-----BEGIN ([A-Z0-9](?:[A-Z0-9 -]*[A-Z0-9])?)-----[ \t]*$/m;

/** Parses the only block of a text. Throws `Malformed`. */
export function parsePem(text: string): PemBlock {
  if (text.length > MAX_PEM_LENGTH) throw new Malformed('PEM', `longer than ${MAX_PEM_LENGTH} characters`);
  const begin = BEGIN.exec(text);
  if (begin?.[1] === undefined)
    throw new Malformed('PEM', 'no "-----BEGIN ...-----" line: expected PEM, with its line breaks');
  const label = begin[1];
  const after = text.slice(begin.index + begin[0].length);
  const end = `-----END ${label}-----`;
  const at = after.indexOf(end);
  if (at === -1) throw new Malformed('PEM', `no "${end}" line`);
  if (after.slice(at + end.length).trim() !== '')
    throw new Malformed('PEM', 'there is text after the END line; send exactly one block');
  const body = after.slice(0, at).replace(/[ \t\r\n]/g, '');
  const der = fromBase64(body, 'PEM');
  if (der.length === 0) throw new Malformed('PEM', 'the block is empty');
  return { label, der };
}

/** Parses consecutive blocks, as in a certificate chain. Throws `Malformed`. */
export function parsePemBlocks(text: string): PemBlock[] {
  const blocks: string[] = [];
  let from = 0;
  // The length of labels is bounded, so that a long line of dashes takes only linear time.
  for (const { 0: line, index } of text.matchAll(/^-----END [A-Z0-9 -]{1,64}?-----/gm)) {
    blocks.push(text.slice(from, index + line.length));
    from = index + line.length;
  }
  const rest = text.slice(from);
  if (blocks.length === 0 || rest.trim() !== '') blocks.push(rest);
  return blocks.map(parsePem);
}

/** Whether the text contains the PEM of a private key, complete or not. */
export function holdsPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text);
}

export function encodePem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
