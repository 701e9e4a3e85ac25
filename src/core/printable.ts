/** A text that may quote a stranger, for clients that print it as it is: `?` for whatever a terminal would interpret. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
