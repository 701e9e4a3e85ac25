// The texts of a review's answer, which kubectl prints: each is one line, no longer than the API server passes on, and says what is left out.

/** In characters: a longer warning would be cut by the API server. */
const MAX_WARNING = 256;
const MAX_WARNINGS = 16;
/** In characters: enough to say what is wrong; kubectl prints all of it. */
const MAX_MESSAGE = 4096;
const SEPARATOR = ' · ';

/** One message about several images. If there are too many for one, its end says how many are left out. */
export function joinMessages(about: string[]): string {
  const whole = oneLine(about.join(SEPARATOR), Number.POSITIVE_INFINITY);
  if (whole.length <= MAX_MESSAGE || about.length === 1) return oneLine(whole, MAX_MESSAGE);
  const room = MAX_MESSAGE - `${SEPARATOR}${andMore(about.length)}`.length;
  let shown = 1;
  let length = about[0]?.length ?? 0;
  for (const next of about.slice(1)) {
    length += SEPARATOR.length + next.length;
    if (length > room) break;
    shown++;
  }
  const text = oneLine(about.slice(0, shown).join(SEPARATOR), room);
  return `${text}${SEPARATOR}${andMore(about.length - shown)}`;
}

/** The first warnings; if there are more than the API server takes, the last one says how many are left out. */
export function warningTexts(warnings: string[]): string[] {
  const shown = MAX_WARNINGS - 1;
  const all =
    warnings.length <= MAX_WARNINGS
      ? warnings
      : [...warnings.slice(0, shown), andMore(warnings.length - shown)];
  return all.map((text) => oneLine(text, MAX_WARNING));
}

export function messageText(message: string): string {
  return oneLine(message, MAX_MESSAGE);
}

function andMore(count: number): string {
  return `and ${count} more`;
}

/** Removes line breaks and everything that a terminal would interpret, because the caller chooses the names in the text. */
function oneLine(text: string, most: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
}
