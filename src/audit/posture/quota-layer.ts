import { boundResources, limitedResources } from '../../policy/objects/quota-coverage.ts';
import { yamlSnippet } from '../../policy/yaml-snippet.ts';
import type { LayerPosture } from '../audit-report.ts';
import { layerOf, namespaceReference, referenceOf, type Finding } from './finding.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

/** What has to be bounded, and the names under which a ResourceQuota may do it. */
const wanted = {
  cpu: ['requests.cpu', 'cpu', 'limits.cpu'],
  memory: ['requests.memory', 'memory', 'limits.memory'],
  pods: ['pods', 'count/pods'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const limited = ['cpu', 'memory'] as const;

/** Whether quotas bound what the namespace may take, and every container has a limit. */
export function quotaLayer(evidence: NamespaceEvidence): LayerPosture {
  const isNothing = evidence.resourceQuotas?.length === 0 && evidence.limitRanges?.length === 0;
  const findings = [
    ...quotaFindings(evidence, isNothing ? 'missing' : 'drifted'),
    ...limitFindings(evidence, isNothing ? 'missing' : 'drifted'),
    ...ruleFindings(evidence, 'quota'),
  ];
  const whenInPlace = 'quotas bound cpu, memory and pods, and every container has a limit of cpu and memory';
  return layerOf('quota', findings, whenInPlace);
}

type Lack = 'missing' | 'drifted';

function quotaFindings({ namespace, resourceQuotas }: NamespaceEvidence, state: Lack): readonly Finding[] {
  if (resourceQuotas === undefined) return [];
  const bounded = boundResources(resourceQuotas);
  const missing = Object.entries(wanted)
    .filter(([, names]) => !names.some((name) => bounded.has(name)))
    .map(([resource, [name]]) => [resource, name] as const);
  if (missing.length === 0) return [];
  const fix = yamlSnippet('Bound what the namespace may take:', [
    'apiVersion: v1',
    'kind: ResourceQuota',
    'metadata:',
    '  name: default',
    `  namespace: ${namespace.name}`,
    'spec:',
    '  hard:',
    ...missing.map(([, name]) => `    ${name}: <quantity>`),
  ]);
  const names = missing.map(([resource]) => resource).join(', ');
  const message =
    resourceQuotas.length === 0
      ? 'there is no ResourceQuota'
      : `no ResourceQuota that counts every pod bounds ${names}`;
  return [lackOf(namespace.name, 'ResourceQuota', resourceQuotas, { state, message, fix })];
}

function limitFindings({ namespace, limitRanges }: NamespaceEvidence, state: Lack): readonly Finding[] {
  if (limitRanges === undefined) return [];
  const present = limitedResources(limitRanges);
  const missing = limited.filter((resource) => !present.has(resource));
  if (missing.length === 0) return [];
  const fix = yamlSnippet('Give containers a limit:', [
    'apiVersion: v1',
    'kind: LimitRange',
    'metadata:',
    '  name: default',
    `  namespace: ${namespace.name}`,
    'spec:',
    '  limits:',
    '    - type: Container',
    '      default:',
    ...missing.map((resource) => `        ${resource}: <quantity>`),
  ]);
  const message =
    limitRanges.length === 0
      ? 'there is no LimitRange'
      : `no LimitRange gives containers a limit of ${missing.join(', ')}`;
  return [lackOf(namespace.name, 'LimitRange', limitRanges, { state, message, fix })];
}

interface Said {
  readonly state: Lack;
  readonly message: string;
  readonly fix: string;
}

/** The only object of its kind is the one to mend; where there are none or several, the namespace is what lacks something. */
function lackOf(namespace: string, kind: string, objects: readonly object[], said: Said): Finding {
  const [only, ...others] = objects;
  const isOne = only !== undefined && others.length === 0;
  return { ...said, object: isOne ? referenceOf(only, kind, 'v1') : namespaceReference(namespace) };
}
