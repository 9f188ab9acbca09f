import { type KubernetesObject } from './cluster.ts';

/** Small objects that an API server accepts. Specs are given whole, so that a test shows what it is about. */
export function networkPolicy(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: {}, ...spec },
  };
}

export function configMap(namespace: string, name: string, data: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

const containers = [{ name: 'app', image: 'registry.example/app:1.0' }];

export function pod(
  namespace: string,
  name: string,
  spec: object = {},
  labels?: Record<string, string>,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: { containers, ...spec },
  };
}

/** One object of each kind that holds a pod template, with the path of the template in messages. */
export function workloads(
  namespace: string,
  spec: object,
): readonly { readonly field: string; readonly object: KubernetesObject }[] {
  const labels = { app: 'w' };
  const selector = { matchLabels: labels };
  const template = { metadata: { labels }, spec: { containers, ...spec } };
  const job = { metadata: { labels: {} }, spec: { restartPolicy: 'Never', containers, ...spec } };
  const of = (apiVersion: string, kind: string, rest: object): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name: `w-${kind.toLowerCase()}`, namespace },
    ...rest,
  });
  const atTemplate = 'spec.template';
  return [
    { field: atTemplate, object: of('apps/v1', 'Deployment', { spec: { selector, template } }) },
    { field: atTemplate, object: of('apps/v1', 'ReplicaSet', { spec: { selector, template } }) },
    { field: atTemplate, object: of('apps/v1', 'StatefulSet', { spec: { serviceName: 'w', selector, template } }) },
    { field: atTemplate, object: of('apps/v1', 'DaemonSet', { spec: { selector, template } }) },
    { field: atTemplate, object: of('batch/v1', 'Job', { spec: { template: job } }) },
    { field: atTemplate, object: of('v1', 'ReplicationController', { spec: { selector: labels, template } }) },
    { field: 'template', object: of('v1', 'PodTemplate', { template }) },
    {
      field: 'spec.jobTemplate.spec.template',
      object: of('batch/v1', 'CronJob', { spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: job } } } }),
    },
  ];
}

/** The part of a Kustomization that names its source. */
export function gitSource(name: string, namespace?: string): object {
  return { sourceRef: { kind: 'GitRepository', name, ...(namespace === undefined ? {} : { namespace }) } };
}

export function kustomization(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: {
      interval: '5m',
      prune: true,
      serviceAccountName: 'deployer',
      sourceRef: { kind: 'GitRepository', name: 'app' },
      ...spec,
    },
  };
}

export function helmRelease(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace },
    spec: {
      interval: '5m',
      serviceAccountName: 'deployer',
      chart: { spec: { chart: 'app', sourceRef: { kind: 'HelmRepository', name: 'app' } } },
      ...spec,
    },
  };
}
