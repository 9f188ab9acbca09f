import { namespaceName, tenantLabel } from '../reviews.ts';

/** How large the cluster is. */
export interface ClusterSize {
  readonly namespaces: number;
  readonly podsEach: number;
  readonly policiesEach: number;
}

/** What stands in the texts for names that differ. */
const [appMark, tokenMark, nodeMark] = ['@app@', '@token@', '@node@'];

/** One Pod in so many is on the host's network, without a controller that has it too. */
const violationEvery = 500;

/** A stored object as JSON, in the order of the API server's keys; undefined past the last. */
export function listedObject(resource: string, index: number, size: ClusterSize): string | undefined {
  const each = eachOf(resource, size);
  const namespace = Math.floor(index / each);
  if (each === 0 || namespace >= size.namespaces) return undefined;
  const [home, number] = [sortedNames(size.namespaces)[namespace] ?? '', index % each];
  switch (resource) {
    case 'namespaces':
      return namespaceText(home);
    case 'pods':
      return podText(home, number, index);
    case 'networkpolicies':
      return policyText(home, number);
    case 'deployments':
    case 'replicasets':
      return workloadText(home, number, resource);
    case 'resourcequotas':
      return object(home, 'quota', '', '"spec":{"hard":{"pods":"100","limits.cpu":"8","limits.memory":"16Gi"}}');
    default:
      return object(home, 'limits', '', '"spec":{"limits":[{"type":"Container","max":{"cpu":"2","memory":"2Gi"}}]}');
  }
}

function eachOf(resource: string, { podsEach, policiesEach }: ClusterSize): number {
  const counts: Readonly<Record<string, number>> = {
    namespaces: 1,
    pods: podsEach,
    networkpolicies: policiesEach,
    deployments: Math.ceil(podsEach / 10),
    replicasets: Math.ceil(podsEach / 5),
    resourcequotas: 1,
    limitranges: 1,
  };
  return counts[resource] ?? 0;
}

const namesBySize = new Map<number, readonly string[]>();

/** In the order of the API server's keys. */
function sortedNames(count: number): readonly string[] {
  const names = namesBySize.get(count) ?? Array.from({ length: count }, (_, index) => namespaceName(index)).sort();
  namesBySize.set(count, names);
  return names;
}

function tenantIn(namespace: string): string {
  return namespace.slice(0, namespace.indexOf('-ns-'));
}

const managers = JSON.stringify([
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-06-01T12:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries(
      Array.from({ length: 25 }, (_, index) => [`f:field${index}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
    ),
  },
]);

function object(namespace: string, name: string, metadata: string, rest: string): string {
  const uid = `${namespace}-${name}`;
  return `{"metadata":{"name":"${name}","namespace":"${namespace}","uid":"${uid}","resourceVersion":"123456","creationTimestamp":"2026-06-01T12:00:00Z"${metadata},"managedFields":${managers}},${rest}}`;
}

function namespaceText(name: string): string {
  const labels = JSON.stringify({
    'kubernetes.io/metadata.name': name,
    [tenantLabel]: tenantIn(name),
    'pod-security.kubernetes.io/enforce': 'baseline',
  });
  return `{"metadata":{"name":"${name}","uid":"${name}","resourceVersion":"1","labels":${labels},"managedFields":${managers}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}`;
}

/** A spec of the size that a usual one has: two containers with probes, resources and environment, and volumes. */
const container = (name: string) => ({
  name,
  image: `registry.example.com/${appMark}/${name}:1.2.3`,
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
  env: Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `a value of setting ${index}` })),
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  volumeMounts: [{ name: tokenMark, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
  livenessProbe: { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 },
  readinessProbe: { httpGet: { path: '/readyz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 },
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true },
});
const templateSpec = {
  containers: [container('web'), container('proxy')],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  serviceAccountName: 'web',
  securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  schedulerName: 'default-scheduler',
};
/** What the API server and the scheduler put into a Pod beside what its template has. */
const podSpec = {
  volumes: [
    { name: tokenMark, projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] } },
  ],
  ...templateSpec,
  nodeName: nodeMark,
  tolerations: [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  ],
};
const templateSpecText = JSON.stringify(templateSpec);
const specText = JSON.stringify(podSpec);
const hostSpecText = JSON.stringify({ ...podSpec, hostNetwork: true });

/** The spec of an app; of a Pod, with the names that differ among its replicas. */
function specOf(text: string, app: string, index: number): string {
  const token = `kube-api-access-${(index * 7919 + 1_679_616).toString(36).slice(-5)}`;
  return text
    .replaceAll(appMark, app)
    .replaceAll(tokenMark, token)
    .replace(nodeMark, `node-${index % 1_000}`);
}

const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
const statusText = JSON.stringify({
  phase: 'Running',
  conditions: conditions.map((type) => ({ type, status: 'True', lastTransitionTime: '2026-06-01T12:00:00Z' })),
  podIPs: [{ ip: '10.1.2.3' }],
  containerStatuses: ['web', 'proxy'].map((name) => ({
    name,
    ready: true,
    restartCount: 0,
    image: `registry.example.com/team/${name}:1.2.3`,
    imageID: `registry.example.com/team/${name}@sha256:${'a'.repeat(64)}`,
    state: { running: { startedAt: '2026-06-01T12:00:00Z' } },
  })),
});

function labelsOf(home: string, app: number): string {
  return JSON.stringify({
    app: `app-${app}`,
    'pod-template-hash': '5d4f8c9b7',
    [tenantLabel]: tenantIn(home),
  });
}

function podText(home: string, number: number, index: number): string {
  const app = Math.floor(number / 10);
  const owner = JSON.stringify([
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `set-${app}`, uid: `${home}-set-${app}`, controller: true },
  ]);
  const metadata = `,"labels":${labelsOf(home, app)},"ownerReferences":${owner}`;
  const isBad = index % violationEvery === 0;
  return object(
    home,
    `pod-${String(number).padStart(5, '0')}`,
    metadata,
    `"spec":${specOf(isBad ? hostSpecText : specText, `${home}/app-${app}`, index)},"status":${statusText}`,
  );
}

function workloadText(home: string, number: number, resource: string): string {
  const labels = labelsOf(home, number);
  const rest = `"spec":{"selector":{"matchLabels":{"app":"app-${number}"}},"template":{"metadata":{"labels":${labels}},"spec":${specOf(templateSpecText, `${home}/app-${number}`, number)}}}`;
  return object(home, `${resource === 'deployments' ? 'app' : 'set'}-${number}`, `,"labels":${labels}`, rest);
}

function policyText(home: string, number: number): string {
  if (number === 0)
    return object(home, 'default-deny', '', '"spec":{"podSelector":{},"policyTypes":["Ingress","Egress"]}');
  const peer = { namespaceSelector: { matchLabels: { [tenantLabel]: tenantIn(home) } } };
  const rest = {
    podSelector: { matchLabels: { app: 'app-0' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [peer], ports: [{ port: 8080 }] }],
  };
  return object(home, `policy-${number}`, '', `"spec":${JSON.stringify(rest)}`);
}
