/**
 * Control characters, line breaks, and those that turn the direction of text. Manifests are written by those who are
 * checked: none of their text may move a terminal's cursor, fake a line of the report, or start a command of a CI runner.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Text on one line, with everything that does not print written as an escape. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => {
    if (character === '\n') return String.raw`\n`;
    return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');
  });
}

/** Printable text that keeps its lines. */
export function printableLines(text: string): readonly string[] {
  return text.split('\n').map(printable);
}
