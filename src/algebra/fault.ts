/** One thing wrong with an input: the path of the field, and what is wrong with it and how to fix it. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** What was read, or every fault of the input at once; never both. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Longer texts are cut in messages: objects are hostile, and a message goes to a terminal and to the audit log. */
const longestQuote = 80;

/** Names a value inside a message: text quoted and cut to 80 characters, numbers as they are, the rest by its kind. */
export function quote(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > longestQuote ? `${value.slice(0, longestQuote)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  if (value === undefined || value === null) {
    return 'nothing';
  }
  return Array.isArray(value) ? 'a list' : 'an object';
}
