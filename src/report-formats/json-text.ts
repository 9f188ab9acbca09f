import { printableLines } from './printable.ts';

/**
 * A report for programs. What does not print is in strings only, where JSON has the same escapes, so the value stays as it
 * is and no text of it reaches a terminal as a command.
 */
export function jsonText(value: unknown): string {
  return `${printableLines(JSON.stringify(value, undefined, 2)).join('\n')}\n`;
}
