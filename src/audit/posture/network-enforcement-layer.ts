import type { JsonObject } from '../../algebra/json-object.ts';
import { memberOf } from '../../policy/command-flags.ts';
import { yamlSnippet } from '../../policy/yaml-snippet.ts';
import type { Tenancy } from '../../tenancy/tenancy.ts';
import type { ClusterLayerPosture } from '../audit-report.ts';
import { daemonSetViewOf, type DaemonSetView } from './daemon-set-view.ts';
import { layerOf, type Finding } from './finding.ts';
import { networkPlugins, type ConfigMaps, type Enforcement } from './network-plugins.ts';
import { labelsOf, nodeEnforcements, type NodeEnforcement } from './node-enforcement.ts';
import type { ClusterEvidence } from './posture-evidence.ts';
import { grantFix } from './rule-findings.ts';

/** ConfigMaps that say whether NetworkPolicies are enforced: those of the plugins that run, and those of nodes that need none. */
export function enforcementConfigMaps(
  daemonSets: readonly JsonObject[],
): readonly { readonly namespace: string; readonly name: string }[] {
  const named = daemonSets.map(daemonSetViewOf).flatMap((view) => {
    const name = pluginOf(view)?.configMap;
    return name === undefined ? [] : [{ namespace: view.namespace, name }];
  });
  const wanted = [{ namespace: 'kube-system', name: 'amazon-vpc-cni' }, ...named];
  return [...new Map(wanted.map((one) => [`${one.namespace}/${one.name}`, one])).values()];
}

/** Whether something enforces the NetworkPolicies of tenants on every node. It is never guessed: what does not show is unknown. */
export function networkEnforcementLayer(evidence: ClusterEvidence, tenancy: Tenancy): ClusterLayerPosture {
  const { daemonSets, nodes, configMaps = noConfigMaps } = evidence;
  const sets = (daemonSets ?? []).map(daemonSetViewOf).flatMap((view) => seenOf(view, configMaps));
  const ofNodes = nodeEnforcements(nodes ?? [], configMaps);
  const seen: readonly Seen[] = [...sets, ...ofNodes];
  const gaps = unreadFindings(evidence);
  const findings = seen.some(isEnforcing)
    ? [...seen.map(noteOf), ...gaps, ...uncoveredFindings(nodes ?? [], sets, ofNodes)]
    : notEnforced(seen, [...gaps, ...homeFindings(tenancy)]);
  return layerOf('network-enforcement', findings, 'NetworkPolicies are enforced on every node');
}

const noConfigMaps: ConfigMaps = new Map();

/** What was seen, of a DaemonSet or of nodes. */
type Seen = Enforcement & { readonly set?: DaemonSetView };
type SeenSet = Seen & { readonly set: DaemonSetView };

function pluginOf(view: DaemonSetView) {
  return networkPlugins.find(({ isIt }) => isIt(view));
}

/** A DaemonSet that no node should run is left over; one that is ready nowhere does nothing. */
function seenOf(set: DaemonSetView, configMaps: ConfigMaps): readonly SeenSet[] {
  const plugin = pluginOf(set);
  if (plugin === undefined || set.wanted === 0) return [];
  const judged = plugin.judge(set, configMaps);
  if (set.ready > 0 || judged.enforces === 'never') return [{ ...judged, set }];
  const message = `${plugin.name} is ready on none of ${set.wanted} nodes`;
  const fix = `kubectl --namespace ${set.namespace} describe daemonset ${set.name}`;
  return [{ enforces: 'off', field: 'status.numberReady', message, fix, set }];
}

function isEnforcing({ enforces }: Enforcement): boolean {
  return enforces === 'yes';
}

function noteOf({ set, field, message }: Seen): Finding {
  return { ...placeOf(set, field), state: 'in-place', message };
}

function placeOf(set: DaemonSetView | undefined, field: string | undefined) {
  return { ...(set === undefined ? {} : { object: set.object }), ...(field === undefined ? {} : { field }) };
}

const stateOf = { off: 'drifted', never: 'missing', unknown: 'unknown', yes: 'in-place' } as const;

/** Several plugins may be chained: one that cannot enforce says nothing of the others, and one that may does of them all. */
function notEnforced(seen: readonly Seen[], gaps: readonly Finding[]): readonly Finding[] {
  const kinds = gaps.length > 0 ? [] : (['unknown', 'off', 'never'] as const);
  const decisive = kinds.find((kind) => seen.some(({ enforces }) => enforces === kind));
  const findings = seen.map((one): Finding =>
    one.enforces === 'yes' || one.enforces !== decisive
      ? noteOf(one)
      : { ...placeOf(one.set, one.field), state: stateOf[one.enforces], message: one.message, fix: one.fix ?? probe },
  );
  if (decisive !== undefined) return findings;
  const message = 'nothing was seen that is known to enforce NetworkPolicies, or known not to';
  return [...gaps, ...findings, ...(gaps.length > 0 ? [] : [{ state: 'unknown', message, fix: probe } as const])];
}

function unreadFindings({ daemonSets, nodes }: ClusterEvidence): readonly Finding[] {
  return [
    ...(daemonSets === undefined ? [unread('DaemonSets of the platform', 'apps', 'daemonsets')] : []),
    ...(nodes === undefined ? [unread('nodes', '', 'nodes')] : []),
  ];
}

function unread(what: string, group: string, resource: string): Finding {
  return { state: 'unknown', message: `${what} could not be read`, fix: grantFix([{ group, resource }]) };
}

/** Most plugins live in kube-system: where it is not the platform's, nobody looked there. */
function homeFindings({ platformNamespaces }: Tenancy): readonly Finding[] {
  if (platformNamespaces.has('kube-system')) return [];
  const message = 'kube-system is not among the platform’s namespaces, so nobody looked for a network plugin there';
  const fix = yamlSnippet('Name it in the Tenancy:', ['spec:', '  platform:', '    namespaces: [kube-system]']);
  return [{ state: 'unknown', message, fix }];
}

/** Nodes on which nothing that enforces is ready: their pods may be open, whatever holds elsewhere. */
function uncoveredFindings(
  nodes: readonly JsonObject[],
  sets: readonly SeenSet[],
  ofNodes: readonly NodeEnforcement[],
): readonly Finding[] {
  const byItself = ofNodes.filter(isEnforcing);
  const others = nodes.filter((node) => !byItself.some(({ covers }) => covers(node)));
  return (['linux', 'windows'] as const).flatMap((system): readonly Finding[] => {
    const own = others.filter((node) => systemOf(node) === system).length;
    const ready = sets.filter((one) => isEnforcing(one) && one.set.runsOn === system).map(({ set }) => set.ready);
    const covered = Math.max(0, ...ready);
    if (covered >= own) return [];
    const message = `${covered} of ${own} ${system} nodes run something ready that enforces NetworkPolicies`;
    return [
      { state: 'unknown', message, fix: `kubectl get nodes --selector kubernetes.io/os=${system} --output wide` },
    ];
  });
}

function systemOf(node: JsonObject): 'linux' | 'windows' {
  return memberOf(labelsOf(node), 'kubernetes.io/os') === 'windows' ? 'windows' : 'linux';
}

/** The only proof is a try: https://kubernetes.io/docs/tasks/administer-cluster/declare-network-policy/. */
const probe = yamlSnippet('Try it: before the policy the last command answers, and after it it has to time out.', [
  'kubectl create namespace policy-probe',
  'kubectl --namespace policy-probe run server --image=registry.k8s.io/e2e-test-images/agnhost:2.53 --port=8080 --expose -- netexec --http-port=8080',
  "kubectl --namespace policy-probe apply --filename - <<< '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {matchLabels: {run: server}}, policyTypes: [Ingress]}}'",
  'kubectl --namespace policy-probe run client --rm --stdin --restart=Never --image=registry.k8s.io/e2e-test-images/agnhost:2.53 -- connect server:8080 --timeout=5s',
]);
