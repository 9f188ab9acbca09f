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

/** One decision, told without anything of the object but its identity: no body, no message, no secret. */
export interface DecisionRecord {
  readonly uid: string;
  readonly path: 'validate' | 'mutate';
  readonly outcome: Outcome;
  /** Each violated rule once, in whichever mode: a would-be denial is told too. */
  readonly violations: readonly ViolatedRule[];
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
