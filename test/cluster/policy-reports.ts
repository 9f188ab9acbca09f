import { type Cluster } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';

const resource = 'policyreports.wgpolicyk8s.io';

/** As much of a PolicyReport as tests look at. */
export interface StoredReport {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly results: readonly {
    readonly rule: string;
    readonly message: string;
    readonly resources: readonly { readonly kind: string; readonly name: string }[];
  }[];
}

/** All PolicyReports of a namespace, whoever wrote them. */
export async function policyReports(cluster: Cluster, namespace: string): Promise<readonly StoredReport[]> {
  const text = expectSuccess(await cluster.kubectl(['get', resource, '-n', namespace, '-o', 'json']));
  return (JSON.parse(text) as { readonly items: readonly StoredReport[] }).items;
}
