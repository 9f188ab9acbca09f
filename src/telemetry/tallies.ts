import type { DecisionRecord } from '../admission/telemetry-ports.ts';
import { driftBuckets, durationBuckets } from './metric-definitions.ts';
import { BucketTallies, BucketTally, Tally } from './tally.ts';

/** What has been counted so far. */
export interface Tallies {
  readonly decisions: Tally;
  readonly ruleViolations: Tally;
  readonly durations: ReadonlyMap<DecisionRecord['path'], BucketTally>;
  readonly badRequests: Tally;
  readonly requestsShed: Tally;
  readonly internalErrors: Tally;
  readonly certificateReloads: Tally;
  readonly policyReloads: Tally;
  readonly audits: Tally;
  /** By severity. */
  readonly driftDetections: BucketTallies;
  readonly driftRepairs: BucketTallies;
}

/** Nothing counted yet. */
export function createTallies(): Tallies {
  return {
    decisions: new Tally(),
    ruleViolations: new Tally(),
    durations: new Map([
      ['validate', new BucketTally(durationBuckets)],
      ['mutate', new BucketTally(durationBuckets)],
    ]),
    badRequests: new Tally(),
    requestsShed: new Tally(),
    internalErrors: new Tally(),
    certificateReloads: new Tally(),
    policyReloads: new Tally(),
    audits: new Tally(),
    driftDetections: new BucketTallies(driftBuckets),
    driftRepairs: new BucketTallies(driftBuckets),
  };
}
