import { test } from 'tap';

import type { PostureState } from '../../../src/audit/audit-report.ts';
import { postureOfCluster } from '../../../src/audit/posture/cluster-posture.ts';
import { enforcementConfigMaps } from '../../../src/audit/posture/network-enforcement-layer.ts';
import type { ClusterEvidence } from '../../../src/audit/posture/posture-evidence.ts';
import { clusterEvidence, configMap, daemonSet, messages, node, tenancy } from '../../support/posture.ts';

function layerOf(over: Partial<ClusterEvidence>) {
  return postureOfCluster(clusterEvidence(over), tenancy)[1]!;
}

const cilium = (data: Readonly<Record<string, string>>, ...args: readonly string[]): Partial<ClusterEvidence> => ({
  daemonSets: [daemonSet('cilium', [{ name: 'cilium-agent', args }], { labels: { 'k8s-app': 'cilium' } })],
  configMaps: new Map([['kube-system/cilium-config', configMap(data)]]),
});
const aws = (agent: readonly object[], data?: Readonly<Record<string, string>>): Partial<ClusterEvidence> => ({
  daemonSets: [daemonSet('aws-node', [{ name: 'aws-node' }, ...agent])],
  configMaps: new Map(data === undefined ? [] : [['kube-system/amazon-vpc-cni', configMap(data)]]),
});
const agent = (...args: readonly string[]) => [{ name: 'aws-eks-nodeagent', args }];
const controllerOn = { 'enable-network-policy-controller': 'true' };
const kubeRouter = (...args: readonly string[]): Partial<ClusterEvidence> => ({
  daemonSets: [daemonSet('kube-router', [{ name: 'kube-router', args }])],
});
const kindnet = (image?: string): Partial<ClusterEvidence> => ({
  daemonSets: [daemonSet('kindnet', [{ name: 'kindnet-cni', image }], { labels: { app: 'kindnet' } })],
});
const k3s = (...args: readonly (string | readonly string[])[]): Partial<ClusterEvidence> => ({
  daemonSets: [],
  nodes: args.map((one) =>
    node('v1.35.1+k3s1', { 'k3s.io/node-args': typeof one === 'string' ? one : JSON.stringify(one) }),
  ),
});
const auto = (data?: Readonly<Record<string, string>> | 'missing'): Partial<ClusterEvidence> => ({
  daemonSets: [],
  nodes: [node('v1.33.1-eks-1', {}, { 'eks.amazonaws.com/compute-type': 'auto' })],
  configMaps: new Map(
    data === undefined ? [] : [['kube-system/amazon-vpc-cni', data === 'missing' ? data : configMap(data)]],
  ),
});
const sets = (...daemonSets: readonly ReturnType<typeof daemonSet>[]): Partial<ClusterEvidence> => ({ daemonSets });

const whole = 'NetworkPolicies are enforced on every node';
const nothing = 'nothing was seen that is known to enforce NetworkPolicies, or known not to';
const calico = 'Calico enforces NetworkPolicies';
const flannel = 'Flannel enforces no NetworkPolicies';
const ciliumOff = (setting: string) => `Cilium enforces no NetworkPolicy: ${setting}`;
const agentOff = 'the network policy agent of the AWS VPC CNI runs without --enable-network-policy=true';
const awsUntold =
  'the agent of the AWS VPC CNI needs a controller, and ConfigMap kube-system/amazon-vpc-cni does not tell whether it runs';
const disabled = 'K3s runs with --disable-network-policy';

/** By the rows of what is known of each plugin. */
const cases: readonly (readonly [string, Partial<ClusterEvidence>, PostureState, ...(readonly string[])])[] = [
  ['Calico', {}, 'in-place', whole, calico],
  [
    'Calico by its operator',
    sets(daemonSet('calico-node', [], { namespace: 'calico-system' })),
    'in-place',
    whole,
    calico,
  ],
  [
    'Calico of another name',
    sets(daemonSet('x', [], { labels: { 'k8s-app': 'calico-node' } })),
    'in-place',
    whole,
    calico,
  ],
  ['Canal', sets(daemonSet('canal', [{ name: 'calico-node' }, { name: 'kube-flannel' }])), 'in-place', whole, calico],
  ['Canal of RKE2', sets(daemonSet('rke2-canal', [], { labels: { 'k8s-app': 'canal' } })), 'in-place', whole, calico],
  ['Cilium', cilium({}), 'in-place', whole, 'Cilium enforces NetworkPolicies'],
  ['Cilium, always', cilium({ 'enable-policy': 'always' }), 'in-place', whole, 'Cilium enforces NetworkPolicies'],
  ['Cilium, never', cilium({ 'enable-policy': 'never' }), 'drifted', ciliumOff('enable-policy is "never"')],
  [
    'Cilium, never by argument',
    cilium({ 'enable-policy': 'default' }, '--enable-policy=never'),
    'drifted',
    ciliumOff('enable-policy is "never"'),
  ],
  [
    'Cilium that only audits',
    cilium({ 'policy-audit-mode': 'true' }),
    'drifted',
    ciliumOff('policy-audit-mode is "true"'),
  ],
  [
    'Cilium without NetworkPolicies',
    cilium({ 'enable-k8s-networkpolicy': 'false' }),
    'drifted',
    ciliumOff('enable-k8s-networkpolicy is "false"'),
  ],
  [
    'Cilium that does not tell',
    cilium({}, '--enable-policy=$(MODE)'),
    'unknown',
    'the DaemonSet of Cilium does not tell what enable-policy is',
  ],
  [
    'Cilium that does not tell whether it reads policies',
    cilium({}, '--enable-k8s-networkpolicy=$(X)'),
    'unknown',
    'the DaemonSet of Cilium does not tell what enable-k8s-networkpolicy is',
  ],
  [
    'Cilium whose settings were not read',
    { ...cilium({}), configMaps: undefined },
    'unknown',
    'Cilium enforces unless it is told not to, but ConfigMap kube-system/cilium-config could not be read',
  ],
  [
    'Cilium without settings',
    { ...cilium({}), configMaps: new Map([['kube-system/cilium-config', 'missing']]) },
    'unknown',
    'Cilium enforces unless it is told not to, but ConfigMap kube-system/cilium-config is not there',
  ],
  ['Antrea', sets(daemonSet('antrea-agent')), 'in-place', whole, 'Antrea enforces NetworkPolicies'],
  [
    'Weave Net',
    sets(daemonSet('weave-net', [{ name: 'weave' }, { name: 'weave-npc' }])),
    'in-place',
    whole,
    'Weave Net runs its network policy controller',
  ],
  [
    'Weave Net without its controller',
    sets(daemonSet('weave-net', [{ name: 'weave' }])),
    'missing',
    'Weave Net runs without weave-npc',
  ],
  ['kube-router', kubeRouter('--run-firewall=true'), 'in-place', whole, 'kube-router runs its firewall'],
  ['kube-router as it comes', kubeRouter(), 'in-place', whole, 'kube-router runs its firewall'],
  [
    'kube-router by its label',
    sets(daemonSet('x', [{ name: 'x', args: ['--run-firewall'] }], { labels: { 'k8s-app': 'kube-router' } })),
    'in-place',
    whole,
    'kube-router runs its firewall',
  ],
  [
    'kube-router without its firewall',
    kubeRouter('--run-firewall=false'),
    'drifted',
    'kube-router runs without its firewall (--run-firewall=false)',
  ],
  [
    'kube-router that does not tell',
    kubeRouter('--run-firewall=$(X)'),
    'unknown',
    'its DaemonSet does not tell whether kube-router runs its firewall',
  ],
  [
    'AWS VPC CNI',
    aws(agent('--enable-network-policy=true'), controllerOn),
    'in-place',
    whole,
    'the AWS VPC CNI runs its network policy agent and controller',
  ],
  ['AWS VPC CNI before its agent', aws([]), 'missing', 'the AWS VPC CNI runs without its network policy agent'],
  ['AWS VPC CNI with its agent off', aws(agent('--enable-network-policy=false'), controllerOn), 'drifted', agentOff],
  ['AWS VPC CNI with its agent as it comes', aws(agent()), 'drifted', agentOff],
  [
    'AWS VPC CNI with its controller off',
    aws(agent('--enable-network-policy=true'), { 'enable-network-policy-controller': 'false' }),
    'drifted',
    'enable-network-policy-controller is not "true" in ConfigMap kube-system/amazon-vpc-cni',
  ],
  ['AWS VPC CNI whose controller does not show', aws(agent('--enable-network-policy=true')), 'unknown', awsUntold],
  ['AWS VPC CNI whose ConfigMap says nothing', aws(agent('--enable-network-policy=true'), {}), 'unknown', awsUntold],
  [
    'AWS VPC CNI whose agent does not tell',
    aws(agent('--enable-network-policy=$(X)'), controllerOn),
    'unknown',
    awsUntold,
  ],
  [
    'EKS Auto Mode',
    auto(controllerOn),
    'in-place',
    whole,
    'EKS Auto Mode enforces, as ConfigMap kube-system/amazon-vpc-cni says',
  ],
  [
    'EKS Auto Mode, off',
    auto({ 'enable-network-policy-controller': 'false' }),
    'drifted',
    'EKS Auto Mode enforces nothing until ConfigMap kube-system/amazon-vpc-cni sets enable-network-policy-controller to "true"',
  ],
  [
    'EKS Auto Mode as it comes',
    auto('missing'),
    'drifted',
    'EKS Auto Mode enforces nothing until ConfigMap kube-system/amazon-vpc-cni sets enable-network-policy-controller to "true"',
  ],
  [
    'EKS Auto Mode whose ConfigMap was not read',
    auto(),
    'unknown',
    'EKS Auto Mode enforces if ConfigMap kube-system/amazon-vpc-cni says so, which is not known',
  ],
  [
    'Azure NPM',
    sets(daemonSet('azure-npm')),
    'in-place',
    whole,
    'Azure Network Policy Manager enforces NetworkPolicies',
  ],
  [
    'GKE Dataplane V2',
    sets(daemonSet('anetd', [{ name: 'cilium-agent' }], { labels: { 'k8s-app': 'cilium' } })),
    'in-place',
    whole,
    'GKE Dataplane V2 enforces NetworkPolicies',
  ],
  [
    'GKE with Calico',
    { nodes: [node('v1.35.1-gke.1')] },
    'in-place',
    whole,
    calico,
    'GKE enforces nothing without Dataplane V2 or network policy enforcement',
  ],
  [
    'GKE without either',
    { daemonSets: [], nodes: [node('v1.35.1-gke.1')] },
    'missing',
    'GKE enforces nothing without Dataplane V2 or network policy enforcement',
  ],
  ['K3s', k3s(['server', '--tls-san', 'x'], ['agent']), 'in-place', whole, 'K3s runs its network policy controller'],
  [
    'K3s with the switch off',
    k3s(['server', '--disable-network-policy', 'false']),
    'in-place',
    whole,
    'K3s runs its network policy controller',
  ],
  ['K3s, disabled', k3s(['server', '--disable-network-policy']), 'drifted', disabled],
  ['K3s, disabled by its configuration', k3s(['server', '--disable-network-policy', 'true']), 'drifted', disabled],
  ['K3s, disabled on one server', k3s(['server'], ['server', '--disable-network-policy=true']), 'drifted', disabled],
  [
    'K3s without Flannel',
    k3s(['server', '--flannel-backend', 'none']),
    'unknown',
    'K3s runs with --flannel-backend=none, so another network plugin has to be there',
  ],
  [
    'K3s without a server in sight',
    k3s(['agent']),
    'unknown',
    'K3s enforces unless it is told otherwise, and no node shows with which arguments its server runs',
  ],
  [
    'K3s with arguments that cannot be read',
    k3s('[', '7'),
    'unknown',
    'K3s enforces unless it is told otherwise, and no node shows with which arguments its server runs',
  ],
  [
    'K3s, disabled, with Calico',
    { ...k3s(['server', '--disable-network-policy']), ...sets(daemonSet('calico-node')) },
    'in-place',
    whole,
    calico,
    disabled,
  ],
  ['Flannel alone', sets(daemonSet('kube-flannel-ds')), 'missing', flannel],
  [
    'Flannel beside kube-network-policies',
    sets(daemonSet('kube-flannel-ds'), daemonSet('kube-network-policies')),
    'in-place',
    whole,
    flannel,
    'kube-network-policies enforces NetworkPolicies',
  ],
  [
    'kindnet',
    kindnet('docker.io/kindest/kindnetd:v20240813-c6f155d6'),
    'in-place',
    whole,
    'kindnet of 20240813 enforces NetworkPolicies',
  ],
  [
    'kindnet before v0.24.0',
    kindnet('docker.io/kindest/kindnetd:v20240202-8f1494ea'),
    'missing',
    'kindnet of 20240202 accepts NetworkPolicies and does nothing with them',
  ],
  [
    'kindnet of its own project',
    kindnet('ghcr.io/aojea/kindnetd:v1.8.0'),
    'unknown',
    'kindnet of an image without a known version: "ghcr.io/aojea/kindnetd:v1.8.0"',
  ],
  ['kindnet without an image', kindnet(), 'unknown', 'kindnet of an image without a known version: ""'],
  ['OVN-Kubernetes', sets(daemonSet('ovnkube-node')), 'in-place', whole, 'OVN-Kubernetes enforces NetworkPolicies'],
  ['a plugin that nobody knows', sets(daemonSet('my-cni')), 'unknown', nothing],
  ['nothing', sets(), 'unknown', nothing],
  ['left over: no node should run it', sets(daemonSet('calico-node', [], { wanted: 0, ready: 0 })), 'unknown', nothing],
  [
    'ready nowhere',
    sets(daemonSet('calico-node', [], { wanted: 3, ready: 0 })),
    'drifted',
    'Calico is ready on none of 3 nodes',
  ],
  [
    'ready on some nodes',
    { nodes: [node(), node()] },
    'unknown',
    '1 of 2 linux nodes run something ready that enforces NetworkPolicies',
    calico,
  ],
  [
    'nodes of Windows without an agent',
    { nodes: [node(), node(undefined, {}, { 'kubernetes.io/os': 'windows' })] },
    'unknown',
    '0 of 1 windows nodes run something ready that enforces NetworkPolicies',
    calico,
  ],
  [
    'nodes of Windows with one',
    {
      ...sets(daemonSet('azure-npm'), daemonSet('azure-npm-win')),
      nodes: [node(), node(undefined, {}, { 'kubernetes.io/os': 'windows' })],
    },
    'in-place',
    whole,
    'Azure Network Policy Manager enforces NetworkPolicies',
    'Azure Network Policy Manager enforces NetworkPolicies',
  ],
  [
    'one that may enforce beside one that cannot',
    {
      ...kindnet('x/kindnet:y'),
      daemonSets: [...(kindnet('x/kindnet:y').daemonSets ?? []), daemonSet('kube-flannel-ds')],
    },
    'unknown',
    'kindnet of an image without a known version: "x/kindnet:y"',
    flannel,
  ],
  [
    'one that is off beside one that cannot',
    sets(daemonSet('kube-flannel-ds'), daemonSet('calico-node', [], { ready: 0 })),
    'drifted',
    'Calico is ready on none of 1 nodes',
    flannel,
  ],
  [
    'DaemonSets that were not read',
    { daemonSets: undefined },
    'unknown',
    'DaemonSets of the platform could not be read',
  ],
  ['nodes that were not read', { nodes: undefined }, 'unknown', 'nodes could not be read', calico],
  [
    'nothing that was read',
    { daemonSets: undefined, nodes: undefined },
    'unknown',
    'DaemonSets of the platform could not be read',
    'nodes could not be read',
  ],
];

for (const [title, over, state, ...told] of cases) {
  test(title, (t) => {
    const posture = layerOf(over);
    t.equal(posture.layer, 'network-enforcement');
    t.equal(posture.state, state);
    t.strictSame(messages(posture), told);
    t.equal((posture.fix ?? '') !== '', state !== 'in-place');
    t.end();
  });
}

test('where kube-system is not the platform’s, nothing is known to be missing', (t) => {
  const platformNamespaces = new Set(['calico-system']);
  const stateOf = (over: Partial<ClusterEvidence>) =>
    postureOfCluster(clusterEvidence(over), { ...tenancy, platformNamespaces })[1]?.state;
  t.equal(stateOf(sets(daemonSet('kube-flannel-ds', undefined, { namespace: 'x' }))), 'unknown');
  t.equal(stateOf({ daemonSets: [], nodes: [node('v1.35.1-gke.1')] }), 'unknown');
  t.equal(stateOf(sets(daemonSet('calico-node', undefined, { namespace: 'calico-system' }))), 'in-place');
  t.end();
});

test('evidence names the DaemonSet, and the fix switches on what is off', (t) => {
  const posture = layerOf(cilium({ 'enable-policy': 'never' }));
  t.strictSame(posture.evidence[0]?.object, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'cilium',
  });
  t.equal(
    posture.fix,
    `kubectl --namespace kube-system patch configmap cilium-config --type=merge --patch '{"data":{"enable-policy":"default"}}' && kubectl --namespace kube-system rollout restart daemonset cilium`,
  );
  t.match(layerOf(sets()).fix, 'kubectl create namespace policy-probe');
  t.match(layerOf({ nodes: undefined }).fix, '{apiGroups: [""], resources: [nodes], verbs: [list]}');
  t.match(layerOf(sets(daemonSet('calico-node', [], { ready: 0 }))).fix, 'describe daemonset calico-node');
  t.end();
});

test('the ConfigMaps that have a say are those of the plugins that run', (t) => {
  const fallback = { namespace: 'kube-system', name: 'amazon-vpc-cni' };
  t.strictSame(enforcementConfigMaps([]), [fallback]);
  t.strictSame(
    enforcementConfigMaps([daemonSet('aws-node'), daemonSet('cilium', [], { namespace: 'cilium' }), daemonSet('web')]),
    [fallback, { namespace: 'cilium', name: 'cilium-config' }],
  );
  t.end();
});

test('what has no shape says nothing', (t) => {
  const shapeless = [{}, { metadata: { name: 7 }, spec: { template: { metadata: { labels: 7 } } }, status: 7 }];
  t.equal(layerOf({ daemonSets: shapeless, nodes: [{}] }).state, 'unknown');
  const named = {
    metadata: { name: 'kindnet', namespace: null },
    spec: null,
    status: { desiredNumberScheduled: 1, numberReady: 1 },
  };
  t.equal(layerOf({ daemonSets: [named] }).state, 'unknown');
  t.end();
});
