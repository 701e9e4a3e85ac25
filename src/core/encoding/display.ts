// Text for people that may hold what strangers wrote.

/** A text cut short: what others wrote can be megabytes. @param most characters */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** A text for clients that print it as it is: `?` for whatever a terminal would interpret. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
