// What is printed: one line at a time, without characters that could control the terminal, and never the token.

export interface Output {
  /** To standard output. */
  say(line: string): void;
  /** To standard error. */
  complain(line: string): void;
}

type Write = (line: string) => void;

/** @param token is replaced wherever it would appear, for example in a message from whatever server answers at the URL */
export function createOutput(out: Write, err: Write, token: string): Output {
  const clean = (line: string) => printable(line.replaceAll(token, '[token]'));
  return { say: (line) => out(clean(line)), complain: (line) => err(clean(line)) };
}

/** Control and format characters are escaped, since descriptions and file names come from others. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
