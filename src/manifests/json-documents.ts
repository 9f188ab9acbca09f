import { quote } from '../algebra/fault.ts';
import { parseFieldPath } from './field-path.ts';
import { JsonScanner } from './json-scanner.ts';
import type { ManifestFault } from './manifest-document.ts';
import type { ParsedDocument, ParsedSource } from './parsed-source.ts';
import type { SourceText } from './source-text.ts';

/**
 * Reads a file of one or more JSON objects, as kubectl does where a file begins with a brace. Undefined when it is
 * something else, which may still be YAML.
 */
export function readJsonDocuments(source: SourceText): ParsedSource | undefined {
  const scanner = new JsonScanner(source.text);
  const documents: ParsedDocument[] = [];
  for (let at = scanner.skipSpace(0); at < source.text.length;) {
    if (source.text[at] !== '{') return undefined;
    const read = readValue(source.text, at, scanner);
    if (read === undefined) return undefined;
    const { value, end } = read;
    const start = at;
    documents.push({ value, start, locate: (field) => scanner.locate(start, parseFieldPath(field)) });
    at = scanner.skipSpace(end);
  }
  return documents.length === 0 ? undefined : withoutDuplicates(source, documents);
}

/** The value at the offset, and where it ends. Most files hold one, which need not be walked to its end. */
function readValue(
  text: string,
  start: number,
  scanner: JsonScanner,
): { readonly value: unknown; readonly end: number } | undefined {
  const last = parse(text.slice(start));
  if (last !== undefined) return { value: last, end: text.length };
  const end = scanner.skipValue(start);
  const value = end === undefined ? undefined : parse(text.slice(start, end));
  return end === undefined || value === undefined ? undefined : { value, end };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller tries YAML, and tells what is wrong with it.
    return undefined;
  }
}

/** A document in which a key stands twice is a fault: `JSON.parse` takes the last one without a word. */
function withoutDuplicates(source: SourceText, documents: readonly ParsedDocument[]): ParsedSource {
  const faults: ManifestFault[] = [];
  const kept: ParsedDocument[] = [];
  const duplicates = duplicateKeys(source.text);
  for (const [index, document] of documents.entries()) {
    const end = documents[index + 1]?.start ?? source.text.length;
    const own = duplicates.filter(({ offset }) => offset >= document.start && offset < end);
    for (const { key, offset } of own) {
      faults.push(source.faultAt(offset, `the key ${quote(key)} stands here twice; keep one of them`));
    }
    if (own.length === 0) kept.push(document);
  }
  return { documents: kept, faults };
}

interface DuplicateKey {
  readonly key: string;
  readonly offset: number;
}

/** The keys that repeat one of their own map, in valid JSON text. */
function duplicateKeys(text: string): readonly DuplicateKey[] {
  const duplicates: DuplicateKey[] = [];
  /** Keys of the open maps; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const match of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]/g)) {
    const [token] = match;
    const keys = open.at(-1);
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (keys !== undefined && token.startsWith('"') && last !== ':') {
      const key = String(JSON.parse(token));
      if (keys.has(key)) duplicates.push({ key, offset: match.index });
      keys.add(key);
    }
    last = token;
  }
  return duplicates;
}
