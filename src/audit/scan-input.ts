import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { ObjectSource, Pace } from './ports.ts';
import type { PostureJudge } from './posture/posture-judge.ts';

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
