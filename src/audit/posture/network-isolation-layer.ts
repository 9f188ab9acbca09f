import { everyLabelSpace, labelsOutside, matchesLabels, type LabelSpace } from '../../algebra/label-space.ts';
import { displayLabels } from '../../policy/display.ts';
import { isTerminating, isolatedBy } from '../../policy/objects/isolates.ts';
import type { NetworkPolicy } from '../../policy/objects/network-policy.ts';
import { provableSpaces } from '../../policy/provable-spaces.ts';
import { yamlSnippet } from '../../policy/yaml-snippet.ts';
import type { Direction } from '../../tenancy/tenancy.ts';
import type { LayerPosture } from '../audit-report.ts';
import { layerOf, namespaceReference, type Finding } from './finding.ts';
import { openPods, type Isolated, type OpenPod } from './open-pods.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

const directions = ['ingress', 'egress'] as const satisfies readonly Direction[];

/** Results that this layer judges by itself: by its effect on pods. */
const judgedHere = 'pods/isolated-before-start';

/** Whether every pod there can be is isolated in both directions, whatever policies do it, and may still reach DNS. */
export function networkIsolationLayer(evidence: NamespaceEvidence): LayerPosture {
  const others = evidence.results.filter(({ rule }) => rule !== judgedHere);
  const findings = [
    ...isolationFindings(evidence),
    ...ruleFindings({ ...evidence, results: others }, 'network-isolation'),
  ];
  const whenInPlace = 'every pod that can be made is isolated for ingress and egress';
  return layerOf('network-isolation', findings, whenInPlace);
}

function isolationFindings(evidence: NamespaceEvidence): readonly Finding[] {
  const { networkPolicies, unread } = evidence;
  // A policy that was not read may close every gap.
  if (networkPolicies === undefined || unread.has('NetworkPolicy')) return [];
  // One that is terminating isolates nobody who comes now.
  const policies = networkPolicies.filter((policy) => !isTerminating(policy.metadata));
  const isolated = new Map(directions.map((direction) => [direction, spacesOf(policies, direction)] as const));
  const gaps = gapsIn(isolated);
  return gaps.length === 0 ? [] : openFindings(evidence, isolated, gaps);
}

function spacesOf(policies: readonly NetworkPolicy[], direction: Direction): readonly LabelSpace[] {
  return policies.map((policy) => isolatedBy(policy, direction)).filter(({ isEmpty }) => !isEmpty);
}

/** The pods that policies leave out in a direction. */
interface Gap {
  readonly direction: Direction;
  readonly counterexample: string;
  /** Whether it is proved: with very many selectors only some are compared. */
  readonly isProved: boolean;
  /** Whether nothing is isolated at all. */
  readonly isWhole: boolean;
}

function gapsIn(isolated: Isolated): readonly Gap[] {
  return [...isolated].flatMap(([direction, spaces]): readonly Gap[] => {
    const outside = labelsOutside(everyLabelSpace, provableSpaces(spaces));
    if (outside === undefined) return [];
    const isProved = !spaces.some((space) => matchesLabels(space, outside));
    return [{ direction, counterexample: displayLabels(outside), isProved, isWhole: spaces.length === 0 }];
  });
}

function openFindings(evidence: NamespaceEvidence, isolated: Isolated, gaps: readonly Gap[]): readonly Finding[] {
  const asked = new Map([...isolated].filter(([direction]) => gaps.some((gap) => gap.direction === direction)));
  const { open, exempt, isPartial } = openPods(evidence, asked);
  const told = open.filter(({ isExempt }) => isExempt).map(exemptFinding);
  const wrong = open.filter(({ isExempt }) => !isExempt).map((pod) => openFinding(evidence, pod));
  const rest = new Map([...asked].map(([direction, spaces]) => [direction, [...spaces, ...exempt]] as const));
  // Pods that the operator lets be open may be all that the gap is there for.
  const isExcused = wrong.length === 0 && !isPartial && gapsIn(rest).length === 0;
  return [...(isExcused ? [] : gapFindings(evidence, gaps)), ...wrong, ...told];
}

function gapFindings({ namespace }: NamespaceEvidence, gaps: readonly Gap[]): readonly Finding[] {
  const isNothing = gaps.length === directions.length && gaps.every(({ isWhole }) => isWhole);
  const object = namespaceReference(namespace.name);
  const fix = defaultDeny(namespace.name);
  return gaps.map(({ direction, counterexample, isProved, isWhole }): Finding => {
    if (!isProved) {
      const message = `the policies have too many selectors to tell whether they isolate every pod for ${direction}`;
      return { state: 'unknown', object, message, fix };
    }
    const message = isWhole
      ? `no NetworkPolicy isolates any pod for ${direction}`
      : `no NetworkPolicies isolate every pod for ${direction}; counterexample: a pod with ${counterexample}`;
    return { state: isNothing ? 'missing' : 'drifted', object, message, fix };
  });
}

function openFinding({ namespace }: NamespaceEvidence, pod: OpenPod): Finding {
  return { ...placeOf(pod), state: 'drifted', message: openText(pod), fix: defaultDeny(namespace.name) };
}

function exemptFinding(pod: OpenPod): Finding {
  return { ...placeOf(pod), state: 'in-place', message: `exempt from ${judgedHere}: ${openText(pod)}` };
}

function placeOf({ object }: OpenPod): Pick<Finding, 'object'> {
  return object === undefined ? {} : { object };
}

function openText({ what, directions: open }: OpenPod): string {
  return `${what} is open to everybody for ${open.join(' and ')}`;
}

function defaultDeny(namespace: string): string {
  return yamlSnippet('Isolate every pod, and allow beside it what is needed:', [
    'apiVersion: networking.k8s.io/v1',
    'kind: NetworkPolicy',
    'metadata:',
    '  name: default-deny',
    `  namespace: ${namespace}`,
    'spec:',
    '  podSelector: {}',
    '  policyTypes: [Ingress, Egress]',
  ]);
}
