import type { ClusterReader } from '../../src/admission/doctor/cluster-question.ts';
import type { ObjectReading } from '../../src/admission/object-ports.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { service, stored, type RawConfiguration } from './registration.ts';

const admissionPath = '/apis/admissionregistration.k8s.io/v1';

/** Where each thing is read that the doctor reads. */
export const paths = {
  version: '/version',
  validating: `${admissionPath}/validatingwebhookconfigurations/tenantgate`,
  mutating: `${admissionPath}/mutatingwebhookconfigurations/tenantgate`,
  everyValidating: `${admissionPath}/validatingwebhookconfigurations`,
  everyMutating: `${admissionPath}/mutatingwebhookconfigurations`,
  groups: '/apis',
  core: '/api/v1',
  service: `/api/v1/namespaces/${service.namespace}/services/${service.name}`,
  endpoints: `/apis/discovery.k8s.io/v1/namespaces/${service.namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${service.name}`,
  namespace: `/api/v1/namespaces/${service.namespace}`,
} as const;

/** A cluster in which everything is as it should be, until a test changes it. */
export interface ExaminedCluster {
  readonly reader: ClusterReader;
  /** Every answer by path; what is not there is missing. */
  readonly answers: Map<string, ObjectReading>;
  readonly asked: string[];
  readonly put: (path: string, object: unknown) => void;
  /** Changes one of our configurations, and what stands in the list of all. */
  readonly change: (kind: 'validating' | 'mutating', change: (object: RawConfiguration) => void) => void;
  /** Undefined: answers carry no time. */
  time: Date | undefined | Error;
}

export const examinedAt = new Date();
const { caBundle } = await createDevelopmentCertificate({ now: examinedAt });

/** Resources by group and version, each with whether it is namespaced. */
const served: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  'apps/v1': { daemonsets: true, deployments: true, 'deployments/scale': true, replicasets: true, statefulsets: true },
  'batch/v1': { cronjobs: true, jobs: true },
  'networking.k8s.io/v1': { networkpolicies: true, ingresses: true },
  'helm.toolkit.fluxcd.io/v2beta2': { helmcharts: true },
  'helm.toolkit.fluxcd.io/v2': { helmreleases: true },
  'kustomize.toolkit.fluxcd.io/v1': { kustomizations: true },
};

const core = {
  namespaces: false,
  'namespaces/finalize': false,
  'namespaces/status': false,
  nodes: false,
  pods: true,
  'pods/ephemeralcontainers': true,
  'pods/resize': true,
  podtemplates: true,
  replicationcontrollers: true,
};

function resourceList(resources: Readonly<Record<string, boolean>>): object {
  return {
    kind: 'APIResourceList',
    resources: Object.entries(resources).map(([name, namespaced]) => ({ name, namespaced })),
  };
}

function groupList(): object {
  const names = [...new Set(Object.keys(served).map((path) => path.split('/')[0] ?? ''))];
  const groups = names.map((name) => ({
    name,
    versions: Object.keys(served).flatMap((path) => (path.startsWith(`${name}/`) ? [{ groupVersion: path }] : [])),
  }));
  return { kind: 'APIGroupList', groups };
}

export function examinedCluster(): ExaminedCluster {
  const answers = new Map<string, ObjectReading>();
  const asked: string[] = [];
  const put = (path: string, object: unknown): void => void answers.set(path, { state: 'read', object });
  const cluster: ExaminedCluster = {
    answers,
    asked,
    put,
    time: examinedAt,
    reader: {
      read: (path) => {
        asked.push(path);
        return Promise.resolve(answers.get(path) ?? { state: 'missing' });
      },
      serverTime: () => (cluster.time instanceof Error ? Promise.reject(cluster.time) : Promise.resolve(cluster.time)),
    },
    change: (kind, change) => {
      const isValidating = kind === 'validating';
      const object = stored(isValidating ? 'ValidatingWebhookConfiguration' : 'MutatingWebhookConfiguration', caBundle);
      change(object);
      put(paths[kind], object);
      put(isValidating ? paths.everyValidating : paths.everyMutating, { kind: 'List', items: [object] });
    },
  };
  cluster.change('validating', () => undefined);
  cluster.change('mutating', () => undefined);
  put(paths.version, { gitVersion: 'v1.36.3' });
  put(paths.groups, groupList());
  put(paths.core, resourceList(core));
  for (const [path, resources] of Object.entries(served)) put(`/apis/${path}`, resourceList(resources));
  put(paths.service, { spec: { type: 'ClusterIP', ports: [{ name: 'https', port: service.port }] } });
  put(paths.endpoints, {
    items: [{ ports: [{ name: 'https', port: 8443 }], endpoints: [{ conditions: { ready: true } }, {}] }],
  });
  put(paths.namespace, { metadata: { name: service.namespace, labels: { team: 'platform' } } });
  return cluster;
}
