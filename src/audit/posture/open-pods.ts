import { labelSpaceOf, matchesLabels, type Labels } from '../../algebra/label-space.ts';
import { displayLabels } from '../../policy/display.ts';
import type { PodTemplateFact } from '../../policy/facts.ts';
import { atStart } from '../../policy/known-pods.ts';
import { isolates } from '../../policy/objects/isolates.ts';
import type { NetworkPolicy } from '../../policy/objects/network-policy.ts';
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

const rule = 'pods/isolated-before-start';

/** The pods and templates that are open; `isPartial` where not all could be looked at. */
export function openPods(
  evidence: NamespaceEvidence,
  policies: readonly NetworkPolicy[],
  directions: readonly Direction[],
): { readonly open: readonly OpenPod[]; readonly isPartial: boolean } {
  const { tenancy, tenant, namespace, pods, podTemplates } = evidence;
  const exempt = evidence.results.filter((result) => result.rule === rule && result.exemption !== undefined);
  const templates = (podTemplates ?? []).map((template) =>
    atStart(template, { tenancy, owner: { kind: 'tenant', tenant } }),
  );
  const exemptTemplates = templates.filter(({ object }) => isAmong(exempt, object)).map(({ labels }) => labels);
  const open = (
    pod: PodTemplateFact,
    rest: Omit<OpenPod, 'directions' | 'what'> & { readonly noun: string },
  ): OpenPod[] => {
    const lost = directions.filter((direction) => !isIsolated(pod, direction, policies));
    const { noun, ...known } = rest;
    return lost.length === 0 ? [] : [{ ...known, what: `${noun} with ${displayLabels(pod.labels)}`, directions: lost }];
  };
  return {
    open: [
      ...(pods ?? []).flatMap((pod) => {
        const object = { apiVersion: 'v1', kind: 'Pod', namespace: namespace.name, name: pod.name };
        const isExempt = isAmong(exempt, object) || isMadeFrom(pod.labels, exemptTemplates);
        return open(pod, { object, isExempt, noun: 'a pod' });
      }),
      ...templates.flatMap((template) => {
        const { object } = template;
        return open(template, { object, isExempt: isAmong(exempt, object), noun: 'a pod template' });
      }),
    ],
    isPartial: pods === undefined || podTemplates === undefined,
  };
}

/** No NetworkPolicy governs the host's network: pods on it can be neither isolated nor open. */
function isIsolated(pod: PodTemplateFact, direction: Direction, policies: readonly NetworkPolicy[]): boolean {
  return pod.hostNetwork || policies.some((policy) => isolates(policy, direction, pod.labels));
}

function isAmong(results: readonly AuditResult[], object: AuditedObject | undefined): boolean {
  return results.some(({ object: one }) => one.kind === object?.kind && one.name === object.name);
}

/** Whether a pod carries all labels of an exempt template: its own result is counted with that of the template. */
function isMadeFrom(labels: Labels, templates: readonly Labels[]): boolean {
  return templates.some((template) => matchesLabels(labelSpaceOf(template), labels));
}
