/**
 * What the admission use case offers to a server, and what it needs from the outside.
 * Adapters (`server`, `kubernetes`, `telemetry`) implement or call these; none of them knows another.
 */

/** Bounds of one call, taken from the HTTP request. */
export interface CallBounds {
  /** Aborted when the caller is gone or its `?timeout=` has passed: nobody awaits the answer any more. */
  readonly signal: AbortSignal;
}

/** Gives the bounds of a call that has to wait for facts; undefined where too many wait already. */
export type BoundsOf = () => CallBounds | undefined;

/** An HTTP answer: `body` is JSON (AdmissionReview v1, or a plain error where no uid is known). */
export interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

/** The answer to a call that would have to wait when too many wait already; the server adds when to come again. */
export const tooBusy: Answer = { statusCode: 503, body: '' };

/**
 * Answers AdmissionReviews. Never throws and never rejects: what cannot be judged is an answer that refuses.
 * Answers synchronously when every fact is at hand. When not, it asks for bounds; without them it is {@link tooBusy} at once.
 */
export interface AdmissionService {
  validate(body: Buffer, boundsOf: BoundsOf): Answer | Promise<Answer>;
  mutate(body: Buffer, boundsOf: BoundsOf): Answer | Promise<Answer>;
}

/** One condition of readiness, such as `rules`, `namespaces` or `certificate`. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
  /** What is in force, for programs: the hash of the policy set, the instant at which the certificate ends. */
  readonly inForce?: string;
  /** What is wrong although the check passes, such as files that have changed and cannot be taken. */
  readonly problem?: string;
}

/** Asked by `/readyz`; ready when every check is. */
export interface Readiness {
  checks(): readonly ReadinessCheck[];
}
