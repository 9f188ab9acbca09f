import type { Fault, Parsed } from '../../algebra/fault.ts';
import { isJsonObject, ownList, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { labelFree, valueIn, type LabelConstraint } from '../../algebra/label-constraint.ts';
import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { constrainedSpace, constraintOn, type LabelSpace } from '../../algebra/label-space.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';

/** Label that each pod has from its namespace's name. */
const podNamespace = 'io.kubernetes.pod.namespace';

/** Label of the cluster that a pod runs in, where clusters are meshed. */
const clusterLabel = 'io.cilium.k8s.policy.cluster';

/** Labels that each pod has from its namespace's labels. */
export const namespaceLabelPrefix = 'io.cilium.k8s.namespace.labels.';

/** Pods of namespaces that an endpoint selector selects. */
export interface SelectedEndpoints {
  readonly namespaces: LabelSpace;
  readonly pods: LabelSpace;
}

interface Requirement {
  readonly key: string;
  readonly constraint: LabelConstraint;
}

/**
 * The pods that a selector of `fromEndpoints` or `toEndpoints` selects. Without a label of namespaces it is about the
 * policy's own namespace (`getEndpointSelector` in Cilium's pkg/k8s/apis/cilium.io/utils). What would select anything but
 * pods is a fault.
 */
export function parseEndpointSelector(selector: unknown, field: string, home: string): Parsed<SelectedEndpoints> {
  const requirements = readRequirements(selector ?? {}, field);
  if (!requirements.ok) return requirements;
  const ofNamespaces = requirements.value.flatMap(({ key, constraint }) => {
    const label = namespaceLabelOf(key);
    return label === undefined ? [] : [[label, constraint] as const];
  });
  const namespaces =
    ofNamespaces.length === 0
      ? constrainedSpace([[namespaceNameLabel, valueIn([home])]])
      : constrainedSpace(ofNamespaces.map(([key, constraint]) => [key, provable(constraint)]));
  // Every pod has the labels of its namespace; hosts, nodes and addresses have none.
  if (ofNamespaces.length > 0 && ofNamespaces.every(([, { absent }]) => absent)) {
    const message =
      'selects what is in no namespace as well, such as hosts, nodes and addresses outside the cluster: no label of namespaces has to be there';
    return { ok: false, faults: [{ field, message }] };
  }
  return { ok: true, value: { namespaces, pods: podsOf(requirements.value) } };
}

/** The pods that a policy is about; they are always of its own namespace. Undefined where they cannot be told. */
export function subjectsOfSelector(selector: unknown): LabelSpace | undefined {
  const requirements = readRequirements(selector ?? {}, '');
  return requirements.ok ? podsOf(requirements.value) : undefined;
}

function podsOf(requirements: readonly Requirement[]): LabelSpace {
  return constrainedSpace(
    requirements
      .filter(({ key }) => namespaceLabelOf(key) === undefined)
      .map(({ key, constraint }) => [key, provable(constraint)]),
  );
}

/**
 * Which labels make a pod's identity is a setting of Cilium, and a label that does not seems absent. So what allows a label
 * to be absent proves nothing of it.
 */
function provable(constraint: LabelConstraint): LabelConstraint {
  return constraint.absent ? labelFree : constraint;
}

function namespaceLabelOf(key: string): string | undefined {
  if (key === podNamespace) return namespaceNameLabel;
  return key.startsWith(namespaceLabelPrefix) ? key.slice(namespaceLabelPrefix.length) : undefined;
}

function readRequirements(selector: unknown, field: string): Parsed<readonly Requirement[]> {
  if (!isJsonObject(selector)) return parseLabelSelector(selector, field) as Parsed<never>;
  const faults: Fault[] = [];
  const labels = ownMember(selector, 'matchLabels') ?? {};
  const expressions = ownList(selector, 'matchExpressions', field, faults) ?? [];
  const unknown = Object.keys(selector).filter((name) => name !== 'matchLabels' && name !== 'matchExpressions');
  for (const name of unknown) faults.push({ field: `${field}.${name}`, message: 'is no field of a selector' });
  if (!isJsonObject(labels)) faults.push({ field: `${field}.matchLabels`, message: 'must be an object of labels' });
  const fromLabels = isJsonObject(labels)
    ? Object.entries(labels).map(([key, value]) =>
        readLabel(key, { operator: 'In', values: [value] }, `${field}.matchLabels`),
      )
    : [];
  const fromExpressions = expressions.map((expression, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    if (!isJsonObject(expression)) return faulty(at, 'must be an object with key, operator and values');
    const key = ownMember(expression, 'key');
    return typeof key === 'string' ? readLabel(key, expression, at) : faulty(`${at}.key`, 'must be a label key');
  });
  const requirements: Requirement[] = [];
  for (const one of [...fromLabels, ...fromExpressions]) {
    if (one.ok) requirements.push(one.value);
    else faults.push(...one.faults);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: requirements };
}

/** One requirement by its label without the source: pods have their labels from Kubernetes, and `any` finds them too. */
function readLabel(given: string, requirement: JsonObject, field: string): Parsed<Requirement> {
  const colon = given.indexOf(':');
  const [source, key] = colon < 0 ? ['any', given] : [given.slice(0, colon), given.slice(colon + 1)];
  const name = JSON.stringify(given);
  if (source === 'reserved')
    return faulty(field, `${name} takes the selector out of every namespace; name what is meant in an entity`);
  if (source !== 'any' && source !== 'k8s')
    return faulty(field, `${name} is no label of pods: only sources "k8s" and "any" are known`);
  if (key === clusterLabel) return faulty(field, `${name} may name another cluster, of which nothing is known`);
  // The algebra knows keys as Kubernetes has them; the longer ones of namespaces it gets without their prefix.
  const plain = namespaceLabelOf(key) ?? key;
  const parsed = parseLabelSelector({ matchExpressions: [{ ...requirement, key: plain }] }, field);
  if (!parsed.ok) return { ok: false, faults: parsed.faults.map(({ message }) => ({ field, message })) };
  return { ok: true, value: { key, constraint: constraintOn(parsed.value, plain) } };
}

function faulty(field: string, message: string): Parsed<never> {
  return { ok: false, faults: [{ field, message }] };
}
