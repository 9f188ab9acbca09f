import type { Fault } from '../algebra/fault.ts';
import type { Decision, Gap, JudgedViolation } from '../policy/decision.ts';
import type { PatchOperation } from '../policy/json-patch.ts';
import { noticeOf } from '../policy/mode-schedule.ts';
import type { Mode } from '../policy/policy-document.ts';
import type { AdmissionRequest } from './review-schema.ts';

/** An item of `warnings` is sent as an HTTP header: one line, and short (facts: the server cuts at 4096 characters in all). */
const longestWarning = 250;
const mostWarnings = 15;

/** Audit annotations go to every audit event; a bound keeps events small. */
const longestAnnotation = 2000;

/** Kubernetes reads only the first page of a long message; the rest helps nobody. */
const longestMessage = 16_000;
const mostCauses = 50;
/** Each cause is a line of a list, and the list goes into every client's log of the failure. */
const longestCause = 1000;
const mostCauseBytes = 32 * 1024;

interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The part of AdmissionResponse that this module fills; JSON of AdmissionReview v1. */
interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: {
    readonly code: 403;
    readonly reason: 'Forbidden';
    readonly message: string;
    readonly details?: {
      readonly group: string;
      readonly kind: string;
      readonly name: string;
      readonly causes: readonly StatusCause[];
    };
  };
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

function reviewOf(response: Response): string {
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}

/** Encodes answers of one policy set: what never changes is encoded once. */
export interface ResponseEncoder {
  /** The answer to an allowed request of which there is nothing to tell: the common case, without an encoder run. */
  allowed(uid: string): string;
  decision(request: AdmissionRequest, decision: Decision): string;
  patch(uid: string, patch: readonly PatchOperation[], rules: readonly string[]): string;
  /** A denial outside the rules: the review or its object could not be judged. */
  refusal(uid: string, faults: readonly Fault[]): string;
}

export function createResponseEncoder(policyHash: string): ResponseEncoder {
  const annotations = (decision: string, rules: string): Record<string, string> => ({
    decision,
    rules,
    policy: policyHash,
  });
  const [head, tail] = reviewOf({ uid: '\u0000', allowed: true, auditAnnotations: annotations('allowed', '') }).split(
    '"\\u0000"',
  );
  return {
    allowed: (uid) => `${head ?? ''}${JSON.stringify(uid)}${tail ?? ''}`,

    decision: (request, decision) => {
      const warnings = warningsOf(decision);
      return reviewOf({
        uid: request.uid,
        allowed: decision.admitted,
        ...(decision.admitted ? {} : { status: denialStatus(request, decision) }),
        ...(warnings.length === 0 ? {} : { warnings }),
        auditAnnotations: { ...annotations(decision.outcome, ruleIds(decision).join(',')), ...details(decision) },
      });
    },

    patch: (uid, patch, rules) =>
      reviewOf({
        uid,
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        auditAnnotations: annotations('patched', rules.join(',')),
      }),

    refusal: (uid, faults) =>
      reviewOf({
        uid,
        allowed: false,
        status: {
          code: 403,
          reason: 'Forbidden',
          message: safeMessage(`the request could not be judged: ${faultText(faults)}`),
        },
        auditAnnotations: annotations('undecided', ''),
      }),
  };
}

/** Ids of all rules that found something or could not judge, sorted. */
function ruleIds({ violations, gaps }: Decision): readonly string[] {
  return [...new Set([...violations, ...gaps].map((item) => item.rule))].sort();
}

function details(decision: Decision): Record<string, string> {
  const violations = decision.violations.map(
    (violation) => `[${standing(violation)}] ${violation.rule} ${violation.field}: ${violation.message}`,
  );
  const gaps = decision.gaps.map((gap) => `[${dated(gap.mode, gap)}] ${gap.rule}: ${gap.message}`);
  const expired = decision.expiredExemptions.map((one) => `${one.rule} (${one.owner}, until ${one.expires})`);
  return {
    ...(violations.length === 0 ? {} : { violations: annotation(violations) }),
    ...(gaps.length === 0 ? {} : { undecided: annotation(gaps) }),
    ...(expired.length === 0
      ? {}
      : { 'expired-exemptions': cut(withoutControls(expired.join(', ')), longestAnnotation) }),
  };
}

/** An item on each line. A line that continues an item is indented, so that no object can write an item of its own. */
function annotation(items: readonly string[]): string {
  return cut(withoutControls(items.map((item) => item.replaceAll('\n', '\n  ')).join('\n')), longestAnnotation);
}

function standing(violation: JudgedViolation): string {
  return violation.leniency?.kind ?? dated(violation.mode, violation);
}

/** A mode, and when it ends. */
function dated(mode: Mode, item: JudgedViolation | Gap): string {
  const notice = noticeOf(item);
  return notice === undefined ? mode : `${mode}, ${notice}`;
}

/** Warnings for people at a terminal: what would be denied in a stronger mode, and what was wrong before. */
export function warningsOf(decision: Decision): readonly string[] {
  const violations = decision.violations
    .filter(
      ({ mode, leniency }) =>
        leniency?.kind !== 'exempt' && (mode === 'warn' || (mode === 'enforce' && leniency !== undefined)),
    )
    .flatMap((violation) =>
      violation.isAdvice === true ? [lineOf(violation), `fix: ${violation.fix}`] : [announced(violation)],
    );
  const gaps = decision.gaps
    .filter((gap) => gap.mode === 'warn' || decision.admitted)
    .filter((gap) => gap.mode !== 'audit');
  const expired = decision.expiredExemptions.map(
    (one) => `the exemption from ${one.rule} ended on ${one.expires}; its owner is ${one.owner}`,
  );
  return [...violations, ...gaps.map((gap) => announcement(gap, gapLine(gap))), ...expired]
    .slice(0, mostWarnings)
    .map((text) => cut(`Tenantgate: ${oneLine(text)}`, longestWarning));
}

/** Text of which an object's author may have written a part, on one line and without what steers a terminal. */
export function oneLine(text: string): string {
  return withoutControls(text.replaceAll(/\n */g, ' '));
}

/** A violation in one line, and when it will be denied where that is planned. */
export function announced(violation: JudgedViolation): string {
  const line = lineOf(violation);
  return violation.leniency === undefined ? announcement(violation, line) : line;
}

/** When it will be denied comes first: what is long is cut at its end. */
function announcement(item: JudgedViolation | Gap, line: string): string {
  const notice = noticeOf(item);
  return notice === undefined ? line : `${notice}: ${line}`;
}

function denialStatus(request: AdmissionRequest, decision: Decision): NonNullable<Response['status']> {
  const denying = decision.violations.filter(({ mode, leniency }) => mode === 'enforce' && leniency === undefined);
  const gaps = decision.gaps.filter((gap) => gap.mode === 'enforce');
  return {
    code: 403,
    reason: 'Forbidden',
    message: denialMessage(denying, gaps),
    details: {
      group: request.kind.group,
      kind: request.kind.kind,
      name: request.name ?? '',
      causes: causesOf([...denying, ...gaps]),
    },
  };
}

/** The first causes, as many as fit. */
function causesOf(items: readonly (JudgedViolation | Gap)[]): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const { rule: reason, message, field } of items.slice(0, mostCauses)) {
    const cause = { reason, message: safeMessage(message, longestCause), field: safeMessage(field, longestCause) };
    bytes += Buffer.byteLength(JSON.stringify(cause));
    if (bytes > mostCauseBytes) break;
    causes.push(cause);
  }
  return causes;
}

/**
 * The message that kubectl prints and Flux puts into its condition. The first line says everything about the first
 * violation; all others and how to mend them follow. Nothing in it changes from one try to the next.
 */
function denialMessage(violations: readonly JudgedViolation[], gaps: readonly Gap[]): string {
  const blocks = [
    ...violations.map((violation) => `${lineOf(violation)}\n  Fix: ${violation.fix.replaceAll('\n', '\n  ')}`),
    ...[...new Set(gaps.map(gapLine))],
  ];
  return safeMessage(blocks.join('\n'));
}

function lineOf({ field, message, rule }: JudgedViolation): string {
  return `${field}: ${message} [${rule}]`;
}

function gapLine({ field, message, rule }: Gap): string {
  return `could not be judged: ${field === '' ? '' : `${field}: `}${message} [${rule}]`;
}

/** Faults as one line: field, then what is wrong. */
export function faultText(faults: readonly Fault[]): string {
  return faults
    .slice(0, mostCauses)
    .map(({ field, message }) => (field === '' ? message : `${field} ${message}`))
    .join('; ');
}

/** All but the newline: what an object says must not steer the terminal that shows it, nor turn its text around. */
const controlCharacters = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Flux takes these words in any denial for an immutable field and, with force, deletes the live object
 * (fluxcd/pkg ssa/errors/immutable.go). Values of objects are quoted in messages, so they are looked for here.
 */
function safeMessage(message: string, longest = longestMessage): string {
  const safe = withoutControls(cut(message, longest)).replaceAll(
    /immutable/gi,
    (word) => `${word.slice(0, 2)}-${word.slice(2)}`,
  );
  // The hyphens may have made it longer.
  return cut(safe, longest);
}

function withoutControls(text: string): string {
  return text.replaceAll(controlCharacters, ' ');
}

/** Between characters, not within: half a surrogate pair is no text, and readers of JSON stumble over it. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = text.slice(0, longest - 1);
  return `${isHighSurrogate(kept.charCodeAt(kept.length - 1)) ? kept.slice(0, -1) : kept}…`;
}

function isHighSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd8_00 && codeUnit <= 0xdb_ff;
}
