// Plain text for people and shell scripts: one line of printable ASCII.
import type { Context } from 'hono';
import { prefers } from '../request/prefers.ts';

/** Whether the caller prefers text to JSON. Without an Accept header, or if any type is accepted, the answer is JSON. */
export function wantsText(context: Context): boolean {
  return prefers(context, 'text/plain', ['application/json', 'application/problem+json']);
}

/** Escapes everything except printable ASCII, so that a name from a registry cannot send control sequences to a terminal. Our own sentences have `…`. */
export function asciiLine(text: string): string {
  const escaped = text.replaceAll('…', '...').replace(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `${escaped}\n`;
}
