// Parses `WWW-Authenticate` (RFC 9110 §11.6.1): several challenges in one header, schemes in any case, tokens or quoted strings.

export interface Challenge {
  /** Lower case. */
  scheme: string;
  /** Names in lower case. */
  parameters: Record<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`, 'y');
const SCHEME = new RegExp(`(${TOKEN})(?=[ \\t]|,|$)`, 'y');
const SEPARATOR = /[ \t]*(?:,[ \t]*)*/y;
/** In characters; longer is not a challenge. */
const MAX_LENGTH = 4096;

/** Parses challenges up to the first thing that is not one. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  if (header.length > MAX_LENGTH) return challenges;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < header.length) {
    take(SEPARATOR);
    const parameter = take(PARAMETER);
    if (parameter !== null) {
      const [, name = '', quoted, token] = parameter;
      const current = challenges.at(-1);
      if (current === undefined) return challenges;
      current.parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? token ?? '';
      continue;
    }
    const scheme = take(SCHEME);
    if (scheme?.[1] === undefined) return challenges;
    challenges.push({ scheme: scheme[1].toLowerCase(), parameters: Object.create(null) });
  }
  return challenges;
}
