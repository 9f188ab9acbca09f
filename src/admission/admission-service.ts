import { allowed, type Decision } from '../policy/decision.ts';
import { evaluate, unreadable } from '../policy/evaluate.ts';
import type { FactRequest } from '../policy/facts.ts';
import { mutate, type Defaults } from '../policy/mutate.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Subject } from '../policy/subject.ts';
import { createReviewDecoder, type DecodedReview } from './decode-review.ts';
import { createResponseEncoder, faultText, type ResponseEncoder } from './encode-response.ts';
import type { FactReader, NamespaceIndex } from './fact-ports.ts';
import { judgeWithLiveFacts, RequestFacts } from './gather-facts.ts';
import { tooBusy, type AdmissionService, type Answer, type BoundsOf } from './ports.ts';
import type { AdmissionRequest } from './review-schema.ts';
import { subjectOfRequest } from './subject-of-request.ts';
import { recordOf, tellViolations } from './tell-decision.ts';
import type { DecisionObserver, FaultCounter, OperationLog, ViolationObserver } from './telemetry-ports.ts';

/** What the service is made of. */
export interface AdmissionDependencies {
  /** The set in force; read once for each request, so that one answer is wholly from one set. */
  readonly policySet: () => PolicySet;
  readonly namespaces: NamespaceIndex;
  /** Undefined where there is nothing to read from: development without a cluster. */
  readonly reader: FactReader | undefined;
  readonly read: ObjectReader;
  readonly decisions: DecisionObserver;
  /** Undefined where nobody wants to hear of them. */
  readonly violations?: ViolationObserver | undefined;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  /** Today in UTC, as YYYY-MM-DD. */
  readonly today: () => string;
  /** A clock for durations, in milliseconds. */
  readonly clock: () => number;
}

type Path = 'validate' | 'mutate';

/** One request on its way to an answer. */
interface Call {
  readonly path: Path;
  readonly request: AdmissionRequest;
  readonly set: PolicySet;
  readonly encoder: ResponseEncoder;
  readonly startedMs: number;
}

/** The judgement of one call, in the form that both paths share. */
interface Judged {
  readonly decision: Decision;
  readonly defaults: Defaults | undefined;
}

const nothingToAdd: Judged = { decision: allowed, defaults: undefined };

/** The conversation with the API server: decode, gather facts, decide, encode. */
export function createAdmissionService(dependencies: AdmissionDependencies): AdmissionService {
  return new AdmissionConversation(dependencies);
}

class AdmissionConversation implements AdmissionService {
  readonly #dependencies: AdmissionDependencies;
  readonly #decode = createReviewDecoder();
  readonly #encoderOf = encoderCache();

  constructor(dependencies: AdmissionDependencies) {
    this.#dependencies = dependencies;
  }

  validate(body: Buffer, boundsOf: BoundsOf): Answer | Promise<Answer> {
    return this.#answer('validate', body, boundsOf);
  }

  mutate(body: Buffer, boundsOf: BoundsOf): Answer | Promise<Answer> {
    return this.#answer('mutate', body, boundsOf);
  }

  #answer(path: Path, body: Buffer, boundsOf: BoundsOf): Answer | Promise<Answer> {
    const startedMs = this.#dependencies.clock();
    const set = this.#dependencies.policySet();
    const encoder = this.#encoderOf(set.hash);
    let uid: string | undefined;
    try {
      const review = this.#decode(body);
      if (!review.ok) return this.#refuse(review, set, encoder);
      uid = review.request.uid;
      return this.#judge({ path, request: review.request, set, encoder, startedMs }, boundsOf);
    } catch (error) {
      return this.#fail(error, uid, set, encoder);
    }
  }

  #refuse(review: DecodedReview & { readonly ok: false }, set: PolicySet, encoder: ResponseEncoder): Answer {
    this.#dependencies.faults.countFault(review.fault);
    if (review.uid !== undefined && mayDeny(set)) return denial(encoder.refusal(review.uid, review.faults));
    const message = faultText(review.faults);
    return { statusCode: 400, body: JSON.stringify({ error: { code: review.fault, message } }) };
  }

  /** A bug: the request is refused, and the next one is served. */
  #fail(error: unknown, uid: string | undefined, set: PolicySet, encoder: ResponseEncoder): Answer {
    this.#dependencies.faults.countFault('internal-error');
    this.#dependencies.log.error('admission failed', uid === undefined ? {} : { uid }, error);
    const message = 'Tenantgate failed; see its log';
    if (uid !== undefined && mayDeny(set)) return denial(encoder.refusal(uid, [{ field: '', message }]));
    return { statusCode: 500, body: JSON.stringify({ error: { code: 'internal-error', message } }) };
  }

  #judge(call: Call, boundsOf: BoundsOf): Answer | Promise<Answer> {
    const { path, request, set } = call;
    // Defaults are for the object itself; through a subresource it is only judged.
    if (path === 'mutate' && (request.subResource ?? '') !== '') return this.#finish(call, nothingToAdd);
    const found = subjectOfRequest(request, set.tenancy, this.#dependencies.read);
    switch (found.state) {
      case 'not-judged':
        return this.#finish(call, nothingToAdd);
      case 'unreadable': {
        const where = { namespace: request.namespace ?? '', today: this.#dependencies.today() };
        const decision = unreadable(found.kind, found.operation, set, found.faults, where);
        return this.#finish(call, { decision, defaults: undefined });
      }
      case 'judged':
        return this.#judgeSubject(call, found.subject, boundsOf);
    }
  }

  #judgeSubject(call: Call, subject: Subject, boundsOf: BoundsOf): Answer | Promise<Answer> {
    const { path, set } = call;
    const facts = new RequestFacts(this.#dependencies.namespaces, this.#dependencies.today());
    const once = () => (path === 'validate' ? validateOnce : mutateOnce)(subject, set, facts);
    const first = once();
    const { reader } = this.#dependencies;
    const { missingFacts, adviceFacts } = first.decision;
    if (missingFacts.length + adviceFacts.length === 0 || reader === undefined) return this.#finish(call, first);
    const bounds = boundsOf();
    // Where too many wait already, an answer that only lacks advice is given without it.
    if (bounds === undefined) return missingFacts.length === 0 ? this.#finish(call, first) : tooBusy;
    return this.#judgeLive(call, bounds.signal, first, once, (gap, signal) => facts.fetch(gap, reader, signal));
  }

  async #judgeLive(
    call: Call,
    signal: AbortSignal,
    first: Judged,
    once: () => Judged,
    fetch: (request: FactRequest, signal: AbortSignal) => Promise<void>,
  ): Promise<Answer> {
    try {
      const onFailure = (error: unknown): void => {
        this.#dependencies.faults.countFault('fact-unavailable');
        // What was given up says no more than that; its signal says why.
        const cause = String(signal.aborted ? signal.reason : error);
        this.#dependencies.log.warn('a fact could not be read', { uid: call.request.uid, cause });
      };
      return this.#finish(call, await judgeWithLiveFacts(first, once, fetch, onFailure, signal));
    } catch (error) {
      return this.#fail(error, call.request.uid, call.set, call.encoder);
    }
  }

  #finish(call: Call, judged: Judged): Answer {
    const body = encode(call, judged);
    const { decisions, violations, clock } = this.#dependencies;
    decisions.observe(recordOf(call, judged.decision, clock()));
    if (violations !== undefined) tellViolations(call.request, judged.decision, violations);
    return { statusCode: 200, body };
  }
}

/**
 * Whether an answer may deny at all. In modes audit and warn a fault of ours is a failed call instead, and the failure
 * policy of the registration, which follows the mode, says what becomes of the request.
 */
function mayDeny({ strongestMode }: PolicySet): boolean {
  return strongestMode === 'enforce';
}

function denial(body: string): Answer {
  return { statusCode: 200, body };
}

/** Keeps the encoder of the set in force; another set has another hash. */
function encoderCache(): (hash: string) => ResponseEncoder {
  let current: { readonly hash: string; readonly encoder: ResponseEncoder } | undefined;
  return (hash) => {
    if (current?.hash !== hash) current = { hash, encoder: createResponseEncoder(hash) };
    return current.encoder;
  };
}

function validateOnce(subject: Subject, set: PolicySet, facts: RequestFacts): Judged {
  const decision = evaluate(subject, set, facts);
  return { decision, defaults: undefined };
}

/** A mutation whose facts are missing is undecided, as the validation after it would be. */
function mutateOnce(subject: Subject, set: PolicySet, facts: RequestFacts): Judged {
  const defaults = mutate(subject, set, facts);
  return { decision: defaults.decision, defaults };
}

function encode({ path, request, encoder }: Call, { decision, defaults }: Judged): string {
  if (path === 'mutate' && defaults !== undefined && defaults.patch.length > 0) {
    return encoder.patch(request.uid, defaults.patch, defaults.rules);
  }
  const isPlain =
    decision.outcome === 'allowed' &&
    decision.violations.length === 0 &&
    decision.gaps.length === 0 &&
    decision.expiredExemptions.length === 0;
  return isPlain ? encoder.allowed(request.uid) : encoder.decision(request, decision);
}
