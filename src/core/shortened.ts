/** A text for people that may hold what others wrote, which can be megabytes. @param most characters */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}
