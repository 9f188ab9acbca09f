import type { ObjectSource } from '../audit/ports.ts';
import { openObjectSource } from '../kubernetes/connect.ts';
import type { ManifestFault } from '../manifests/manifest-document.ts';
import { ManifestObjectSource } from '../manifests/manifest-object-source.ts';
import { readManifests, stdinPath } from '../manifests/read-manifests.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import type { Terminal } from './terminal.ts';

/** What is audited, and what of it cannot be read. */
export interface AuditSource {
  readonly source: ObjectSource;
  readonly faults: readonly ManifestFault[];
}

/** Where objects that name no namespace are, as in kubectl. */
const defaultNamespace = 'default';

/** Opens manifests, or else the cluster. Rejects where the kubeconfig cannot be read. */
export async function openAuditSource(
  { kubeconfig, from }: { readonly kubeconfig?: string; readonly from?: readonly string[] },
  terminal: Terminal,
): Promise<AuditSource> {
  if (from === undefined) return { source: await openObjectSource(kubeconfig), faults: [] };
  const stdin = from.includes(stdinPath) ? await terminal.readInput() : undefined;
  const manifests = readManifests(from, stdin);
  const read = createObjectReader();
  const source = new ManifestObjectSource({ manifests, name: from.join(', '), defaultNamespace, read });
  return { source, faults: [...manifests.faults, ...source.faults] };
}
