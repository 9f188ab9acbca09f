import type { JsonObject } from '../../algebra/json-object.ts';
import { booleanFlag, memberOf, textFlag } from '../../policy/command-flags.ts';
import { textOf } from './daemon-set-view.ts';
import { installFix, isAwsControllerOn, type ConfigMaps, type Enforcement } from './network-plugins.ts';

/** What nodes enforce by themselves, without a DaemonSet, and which nodes these are. */
export interface NodeEnforcement extends Enforcement {
  readonly covers: (node: JsonObject) => boolean;
}

/** What the nodes themselves say of enforcement. */
export function nodeEnforcements(nodes: readonly JsonObject[], configMaps: ConfigMaps): readonly NodeEnforcement[] {
  return [...k3sEnforcement(nodes), ...eksAutoEnforcement(nodes, configMaps), ...gkeEnforcement(nodes)];
}

const k3sArguments = 'metadata.annotations["k3s.io/node-args"]';

/**
 * K3s runs kube-router's policy controller in its own process, unless a server is told otherwise: agents do as their servers
 * say (https://docs.k3s.io/networking/networking-services#network-policy-controller).
 */
function k3sEnforcement(nodes: readonly JsonObject[]): readonly NodeEnforcement[] {
  if (!nodes.some(isK3s)) return [];
  const servers = nodes.filter(isK3s).flatMap((node) => serverOf(node));
  const common = { field: k3sArguments, covers: isK3s };
  if (servers.length === 0) {
    const message = 'K3s enforces unless it is told otherwise, and no node shows with which arguments its server runs';
    return [{ ...common, enforces: 'unknown', message }];
  }
  if (servers.some(isPolicyDisabled)) {
    const fix = 'Take disable-network-policy out of the configuration of the K3s servers, and restart them.';
    return [{ ...common, enforces: 'off', message: 'K3s runs with --disable-network-policy', fix }];
  }
  if (servers.some((server) => textFlag(server, '--flannel-backend') === 'none')) {
    const message = 'K3s runs with --flannel-backend=none, so another network plugin has to be there';
    return [{ ...common, enforces: 'unknown', message }];
  }
  return [{ ...common, enforces: 'yes', message: 'K3s runs its network policy controller' }];
}

function isK3s(node: JsonObject): boolean {
  return kubeletVersion(node).includes('+k3s');
}

/** The annotation cuts a flag from its value: `--flag=false` is two words there. */
function isPolicyDisabled(server: unknown): boolean {
  const flag = '--disable-network-policy';
  return booleanFlag(server, flag, false) !== false && textFlag(server, flag) !== 'false';
}

/** The arguments of a node that is a server, in the shape of a container. */
function serverOf(node: JsonObject): readonly { readonly args: readonly unknown[] }[] {
  const text = textOf(memberOf(memberOf(memberOf(node, 'metadata'), 'annotations'), 'k3s.io/node-args'));
  const args = listIn(text);
  return args[0] === 'server' ? [{ args }] : [];
}

function listIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  } catch {
    return [];
  }
}

/** Nodes of EKS Auto Mode have the agent in them; the controller is switched by a ConfigMap. */
function eksAutoEnforcement(nodes: readonly JsonObject[], configMaps: ConfigMaps): readonly NodeEnforcement[] {
  if (!nodes.some(isAuto)) return [];
  const isOn = isAwsControllerOn(configMaps);
  const where = 'ConfigMap kube-system/amazon-vpc-cni';
  if (isOn === true) return [{ enforces: 'yes', message: `EKS Auto Mode enforces, as ${where} says`, covers: isAuto }];
  const fix = `kubectl --namespace kube-system create configmap amazon-vpc-cni --from-literal=enable-network-policy-controller=true`;
  if (isOn === false || configMaps.get('kube-system/amazon-vpc-cni') === 'missing') {
    const message = `EKS Auto Mode enforces nothing until ${where} sets enable-network-policy-controller to "true"`;
    return [{ enforces: 'off', message, fix, covers: isAuto }];
  }
  return [
    { enforces: 'unknown', message: `EKS Auto Mode enforces if ${where} says so, which is not known`, covers: isAuto },
  ];
}

function isAuto(node: JsonObject): boolean {
  return textOf(memberOf(labelsOf(node), 'eks.amazonaws.com/compute-type')) === 'auto';
}

/** GKE enforces by Calico or by Dataplane V2, whose DaemonSets show; without either nothing does. */
function gkeEnforcement(nodes: readonly JsonObject[]): readonly NodeEnforcement[] {
  const isGke = (node: JsonObject): boolean => kubeletVersion(node).includes('-gke.');
  if (!nodes.some(isGke)) return [];
  const fix = `Switch network policy enforcement on in GKE (gcloud container clusters update <cluster> --enable-network-policy), or move to Dataplane V2. ${installFix}`;
  return [
    {
      enforces: 'never',
      message: 'GKE enforces nothing without Dataplane V2 or network policy enforcement',
      fix,
      covers: isGke,
    },
  ];
}

function kubeletVersion(node: JsonObject): string {
  return textOf(memberOf(memberOf(memberOf(node, 'status'), 'nodeInfo'), 'kubeletVersion'));
}

/** Labels of a node. */
export function labelsOf(node: JsonObject): unknown {
  return memberOf(memberOf(node, 'metadata'), 'labels');
}
