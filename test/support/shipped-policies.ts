import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { compileDocuments, type SourceDocument } from '../../src/config/compile-documents.ts';
import type { Mode } from '../../src/policy/policy-document.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import { rules } from '../../src/policy/rules/index.ts';

const folder = join(import.meta.dirname, '../../policies');

/** Wraps a value as a document whose positions do not matter. */
export function documentOf(value: unknown, file = 'test.yaml'): SourceDocument {
  return { file, value, positionOf: () => ({ line: 1, column: 1 }) };
}

/** The Tenancy and the set `baseline`, as plain values by file name. */
export function shippedDocuments(): ReadonlyMap<string, unknown> {
  return new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => [file, parse(readFileSync(join(folder, file), 'utf8')) as unknown]),
  );
}

/** Compiles documents that are known to be right. */
export function compiled(documents: Iterable<unknown>, strongestMode: Mode = 'enforce'): PolicySet {
  const result = compileDocuments(
    [...documents].map((value) => documentOf(value)),
    { rules, strongestMode },
  );
  if (!result.ok) throw new Error(JSON.stringify(result.faults, undefined, 2));
  return result.value;
}

/** The set that ships, in a mode. */
export function shippedPolicySet(strongestMode: Mode = 'enforce'): PolicySet {
  return compiled(shippedDocuments().values(), strongestMode);
}
