/**
 * What the admission use case offers to a server, and what it needs from the outside.
 * Adapters (`server`, `kubernetes`, `telemetry`) implement or call these; none of them knows another.
 */

/** Bounds of one call, taken from the HTTP request. */
export interface CallBounds {
  /** Aborted when the caller is gone or its `?timeout=` has passed: nobody awaits the answer any more. */
  readonly signal: AbortSignal;
}

/** An HTTP answer: `body` is JSON (AdmissionReview v1, or a plain error where no uid is known). */
export interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

/**
 * Answers AdmissionReviews. Never throws and never rejects: what cannot be judged is an answer that refuses.
 * Answers synchronously when every fact is at hand.
 */
export interface AdmissionService {
  validate(body: Buffer, bounds: () => CallBounds): Answer | Promise<Answer>;
  mutate(body: Buffer, bounds: () => CallBounds): Answer | Promise<Answer>;
}

/** One condition of readiness, such as `rules`, `namespaces` or `certificate`. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
}

/** Asked by `/readyz`; ready when every check is. */
export interface Readiness {
  checks(): readonly ReadinessCheck[];
}
