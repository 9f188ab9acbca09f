import type { AdmittedViolation } from './telemetry-ports.ts';

/** One rule that one object violates, and how often that was seen since it was written last. */
export interface ViolationEvent {
  readonly violation: AdmittedViolation;
  /** Whether this process has not written it yet. Others may have. */
  readonly isFirst: boolean;
  readonly count: number;
  readonly firstObserved: Date;
  readonly lastObserved: Date;
}

/** `refused`: this one will never be written. `unavailable`: nothing can be written now. */
export type EventAnswer =
  { readonly state: 'written' } | { readonly state: 'refused' | 'unavailable'; readonly problem: string };

/** Writes violations where people look who own the object. Never rejects. */
export interface EventWriter {
  /** Makes the Event of a violation, or adds to its count. */
  write(event: ViolationEvent, signal: AbortSignal): Promise<EventAnswer>;
}

/** What became of Events: `dropped` ones were not even tried, because there were too many. */
export interface EventCounter {
  countEvent(result: 'written' | 'failed' | 'dropped'): void;
}
