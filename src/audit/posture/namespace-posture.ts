import type { Kind } from '../../policy/objects/kinds.ts';
import type { LayerPosture, NamespaceLayer, NamespacePosture, TenantPosture } from '../audit-report.ts';
import { namespaceLayers } from '../audit-report.ts';
import { accessLayer } from './access-layer.ts';
import { namespaceReference, rankOf } from './finding.ts';
import { fluxLayer } from './flux-layer.ts';
import { labelsLayer } from './labels-layer.ts';
import { networkFlowsLayer } from './network-flows-layer.ts';
import { networkIsolationLayer } from './network-isolation-layer.ts';
import { podSecurityLayer } from './pod-security-layer.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { quotaLayer } from './quota-layer.ts';

const judges: Readonly<Record<NamespaceLayer, (evidence: NamespaceEvidence) => LayerPosture>> = {
  labels: labelsLayer,
  access: accessLayer,
  'pod-security': podSecurityLayer,
  quota: quotaLayer,
  'network-isolation': networkIsolationLayer,
  'network-flows': networkFlowsLayer,
  flux: fluxLayer,
};

/** Every layer of one namespace. */
export function postureOfNamespace(given: NamespaceEvidence): NamespacePosture {
  const evidence = { ...given, unread: new Set([...given.unread, ...undefinedKinds(given)]) };
  return { namespace: evidence.namespace.name, layers: namespaceLayers.map((layer) => judges[layer](evidence)) };
}

/** What is undefined was not read, whatever else says so. */
function undefinedKinds({ networkPolicies, resourceQuotas, limitRanges }: NamespaceEvidence): readonly Kind[] {
  const contents = { NetworkPolicy: networkPolicies, ResourceQuota: resourceQuotas, LimitRange: limitRanges };
  const named = Object.entries(contents) as readonly (readonly [Kind, unknown])[];
  return named.flatMap(([kind, content]) => (content === undefined ? [kind] : []));
}

/** A tenant's layer is as it is in the worst of its namespaces, whose evidence it shows. */
export function postureOfTenant(tenant: string, namespaces: readonly NamespacePosture[]): TenantPosture {
  const sorted = [...namespaces].sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  return {
    tenant,
    layers: namespaceLayers.flatMap((layer) => worstOf(layer, sorted)),
    namespaces: sorted,
  };
}

interface Placed {
  readonly namespace: string;
  readonly posture: LayerPosture;
}

function worstOf(layer: NamespaceLayer, namespaces: readonly NamespacePosture[]): readonly LayerPosture[] {
  const placed = namespaces.flatMap(({ namespace, layers }) =>
    layers.filter((one) => one.layer === layer).map((posture) => ({ namespace, posture })),
  );
  const worst = placed.reduce<Placed | undefined>(
    (bad, one) => (bad === undefined || rankOf(one.posture.state) > rankOf(bad.posture.state) ? one : bad),
    undefined,
  );
  return worst === undefined ? [] : [shownFor(worst, placed)];
}

/** Says in how many namespaces it is so, and which is shown. The times are carried from audit to audit, apart from theirs. */
function shownFor({ namespace, posture }: Placed, placed: readonly Placed[]): LayerPosture {
  const { layer, state, evidence, fix } = posture;
  const same = placed.filter((one) => one.posture.state === state).length;
  const message = `${state} in ${same} of ${placed.length} namespaces; shown is ${JSON.stringify(namespace)}`;
  const lead = placed.length === 1 ? [] : [{ object: namespaceReference(namespace), message }];
  return { layer, state, evidence: [...lead, ...evidence], ...(fix === undefined ? {} : { fix }) };
}
