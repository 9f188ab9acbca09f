import { subjectOfRequest } from '../../admission/subject-of-request.ts';
import { allowed, type Decision } from '../../policy/decision.ts';
import { evaluate, unreadable } from '../../policy/evaluate.ts';
import type { Facts } from '../../policy/facts.ts';
import { mutate } from '../../policy/mutate.ts';
import { addedLabelsOf, withLabels } from '../../policy/json-patch.ts';
import type { ObjectReader } from '../../policy/objects/read-object.ts';
import { judgesOperation, type PolicySet } from '../../policy/policy-set.ts';
import type { Subject } from '../../policy/subject.ts';
import type { Principal } from '../../tenancy/principal.ts';
import type { ManifestFault } from '../manifest-document.ts';
import { requestOfCase } from './case-request.ts';
import { createSuiteFacts } from './suite-facts.ts';
import type { PolicySuite, SuiteCase } from './policy-suite.ts';
import type { PolicyTestUser } from './policy-test-document.ts';

type Labels = Readonly<Record<string, string>>;

/** What the engine made of one case. */
export interface Judgment {
  /** Whether a rule in force is for the operation at all. */
  readonly isJudged: boolean;
  readonly decision: Decision;
  readonly addedLabels: Labels;
}

/** What a suite is judged with. */
export interface SuiteEngine {
  readonly policySet: PolicySet;
  readonly read: ObjectReader;
  /** The day where the suite names none. */
  readonly today: string;
  /** Who asks, where a case names a user. */
  readonly principalOf: (user: PolicyTestUser) => Principal;
}

/** The judgment of one case, or why it cannot be judged: what it takes for granted contradicts itself. */
export type CaseJudgment =
  | { readonly ok: true; readonly judgment: Judgment }
  | { readonly ok: false; readonly faults: readonly ManifestFault[] };

/** Judges a case as the webhook would: defaults first, then the rules on what the defaults left. */
export function judgeCase(suite: PolicySuite, each: SuiteCase, engine: SuiteEngine): CaseJudgment {
  const facts = createSuiteFacts(suite, each, engine);
  if (facts.faults.length > 0) return { ok: false, faults: facts.faults };
  const request = requestOfCase(suite, each);
  const { policySet, read } = engine;
  const found = subjectOfRequest(request, policySet.tenancy, read);
  switch (found.state) {
    case 'not-judged':
      return judged(false, allowed, {});
    case 'unreadable': {
      const { kind, operation, faults } = found;
      const where = { namespace: request.namespace ?? '', today: facts.today };
      return judged(true, unreadable(kind, operation, policySet, faults, where), {});
    }
    case 'judged': {
      const user = each.written.user ?? suite.document.spec.user;
      const principal: Principal = user === undefined ? { kind: 'unknown' } : engine.principalOf(user);
      return judgeSubject({ ...found.subject, principal }, policySet, facts);
    }
  }
}

function judgeSubject(subject: Subject, set: PolicySet, facts: Facts): CaseJudgment {
  const isJudged = judgesOperation(set, subject);
  // Defaults are for the object itself; through a subresource it is only judged.
  const defaults = subject.subresource === undefined ? mutate(subject, set, facts) : undefined;
  if (defaults !== undefined && !defaults.decision.admitted) return judged(isJudged, defaults.decision, {});
  const labels = addedLabelsOf(defaults?.patch ?? []);
  const object = withLabels(subject.object, labels);
  return judged(isJudged, evaluate({ ...subject, object }, set, facts), labels);
}

function judged(isJudged: boolean, decision: Decision, addedLabels: Labels): CaseJudgment {
  return { ok: true, judgment: { isJudged, decision, addedLabels } };
}
