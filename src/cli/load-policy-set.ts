import { join } from 'node:path';

import { compileDocuments, type CompiledDocuments } from '../config/compile-documents.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import type { Mode } from '../policy/policy-document.ts';
import { rules } from '../policy/rules/index.ts';

/** Which documents are in force; what is absent is taken from those that ship. */
export interface PolicySources {
  readonly tenancy?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly strongestMode: Mode;
}

/** The folder with the documents that ship: beside `src` in a checkout, beside `dist` in the package. */
const shipped = join(import.meta.dirname, '../../policies');
const shippedTenancy = join(shipped, 'tenancy.yaml');
const shippedPolicies = ['access', 'flux', 'namespaces', 'network', 'pods', 'quota', 'services'].map((name) =>
  join(shipped, `${name}.yaml`),
);

/** Files and folders that the sources stand for. */
export function policyPaths({ tenancy, policies }: PolicySources): readonly string[] {
  return [tenancy ?? shippedTenancy, ...(policies ?? shippedPolicies)];
}

/** Reads and compiles the documents, or gives every fault of every file at once. */
export function loadPolicySet(sources: PolicySources): CompiledDocuments {
  const { documents, faults } = readManifests(policyPaths(sources), undefined);
  const compiled = compileDocuments(documents, { rules, strongestMode: sources.strongestMode });
  if (faults.length === 0) return compiled;
  const unreadable = faults.map((fault) => ({ ...fault, field: '' }));
  return { ok: false, faults: [...unreadable, ...(compiled.ok ? [] : compiled.faults)] };
}
