import { compareText } from '../algebra/compare-text.ts';
import type { Decision, Gap, JudgedViolation } from '../policy/decision.ts';
import { evaluate, unreadable } from '../policy/evaluate.ts';
import type { Facts } from '../policy/facts.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Subject } from '../policy/subject.ts';
import type { Principal } from '../tenancy/principal.ts';
import type { CheckExpiredExemption, CheckFault, CheckReport, CheckResult, CheckUndecided } from './check-report.ts';
import type { Position } from './manifest-document.ts';
import { createManifestFacts } from './manifest-facts.ts';
import {
  readManifestObject,
  type JudgedManifest,
  type ManifestObject,
  type ObjectReference,
} from './manifest-object.ts';
import type { Manifests } from './read-manifests.ts';

export interface CheckInput {
  readonly manifests: Manifests;
  /** Further namespaces: facts only, never judged. */
  readonly namespaces: Manifests;
  readonly policySet: PolicySet;
  /** Who would apply the manifests. */
  readonly principal: Principal;
  readonly defaultNamespace: string;
  /** Whose the namespaces are that nothing declares; undefined: nobody knows. */
  readonly tenant: string | undefined;
  readonly today: string;
}

/** What was found about one object. */
export interface CheckedObject {
  readonly reference: ObjectReference;
  readonly file: string;
  readonly isJudged: boolean;
  readonly results: readonly CheckResult[];
  readonly undecided: readonly CheckUndecided[];
  readonly expiredExemptions: readonly CheckExpiredExemption[];
}

/** Everything that a check found, object by object. */
export interface CheckOutcome {
  readonly objects: readonly CheckedObject[];
  readonly faults: readonly CheckFault[];
}

/** Judges every object of the manifests as if it were created now. */
export function checkManifests(input: CheckInput): CheckOutcome {
  const { manifests, namespaces, policySet, defaultNamespace } = input;
  const readObject = createObjectReader();
  const read = ({ documents }: Manifests) =>
    documents.map((document) => readManifestObject(document, defaultNamespace, readObject));
  const objects = read(manifests);
  const givenNamespaces = read(namespaces);
  const facts = createManifestFacts({
    tenancy: policySet.tenancy,
    objects,
    givenNamespaces,
    assumedTenant: input.tenant,
    today: input.today,
    running: givenNamespaces,
  });
  return {
    objects: objects.map((object) => checkObject(object, input, facts)),
    faults: [...manifests.faults, ...namespaces.faults, ...givenNamespaces.flatMap(namespaceFaults), ...facts.faults],
  };
}

/** A Namespace given as a fact is not judged, so what is wrong with it is told here. */
function namespaceFaults({ document, judged }: ManifestObject): readonly CheckFault[] {
  if (judged?.kind !== 'Namespace' || judged.parsed.ok) return [];
  return judged.parsed.faults.map(({ field, message }) => ({
    file: document.file,
    ...document.positionOf(field),
    message: `Namespace: ${field} ${message}`,
  }));
}

function checkObject(object: ManifestObject, input: CheckInput, facts: Facts): CheckedObject {
  const { document, judged, reference } = object;
  const { file } = document;
  if (judged === undefined || !input.policySet.checks.has(judged.kind)) {
    return { reference, file, isJudged: false, results: [], undecided: [], expiredExemptions: [] };
  }
  const decision = decide(judged, reference, input, facts);
  const placeOf = (field: string): Place => ({ file, ...document.positionOf(field) });
  return {
    reference,
    file,
    isJudged: true,
    results: decision.violations.map((violation) => resultOf(violation, reference, placeOf(violation.field))),
    undecided: decision.gaps.map((gap) => undecidedOf(gap, reference, placeOf(gap.field))),
    expiredExemptions: decision.expiredExemptions.map((expired) => ({ ...expired, object: reference, ...placeOf('') })),
  };
}

interface Place extends Position {
  readonly file: string;
}

/** Members in the order in which people read them. */
function resultOf(violation: JudgedViolation, object: ObjectReference, place: Place): CheckResult {
  const { rule, severity, mode, policy, field, message, fix, leniency } = violation;
  const lenient = leniency === undefined ? {} : { leniency };
  return { rule, severity, mode, ...dateOf(violation), policy, object, field, message, fix, ...lenient, ...place };
}

function undecidedOf(gap: Gap, object: ObjectReference, place: Place): CheckUndecided {
  const { rule, mode, policy, undecided, field, message } = gap;
  return { rule, mode, ...dateOf(gap), policy, undecided, object, field, message, ...place };
}

function dateOf({ enforcedFrom }: JudgedViolation | Gap): Pick<CheckResult, 'enforcedFrom'> {
  return enforcedFrom === undefined ? {} : { enforcedFrom };
}

function decide(judged: JudgedManifest, reference: ObjectReference, input: CheckInput, facts: Facts): Decision {
  const { kind, namespace, parsed } = judged;
  const operation = 'CREATE';
  if (!parsed.ok) return unreadable(kind, operation, input.policySet, parsed.faults, { today: input.today });
  const { apiVersion, name } = reference;
  const { principal } = input;
  const subject: Subject = {
    kind,
    apiVersion,
    operation,
    namespace,
    name,
    object: parsed.value,
    old: undefined,
    principal,
  };
  return evaluate(subject, input.policySet, facts);
}

/** Makes the report of an outcome, in an order that depends on nothing but the files. */
export function reportOf({ objects, faults }: CheckOutcome): CheckReport {
  const results = objects.flatMap((object) => object.results).sort(byPlace);
  const undecided = objects.flatMap((object) => object.undecided).sort(byPlace);
  const expiredExemptions = objects.flatMap((object) => object.expiredExemptions).sort(byPlace);
  const strict = results.filter((result) => result.leniency === undefined);
  const countOf = (mode: CheckResult['mode']) => strict.filter((result) => result.mode === mode).length;
  return {
    summary: {
      objects: objects.length,
      judged: objects.filter((object) => object.isJudged).length,
      violations: { enforce: countOf('enforce'), warn: countOf('warn'), audit: countOf('audit') },
      exempt: results.length - strict.length,
      undecided: undecided.length,
      faults: faults.length,
      expiredExemptions: expiredExemptions.length,
    },
    results,
    undecided,
    faults: faults.toSorted(byPlace),
    expiredExemptions,
  };
}

interface Placed extends Place {
  readonly rule?: string;
}

function byPlace(a: Placed, b: Placed): number {
  return (
    compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.rule ?? '', b.rule ?? '')
  );
}
