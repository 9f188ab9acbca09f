import type { LocatedFault } from '../config/compile-documents.ts';

/** A fault on one line, as compilers write it: `file:line:column: field message`. */
export function displayFault({ file, line, column, field, message }: LocatedFault): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`;
}
