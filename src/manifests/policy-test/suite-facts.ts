import type { ObjectReader } from '../../policy/objects/read-object.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import type { ManifestDocument, ManifestFault } from '../manifest-document.ts';
import { createManifestFacts, type ManifestFacts } from '../manifest-facts.ts';
import { readManifestObject, type ManifestObject } from '../manifest-object.ts';
import { namespaceOfCase, subjectDocument } from './case-request.ts';
import { faultIn, partOf, type PolicySuite, type SuiteCase } from './policy-suite.ts';

interface FactEngine {
  readonly policySet: PolicySet;
  readonly read: ObjectReader;
  readonly today: string;
}

/**
 * What the cluster of a case holds: the facts of the suite and of the case, and the object as it was before the operation.
 * An unreadable fact is a fault: what a rule says without it would not be what the suite means to try.
 */
export function createSuiteFacts(suite: PolicySuite, each: SuiteCase, engine: FactEngine): ManifestFacts {
  const { policySet, read, today } = engine;
  const { spec } = suite.document;
  const readFact = (document: ManifestDocument) => readManifestObject(document, spec.namespace ?? 'default', read);
  const stored = [...suite.facts, ...each.facts].map(readFact);
  const before = each.old === undefined ? undefined : readFact(each.old);
  const isKnown = before === undefined || stored.some((object) => isSameObject(object, before));
  const objects = isKnown ? stored : [...stored, before];
  const facts = createManifestFacts({
    tenancy: policySet.tenancy,
    objects,
    givenNamespaces: givenNamespace(suite, each).map(readFact),
    assumedTenant: undefined,
    today: spec.today ?? today,
    running: objects,
  });
  return { ...facts, faults: [...facts.faults, ...stored.flatMap(unreadableFact)] };
}

function isSameObject(a: ManifestObject, b: ManifestObject): boolean {
  const [one, other] = [a.reference, b.reference];
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

function unreadableFact({ document, judged }: ManifestObject): readonly ManifestFault[] {
  if (judged === undefined || judged.parsed.ok) return [];
  return judged.parsed.faults.map(({ field, message }) => ({
    ...faultIn(document, field, message),
    message: `fact ${judged.kind}: ${field === '' ? message : `${field} ${message}`}`,
  }));
}

/** The namespace that a case describes by its labels. */
function givenNamespace(suite: PolicySuite, each: SuiteCase): readonly ManifestDocument[] {
  const { namespaceLabels: labels } = each.written;
  if (labels === undefined) return [];
  const name = namespaceOfCase(suite, subjectDocument(each));
  const value = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  return [partOf(each.place, 'namespaceLabels', value)];
}
