/**
 * What admission and its server tell about their work: one record per decision, counted faults, and a log of operations.
 * `telemetry` implements these; who reports does not know how it is stored.
 */
import type { Outcome } from '../policy/decision.ts';
import type { Mode } from '../policy/policy-document.ts';

/** A rule that was violated, and what its mode made of it. */
export interface ViolatedRule {
  readonly rule: string;
  readonly mode: Mode;
}

/** A rule that would deny if it were enforced: it was violated, or it could not judge. */
export interface WouldBeDenial {
  readonly rule: string;
  readonly mode: Mode;
  readonly reason: 'violated' | 'undecided';
  /** The day (UTC) from which it denies, where that is planned. */
  readonly enforcedFrom: string | undefined;
}

/** One decision, told without anything of the object but its identity: no body, no message, no secret. */
export interface DecisionRecord {
  readonly uid: string;
  readonly path: 'validate' | 'mutate';
  readonly outcome: Outcome;
  /** Each violated rule once, in whichever mode: a would-be denial is told too. */
  readonly violations: readonly ViolatedRule[];
  /** Each rule once that would deny if it were enforced; what exemptions and old violations let pass is not among them. */
  readonly wouldDeny: readonly WouldBeDenial[];
  /** The mode in force for this request. */
  readonly mode: Mode;
  /** Group, version and kind, such as `networking.k8s.io/v1/NetworkPolicy`; `v1/Pod` in the core group. */
  readonly kind: string;
  readonly resource: string;
  readonly subresource: string;
  readonly operation: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly dryRun: boolean;
  readonly durationUs: number;
  readonly policyHash: string;
}

/** The object of a request, as an Event refers to it. */
export interface RequestedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for what is in no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** Empty where it has none yet. */
  readonly uid: string;
}

/** A rule that one object violates and was not denied for. */
export interface AdmittedViolation {
  readonly object: RequestedObject;
  readonly rule: string;
  readonly mode: Mode;
  /** The violation, and when it will be denied where that is planned: one line of text that the object's author may have had a hand in. */
  readonly note: string;
}

/** Told of each would-be denial of a request that is no dry run; as {@link DecisionObserver}, it costs little and never throws. */
export interface ViolationObserver {
  observe(violation: AdmittedViolation): void;
}

/** Told of every decision, in the path of the request: it must cost microseconds and never throw. */
export interface DecisionObserver {
  observe(record: DecisionRecord): void;
}

/**
 * Counts what went wrong with a request: `request-shed`, `internal-error`, or else the reason why the request was bad
 * (`media-type`, `body-too-large`, `not-json`, …). Reasons are kebab-case words of the code, never text of the caller.
 */
export interface FaultCounter {
  countFault(kind: string): void;
}

/** Facts of a log line. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** The log of operations: what the operator should know beyond decisions. */
export interface OperationLog {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** `cause` is what was thrown; its stack goes into the log and nowhere else. */
  error(message: string, fields?: LogFields, cause?: unknown): void;
}
