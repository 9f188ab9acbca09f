import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { wouldDeny, type Decision, type Gap, type JudgedViolation } from '../policy/decision.ts';
import { isStrongerStanding } from '../policy/mode-schedule.ts';
import { strongerMode, type Mode } from '../policy/policy-document.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { announced, oneLine } from './encode-response.ts';
import type { AdmissionRequest } from './review-schema.ts';
import type { DecisionRecord, RequestedObject, ViolationObserver, WouldBeDenial } from './telemetry-ports.ts';

/** A request that has been decided, as far as it is told of. */
interface DecidedCall {
  readonly path: DecisionRecord['path'];
  readonly request: AdmissionRequest;
  readonly set: PolicySet;
  readonly startedMs: number;
}

/** What is counted and logged of a decision. */
export function recordOf(
  { path, request, set, startedMs }: DecidedCall,
  decision: Decision,
  nowMs: number,
): DecisionRecord {
  return {
    uid: request.uid,
    path,
    outcome: decision.outcome,
    violations: violatedRules(decision),
    wouldDeny: wouldBeDenials(decision),
    mode: set.strongestMode,
    kind: `${apiVersionOf(request)}/${request.kind.kind}`,
    resource: request.resource.resource,
    subresource: request.subResource ?? '',
    operation: request.operation,
    namespace: request.namespace ?? '',
    name: request.name ?? '',
    user: request.userInfo.username ?? '',
    dryRun: request.dryRun ?? false,
    durationUs: Math.round((nowMs - startedMs) * 1000),
    policyHash: set.hash,
  };
}

function apiVersionOf({ kind: { group, version } }: AdmissionRequest): string {
  return group === '' ? version : `${group}/${version}`;
}

const noViolations: DecisionRecord['violations'] = [];

/** Each violated rule once, in the strongest mode it was found in. */
function violatedRules({ violations }: Decision): DecisionRecord['violations'] {
  if (violations.length === 0) return noViolations;
  const modes = new Map<string, Mode>();
  for (const { rule, mode } of violations) modes.set(rule, strongerMode(mode, modes.get(rule) ?? mode));
  return [...modes].map(([rule, mode]) => ({ rule, mode }));
}

const noDenials: DecisionRecord['wouldDeny'] = [];

/** Each rule that would deny once, as it stands most strongly; one that found a violation for certain is not undecided. */
function wouldBeDenials({ violations, gaps }: Decision): DecisionRecord['wouldDeny'] {
  if (violations.length + gaps.length === 0) return noDenials;
  const denials = new Map<string, WouldBeDenial>();
  const add = ({ rule, mode, enforcedFrom }: JudgedViolation | Gap, reason: WouldBeDenial['reason']): void => {
    const denial = { rule, mode, reason, enforcedFrom };
    const present = denials.get(rule);
    const isStronger = present?.reason === reason && isStrongerStanding(denial, present);
    if (present === undefined || isStronger) denials.set(rule, denial);
  };
  for (const violation of violations) if (wouldDeny(violation)) add(violation, 'violated');
  for (const gap of gaps) if (gap.mode !== 'enforce' && gap.undecided === 'deny') add(gap, 'undecided');
  return [...denials.values()];
}

/** Tells of each rule once that an admitted object violates. What a dry run would do has not been done: nothing is told. */
export function tellViolations(request: AdmissionRequest, decision: Decision, observer: ViolationObserver): void {
  if (!decision.admitted || request.dryRun === true) return;
  const violations = decision.violations.filter(wouldDeny);
  const told = new Set<string>();
  for (const violation of violations) {
    const { rule, mode } = violation;
    if (told.has(rule)) continue;
    told.add(rule);
    const others = violations.filter((other) => other.rule === rule).length - 1;
    const more = others === 0 ? '' : ` (and ${others} more)`;
    observer.observe({ object: objectOf(request), rule, mode, note: oneLine(`${announced(violation)}${more}`) });
  }
}

function objectOf(request: AdmissionRequest): RequestedObject {
  const metadata = metadataOf(request.object) ?? metadataOf(request.oldObject) ?? {};
  const { kind, namespace, name } = request;
  return {
    apiVersion: apiVersionOf(request),
    kind: kind.kind,
    // The API server gives a Namespace its own name as namespace.
    namespace: kind.group === '' && kind.kind === 'Namespace' ? '' : (namespace ?? ''),
    name: name !== undefined && name !== null && name !== '' ? name : textIn(metadata, 'name'),
    uid: textIn(metadata, 'uid'),
  };
}

function metadataOf(object: unknown): JsonObject | undefined {
  const metadata = isJsonObject(object) ? ownMember(object, 'metadata') : undefined;
  return isJsonObject(metadata) ? metadata : undefined;
}

function textIn(object: JsonObject, name: string): string {
  const value = ownMember(object, name);
  return typeof value === 'string' ? value : '';
}
