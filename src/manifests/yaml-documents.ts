import { parseAllDocuments, Schema, type Document } from 'yaml';

import { parseFieldPath } from './field-path.ts';
import type { ManifestFault } from './manifest-document.ts';
import type { ParsedDocument, ParsedSource } from './parsed-source.ts';
import type { SourceText } from './source-text.ts';
import { locateInYaml } from './yaml-locator.ts';
import { startOf, YamlValueReader } from './yaml-value.ts';

/**
 * A line that begins with `---` and goes on without a space. YAML takes it for text, kubectl for the end of a document
 * (`splitYAMLDocument` in apimachinery): what follows it could be applied without having been judged.
 */
const falseSeparator = /^---(?=[^\s])/gm;

/** Reads all documents of a YAML file. One that cannot be read is a fault; the others are still there. */
export function readYamlDocuments(source: SourceText): ParsedSource {
  const documents: ParsedDocument[] = [];
  const faults: ManifestFault[] = falseSeparators(source);
  // Positions are rarely asked for, and nodes take far more memory than text: parsed again when one is.
  let nodes: readonly Document[] | undefined;
  const compose = () => parseDocuments(source.text);
  const composed = guardDepth(compose);
  if (composed === undefined) return { documents, faults: [...faults, source.faultAt(0, tooDeep)] };
  for (const [index, document] of composed.entries()) {
    const read = readDocument(source, document);
    faults.push(...read.faults);
    if (read.faults.length > 0) continue;
    documents.push({
      value: read.value,
      start: startOf(document.contents),
      locate: (field) => {
        nodes ??= compose();
        const found = nodes[index];
        return found === undefined ? 0 : locateInYaml(found, parseFieldPath(field));
      },
    });
  }
  return { documents, faults };
}

const tooDeep = 'is nested too deeply to be read';

/**
 * Failsafe: the library parses, `YamlValueReader` gives the meaning. One schema for all documents, since making one costs
 * more than a manifest.
 */
function parseDocuments(text: string): readonly Document[] {
  const schema = new Schema({ schema: 'failsafe', resolveKnownTags: false });
  const documents = parseAllDocuments(text, { schema, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  return 'empty' in documents ? [] : documents;
}

function readDocument(source: SourceText, document: Document): { value: unknown; faults: readonly ManifestFault[] } {
  const [error] = document.errors;
  if (error !== undefined) {
    return {
      value: undefined,
      faults: [source.faultAt(error.pos[0], problemOf(error.message))],
    };
  }
  const reader = new YamlValueReader();
  const value = guardDepth(() => [reader.read(document.contents)]);
  if (value === undefined) return { value, faults: [source.faultAt(startOf(document.contents), tooDeep)] };
  return { value: value[0], faults: reader.faults.map(({ offset, message }) => source.faultAt(offset, message)) };
}

/** Undefined where the stack does not suffice: the library goes down into nested collections by recursion. */
function guardDepth<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The library reports some overflows of the stack as errors of the text. */
function problemOf(message: string): string {
  if (message.includes('call stack')) return tooDeep;
  return `is not valid YAML: ${message.split('\n', 1)[0] ?? ''}`;
}

function falseSeparators(source: SourceText): ManifestFault[] {
  return [...source.text.matchAll(falseSeparator)].map(({ index }) =>
    source.faultAt(
      index,
      'a line that begins with --- ends a document for kubectl but not in YAML; indent it, or put --- alone',
    ),
  );
}
