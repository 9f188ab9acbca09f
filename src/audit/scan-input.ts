import type { JsonObject } from '../algebra/json-object.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { ClusterLayerPosture, NamespacePosture, TenantPosture } from './audit-report.ts';
import type { ObjectSource, Pace } from './ports.ts';
import type { ClusterEvidence, NamespaceEvidence } from './posture/posture-evidence.ts';

/** What posture is told by: pure functions of what the scan saw. */
export interface PostureJudge {
  ofNamespace(evidence: NamespaceEvidence): NamespacePosture;
  ofTenant(tenant: string, namespaces: readonly NamespacePosture[]): TenantPosture;
  ofCluster(evidence: ClusterEvidence, tenancy: Tenancy): readonly ClusterLayerPosture[];
  /** The ConfigMaps that {@link ofCluster} wants to see beside these DaemonSets, where they are there. */
  configMapsFor(daemonSets: readonly JsonObject[]): readonly { readonly namespace: string; readonly name: string }[];
}

/** How far a scan is. */
export interface ScanProgress {
  /** Objects that were read so far. */
  readonly objects: number;
  /** Namespaces that are done, of so many; both 0 while namespaces are still read. */
  readonly namespacesDone: number;
  readonly namespaces: number;
}

/** What a scan is made of. */
export interface ScanInput {
  readonly source: ObjectSource;
  readonly policySet: PolicySet;
  /** Only these namespaces, and nothing that is in none; absent: everything. */
  readonly only?: readonly string[];
  readonly read: ObjectReader;
  readonly posture: PostureJudge;
  /** For the report, and for the day by which exemptions end. */
  readonly now: () => Date;
  readonly pace: Pace;
  /** Called often, and cheap to ignore. */
  readonly onProgress?: (progress: ScanProgress) => void;
  /** Its end ends the scan: what was not read by then is reported as unknown. */
  readonly signal: AbortSignal;
}
