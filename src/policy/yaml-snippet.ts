import { display } from './display.ts';

/** A correction to paste: a sentence, and YAML below it. */
export function yamlSnippet(lead: string, lines: readonly string[]): string {
  return [lead, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Label values that YAML would read as something else go into quotes. */
export function yamlScalar(value: string): string {
  return /^[A-Za-z][\w.-]*$/.test(value) && display(value) === value ? value : JSON.stringify(value);
}
