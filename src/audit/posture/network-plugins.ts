import type { JsonObject } from '../../algebra/json-object.ts';
import { booleanFlag, memberOf, textFlag } from '../../policy/command-flags.ts';
import { textOf, type DaemonSetView } from './daemon-set-view.ts';

/** Whether a network plugin enforces NetworkPolicies: it does, it could but is told not to, it cannot, or it does not show. */
export interface Enforcement {
  readonly enforces: 'yes' | 'off' | 'never' | 'unknown';
  readonly message: string;
  readonly field?: string;
  /** How to have them enforced; of `off` and `never`. */
  readonly fix?: string;
}

export type ConfigMaps = ReadonlyMap<string, JsonObject | 'missing'>;

/** A network plugin, told by its DaemonSet: a CRD alone may be left over. */
export interface NetworkPlugin {
  readonly name: string;
  readonly isIt: (daemonSet: DaemonSetView) => boolean;
  /** The ConfigMap that has a say, in the namespace of the DaemonSet. */
  readonly configMap?: string;
  readonly judge: (daemonSet: DaemonSetView, configMaps: ConfigMaps) => Enforcement;
}

const always = (message: string) => (): Enforcement => ({ enforces: 'yes', message });

function hasLabel({ podLabels }: DaemonSetView, key: string, ...values: readonly string[]): boolean {
  return values.includes(textOf(memberOf(podLabels, key)));
}

const ciliumConfig = 'cilium-config';

/** A setting of Cilium, as an argument of its agent or in cilium-config, that can keep it from enforcing. */
interface CiliumSetting {
  readonly name: string;
  readonly off: string;
  readonly on: string;
  /** Whether it is off; undefined where that does not show. */
  readonly isOff: (agent: unknown, configured: string) => boolean | undefined;
}

/** https://docs.cilium.io/en/stable/cmdref/cilium-agent/ */
const ciliumSettings: readonly CiliumSetting[] = [
  {
    name: 'enable-policy',
    off: 'never',
    on: 'default',
    isOff: (agent, configured) => {
      const given = textFlag(agent, '--enable-policy');
      return given === undefined ? undefined : (given === '' ? configured : given).toLowerCase() === 'never';
    },
  },
  {
    name: 'policy-audit-mode',
    off: 'true',
    on: 'false',
    isOff: (agent, configured) => booleanFlag(agent, '--policy-audit-mode', configured === 'true'),
  },
  {
    name: 'enable-k8s-networkpolicy',
    off: 'false',
    on: 'true',
    isOff: (agent, configured) => {
      const isOn = booleanFlag(agent, '--enable-k8s-networkpolicy', configured !== 'false');
      return isOn === undefined ? undefined : !isOn;
    },
  },
];

function judgeCilium({ namespace, name, containers }: DaemonSetView, configMaps: ConfigMaps): Enforcement {
  const key = `${namespace}/${ciliumConfig}`;
  const configMap = configMaps.get(key);
  if (configMap === undefined || configMap === 'missing') {
    const why = configMap === undefined ? 'could not be read' : 'is not there';
    return { enforces: 'unknown', message: `Cilium enforces unless it is told not to, but ConfigMap ${key} ${why}` };
  }
  const data = memberOf(configMap, 'data');
  const settings = ciliumSettings.map((setting) => ({
    setting,
    isOff: setting.isOff(containers.get('cilium-agent'), textOf(memberOf(data, setting.name))),
  }));
  const off = settings.find(({ isOff }) => isOff === true)?.setting;
  if (off !== undefined) {
    const patch = JSON.stringify({ data: { [off.name]: off.on } });
    const kubectl = `kubectl --namespace ${namespace}`;
    return {
      enforces: 'off',
      message: `Cilium enforces no NetworkPolicy: ${off.name} is "${off.off}"`,
      fix: `${kubectl} patch configmap ${ciliumConfig} --type=merge --patch '${patch}' && ${kubectl} rollout restart daemonset ${name}`,
    };
  }
  const untold = settings.find(({ isOff }) => isOff === undefined)?.setting;
  return untold === undefined
    ? { enforces: 'yes', message: 'Cilium enforces NetworkPolicies' }
    : { enforces: 'unknown', message: `the DaemonSet of Cilium does not tell what ${untold.name} is` };
}

function judgeKubeRouter({ containers }: DaemonSetView): Enforcement {
  const [container] = [...containers.values()];
  const isOn = booleanFlag(containers.get('kube-router') ?? container, '--run-firewall', true);
  if (isOn === true) return { enforces: 'yes', message: 'kube-router runs its firewall' };
  return isOn === undefined
    ? { enforces: 'unknown', message: 'its DaemonSet does not tell whether kube-router runs its firewall' }
    : {
        enforces: 'off',
        message: 'kube-router runs without its firewall (--run-firewall=false)',
        fix: 'Set --run-firewall=true in the arguments of the DaemonSet kube-router.',
      };
}

export const awsConfigMap = 'amazon-vpc-cni';
const awsController = 'enable-network-policy-controller';
const awsFix =
  'aws eks update-addon --cluster-name <cluster> --addon-name vpc-cni --configuration-values \'{"enableNetworkPolicy":"true"}\'';

/** What the ConfigMap says of the controller that makes rules of policies; undefined where it is not known. */
export function isAwsControllerOn(configMaps: ConfigMaps): boolean | undefined {
  const configMap = configMaps.get(`kube-system/${awsConfigMap}`);
  if (configMap === undefined || configMap === 'missing') return undefined;
  const value = textOf(memberOf(memberOf(configMap, 'data'), awsController));
  return value === '' ? undefined : value === 'true';
}

/** Two halves: a controller that reads policies, and an agent on each node, which is there even where it is switched off. */
function judgeAws({ containers }: DaemonSetView, configMaps: ConfigMaps): Enforcement {
  const agent = containers.get('aws-eks-nodeagent');
  if (agent === undefined) {
    return { enforces: 'never', message: 'the AWS VPC CNI runs without its network policy agent', fix: awsFix };
  }
  const [isAgentOn, isControllerOn] = [
    booleanFlag(agent, '--enable-network-policy', false),
    isAwsControllerOn(configMaps),
  ];
  if (isAgentOn === false) {
    const message = 'the network policy agent of the AWS VPC CNI runs without --enable-network-policy=true';
    return { enforces: 'off', message, fix: awsFix };
  }
  if (isControllerOn === false) {
    return {
      enforces: 'off',
      message: `${awsController} is not "true" in ConfigMap kube-system/${awsConfigMap}`,
      fix: awsFix,
    };
  }
  if (isAgentOn === undefined || isControllerOn === undefined) {
    const message = `the agent of the AWS VPC CNI needs a controller, and ConfigMap kube-system/${awsConfigMap} does not tell whether it runs`;
    return { enforces: 'unknown', message };
  }
  return { enforces: 'yes', message: 'the AWS VPC CNI runs its network policy agent and controller' };
}

/** Images of kindnet are named by their day; kind v0.24.0 came with the first release that enforces. */
const firstEnforcingKindnet = '20240813';

function judgeKindnet({ containers }: DaemonSetView): Enforcement {
  const image =
    [...containers.values()].map((one) => textOf(memberOf(one, 'image'))).find((one) => one.includes('kindnet')) ?? '';
  const day = /kindest\/kindnetd:v(\d{8})-/.exec(image)?.[1];
  if (day === undefined) {
    return { enforces: 'unknown', message: `kindnet of an image without a known version: ${JSON.stringify(image)}` };
  }
  return day >= firstEnforcingKindnet
    ? { enforces: 'yes', message: `kindnet of ${day} enforces NetworkPolicies` }
    : {
        enforces: 'never',
        message: `kindnet of ${day} accepts NetworkPolicies and does nothing with them`,
        fix: 'Make the cluster anew with kind v0.24.0 or later, or install another network plugin.',
      };
}

function judgeWeave({ containers }: DaemonSetView): Enforcement {
  return containers.has('weave-npc')
    ? { enforces: 'yes', message: 'Weave Net runs its network policy controller' }
    : { enforces: 'never', message: 'Weave Net runs without weave-npc', fix: installFix };
}

/** What is to be done where nothing can enforce. */
export const installFix =
  'Install a network plugin that enforces NetworkPolicies, such as Cilium or Calico, or kube-network-policies beside the one that is there.';

/** https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/, each by its own manifests. */
export const networkPlugins: readonly NetworkPlugin[] = [
  {
    name: 'Calico',
    // Canal, and that of RKE2, run Calico's agent beside flannel.
    isIt: (set) =>
      /^calico-node(-windows)?$/.test(set.name) ||
      set.containers.has('calico-node') ||
      hasLabel(set, 'k8s-app', 'calico-node', 'canal'),
    judge: always('Calico enforces NetworkPolicies'),
  },
  {
    name: 'GKE Dataplane V2',
    isIt: ({ name }) => /^anetd(-|$)/.test(name),
    judge: always('GKE Dataplane V2 enforces NetworkPolicies'),
  },
  {
    name: 'Cilium',
    isIt: (set) => set.name === 'cilium' || set.containers.has('cilium-agent') || hasLabel(set, 'k8s-app', 'cilium'),
    configMap: ciliumConfig,
    judge: judgeCilium,
  },
  {
    name: 'Antrea',
    isIt: ({ name, containers }) => /^antrea-agent(-windows)?$/.test(name) || containers.has('antrea-agent'),
    judge: always('Antrea enforces NetworkPolicies'),
  },
  { name: 'Weave Net', isIt: ({ name }) => name === 'weave-net', judge: judgeWeave },
  {
    name: 'kube-router',
    isIt: (set) => set.name === 'kube-router' || hasLabel(set, 'k8s-app', 'kube-router'),
    judge: judgeKubeRouter,
  },
  { name: 'AWS VPC CNI', isIt: ({ name }) => name === 'aws-node', configMap: awsConfigMap, judge: judgeAws },
  {
    name: 'Azure NPM',
    isIt: ({ name }) => /^azure-npm(-win)?$/.test(name),
    judge: always('Azure Network Policy Manager enforces NetworkPolicies'),
  },
  { name: 'kindnet', isIt: (set) => set.name === 'kindnet' || hasLabel(set, 'app', 'kindnet'), judge: judgeKindnet },
  {
    name: 'kube-network-policies',
    isIt: (set) => set.name === 'kube-network-policies' || hasLabel(set, 'k8s-app', 'kube-network-policies'),
    judge: always('kube-network-policies enforces NetworkPolicies'),
  },
  {
    name: 'OVN-Kubernetes',
    isIt: ({ name }) => name === 'ovnkube-node',
    judge: always('OVN-Kubernetes enforces NetworkPolicies'),
  },
  {
    name: 'Flannel',
    isIt: ({ name, containers }) => /^kube-flannel(-ds.*)?$/.test(name) || containers.has('kube-flannel'),
    judge: () => ({ enforces: 'never', message: 'Flannel enforces no NetworkPolicies', fix: installFix }),
  },
];
