import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { compileDocuments, type CompiledDocuments, type SourceDocument } from '../config/compile-documents.ts';
import { isPolicySetName, type PolicySetName } from '../config/policy-set-names.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import type { Mode } from '../policy/policy-document.ts';
import { rules } from '../policy/rules/index.ts';

/** Which documents are in force, as paths and names of sets; what is absent is taken from those that ship. */
export interface PolicySources {
  readonly tenancy?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly strongestMode: Mode;
}

/** The folder with the documents that ship: beside `src` in a checkout, beside `dist` in the package. */
const shipped = join(import.meta.dirname, '../../policies');
const tenancyFile = 'tenancy.yaml';

/** The set that is in force where no other is named. */
const defaultSet: PolicySetName = 'baseline';

/** Files and folders that the sources stand for. */
export function policyPaths({ tenancy, policies = [defaultSet] }: PolicySources): readonly string[] {
  const paths = policies.flatMap((name) => (isPolicySetName(name) ? documentsOf(name) : [name]));
  return [tenancy ?? join(shipped, tenancyFile), ...paths];
}

/** The documents of a set: those that are written by hand are the baseline, and each other set is made of them. */
function documentsOf(name: PolicySetName): readonly string[] {
  if (name !== 'baseline') return [join(shipped, name)];
  return readdirSync(shipped)
    .filter((file) => file.endsWith('.yaml') && file !== tenancyFile)
    .sort()
    .map((file) => join(shipped, file));
}

/** As {@link CompiledDocuments}, with the documents that the set was compiled from. */
export type LoadedPolicySet =
  | Extract<CompiledDocuments, { readonly ok: false }>
  | (Extract<CompiledDocuments, { readonly ok: true }> & { readonly documents: readonly SourceDocument[] });

/** Reads and compiles the documents, or gives every fault of every file at once. */
export function loadPolicySet(sources: PolicySources): LoadedPolicySet {
  const { documents, faults } = readManifests(policyPaths(sources), undefined);
  const compiled = compileDocuments(documents, { rules, strongestMode: sources.strongestMode });
  if (faults.length === 0) return compiled.ok ? { ...compiled, documents } : compiled;
  const unreadable = faults.map((fault) => ({ ...fault, field: '' }));
  return { ok: false, faults: [...unreadable, ...(compiled.ok ? [] : compiled.faults)] };
}
