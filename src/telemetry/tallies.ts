import type { DecisionRecord } from '../admission/telemetry-ports.ts';
import { durationBuckets } from './metric-definitions.ts';
import { BucketTally, Tally } from './tally.ts';

/** What has been counted so far. */
export interface Tallies {
  readonly decisions: Tally;
  readonly ruleViolations: Tally;
  readonly wouldBeDenials: Tally;
  readonly events: Tally;
  readonly durations: ReadonlyMap<DecisionRecord['path'], BucketTally>;
  readonly badRequests: Tally;
  readonly requestsShed: Tally;
  readonly internalErrors: Tally;
  readonly certificateReloads: Tally;
  readonly policyReloads: Tally;
}

/** Nothing counted yet. */
export function createTallies(): Tallies {
  return {
    decisions: new Tally(),
    ruleViolations: new Tally(),
    wouldBeDenials: new Tally(),
    events: new Tally(),
    durations: new Map([
      ['validate', new BucketTally(durationBuckets)],
      ['mutate', new BucketTally(durationBuckets)],
    ]),
    badRequests: new Tally(),
    requestsShed: new Tally(),
    internalErrors: new Tally(),
    certificateReloads: new Tally(),
    policyReloads: new Tally(),
  };
}
