// What is printed: one line at a time, nothing in it that could steer a terminal, and never the token.

export interface Output {
  /** To standard output. */
  say(line: string): void;
  /** To standard error. */
  complain(line: string): void;
}

type Write = (line: string) => void;

/** @param token is replaced wherever it would stand, as in a message of whatever answers at the URL */
export function createOutput(out: Write, err: Write, token: string): Output {
  const clean = (line: string) => printable(line.replaceAll(token, '[token]'));
  return { say: (line) => out(clean(line)), complain: (line) => err(clean(line)) };
}

/** Control and format characters are escaped: descriptions and file names are written by others. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
