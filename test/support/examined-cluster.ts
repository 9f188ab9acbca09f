import type { ClusterReader } from '../../src/admission/doctor/cluster-question.ts';
import type { ObjectReading } from '../../src/admission/object-ports.ts';
import { webhookRules } from '../../src/admission/webhook-rules.ts';
import { rules } from '../../src/policy/rules/index.ts';
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
  /** What the servers say of themselves. */
  servers: ['gate-a', 'gate-b'].map(
    (pod) => `/api/v1/namespaces/${service.namespace}/pods/https:${pod}:8443/proxy/readyz`,
  ),
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

/** Whether each resource is namespaced, by group: all that the rules name, and a little more. */
function servedResources(): ReadonlyMap<string, Readonly<Record<string, boolean>>> {
  const { validating, mutating } = webhookRules(rules);
  const groups = new Map<string, Record<string, boolean>>([['', { nodes: false, 'pods/status': true }]]);
  for (const { apiGroups, resources, scope } of [...validating, ...mutating].flatMap((entry) => entry.rules)) {
    const group = groups.get(apiGroups[0] ?? '') ?? {};
    for (const resource of resources) group[resource] = scope === 'Namespaced';
    groups.set(apiGroups[0] ?? '', group);
  }
  return groups;
}

function resourceList(resources: Readonly<Record<string, boolean>>): object {
  return {
    kind: 'APIResourceList',
    resources: Object.entries(resources).map(([name, namespaced]) => ({ name, namespaced })),
  };
}

/** Groups as discovery lists them; Helm's has a version before the one that counts. */
export function groupList(names: readonly string[]): object {
  const versionsOf = (name: string) => (name === 'helm.toolkit.fluxcd.io' ? ['v0', 'v1'] : ['v1']);
  const groups = names.map((name) => ({
    name,
    versions: versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}` })),
  }));
  return { kind: 'APIGroupList', groups };
}

export const servedGroups = [...servedResources().keys()].filter((name) => name !== '');

export function podReference(name: string): object {
  return { kind: 'Pod', namespace: service.namespace, name };
}

/** What a server says of itself. */
export function serverHealth(policies: object = {}, certificate: object = {}): object {
  const end = new Date(examinedAt.getTime() + 30 * 86_400_000).toISOString();
  return {
    ready: true,
    checks: [
      { name: 'policies', ready: true, inForce: '5d1c0b9a7e42', ...policies },
      { name: 'certificate', ready: true, inForce: end, ...certificate },
    ],
  };
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
  put(paths.groups, groupList(servedGroups));
  put('/apis/helm.toolkit.fluxcd.io/v0', resourceList({ helmcharts: true }));
  for (const [group, resources] of servedResources()) {
    put(group === '' ? paths.core : `/apis/${group}/v1`, resourceList(resources));
  }
  put(paths.service, { spec: { type: 'ClusterIP', ports: [{ name: 'https', port: service.port }] } });
  put(paths.endpoints, {
    items: [
      {
        ports: [
          { name: 'https', port: 8443 },
          { name: 'metrics', port: 8080 },
        ],
        endpoints: [
          { conditions: { ready: true }, targetRef: podReference('gate-b') },
          { targetRef: podReference('gate-a') },
        ],
      },
    ],
  });
  for (const path of paths.servers) put(path, serverHealth());
  put(paths.namespace, { metadata: { name: service.namespace, labels: { team: 'platform' } } });
  return cluster;
}
