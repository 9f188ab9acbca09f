import { labelSpaceOf, matchesLabels, type LabelSpace } from '../../algebra/label-space.ts';
import { displayLabels } from '../../policy/display.ts';
import type { PodTemplateFact } from '../../policy/facts.ts';
import { atStart } from '../../policy/known-pods.ts';
import type { Direction } from '../../tenancy/tenancy.ts';
import type { AuditedObject, AuditResult } from '../audit-report.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';

/** A pod, or a template from which pods are made, that no policy isolates in some directions. */
export interface OpenPod {
  readonly object: AuditedObject | undefined;
  readonly what: string;
  readonly directions: readonly Direction[];
  /** Whether the operator lets it be so. */
  readonly isExempt: boolean;
}

export interface OpenPods {
  readonly open: readonly OpenPod[];
  /** The labels by which pods are those that the operator lets be open. */
  readonly exempt: readonly LabelSpace[];
  /** Whether not all could be looked at. */
  readonly isPartial: boolean;
}

/** The pods that are isolated, for each direction that is asked about. */
export type Isolated = ReadonlyMap<Direction, readonly LabelSpace[]>;

const rule = 'pods/isolated-before-start';

/** The pods and templates that are open in some of the directions. */
export function openPods(evidence: NamespaceEvidence, isolated: Isolated): OpenPods {
  const { tenancy, tenant, namespace, pods, podTemplates } = evidence;
  const results = evidence.results.filter((result) => result.rule === rule && result.exemption !== undefined);
  const exemptTemplates = (podTemplates ?? []).filter(({ object }) => isAmong(results, object)).flatMap(spaceOf);
  const lonePods = (pods ?? []).filter(({ name }) => isAmong(results, { kind: 'Pod', name }));
  const ofPods = (pods ?? []).flatMap((pod) => {
    const object = { apiVersion: 'v1', kind: 'Pod', namespace: namespace.name, name: pod.name };
    // The result of a pod that is made from a template is counted with that of its workload.
    const isMade = exemptTemplates.some((space) => matchesLabels(space, pod.labels));
    return openPod(pod, isolated, { object, isExempt: isMade || lonePods.includes(pod), noun: 'a pod' });
  });
  const ofTemplates = (podTemplates ?? []).flatMap((template) => {
    const started = atStart(template, { tenancy, owner: { kind: 'tenant', tenant } });
    const isExempt = isAmong(results, template.object);
    return openPod(started, isolated, { object: template.object, isExempt, noun: 'a pod template' });
  });
  return {
    open: [...ofPods, ...ofTemplates],
    exempt: [...exemptTemplates, ...lonePods.flatMap(spaceOf)],
    isPartial: pods === undefined || podTemplates === undefined,
  };
}

/** No NetworkPolicy governs the host's network: pods on it can be neither isolated nor open. */
function openPod(
  pod: PodTemplateFact,
  isolated: Isolated,
  { noun, ...rest }: Pick<OpenPod, 'object' | 'isExempt'> & { readonly noun: string },
): readonly OpenPod[] {
  const directions = [...isolated].flatMap(([direction, spaces]) =>
    pod.hostNetwork || spaces.some((space) => matchesLabels(space, pod.labels)) ? [] : [direction],
  );
  return directions.length === 0 ? [] : [{ ...rest, what: `${noun} with ${displayLabels(pod.labels)}`, directions }];
}

/** Without labels a pod is like every other, and who excuses it would excuse them all. */
function spaceOf({ labels }: PodTemplateFact): readonly LabelSpace[] {
  return Object.keys(labels).length === 0 ? [] : [labelSpaceOf(labels)];
}

function isAmong(results: readonly AuditResult[], object: Pick<AuditedObject, 'kind' | 'name'> | undefined): boolean {
  return results.some(({ object: one }) => one.kind === object?.kind && one.name === object.name);
}
