import { Buffer } from 'node:buffer';

/** A request as it goes over the wire, and what its answer must be. */
export interface PreparedRequest {
  readonly bytes: Buffer;
  readonly uid: string;
  readonly expected: ExpectedAnswer;
}

/** `patched` is allowed, with a patch. */
export type ExpectedAnswer = 'allowed' | 'patched' | 'denied';

export type WebhookPath = '/validate' | '/mutate';

const tenants = 250;
export const namespaces = 5_000;
export const tenantLabel = 'tenantgate.dev/tenant';

type JsonObject = Readonly<Record<string, unknown>>;

/** Name of the tenant that a namespace belongs to. */
export function tenantOf(namespaceIndex: number): string {
  return `tenant-${String(namespaceIndex % tenants).padStart(3, '0')}`;
}

export function namespaceName(index: number): string {
  return `${tenantOf(index)}-ns-${String(index).padStart(4, '0')}`;
}

export interface PodOptions {
  readonly sizeBytes: number;
  readonly isLabelled?: boolean;
  readonly usesHostNetwork?: boolean;
}

/** A well-behaved Pod as the API server sends it, filled up with environment variables to the size of its JSON. */
export function podOf(
  index: number,
  { sizeBytes, isLabelled = true, usesHostNetwork = false }: PodOptions,
): JsonObject {
  const bare = podWith(index, [], isLabelled, usesHostNetwork);
  const variable = JSON.stringify(environmentVariable(0)).length + 1;
  const missing = sizeBytes - JSON.stringify(bare).length;
  const count = Math.max(0, Math.floor(missing / variable));
  return podWith(
    index,
    Array.from({ length: count }, (_, item) => environmentVariable(item)),
    isLabelled,
    usesHostNetwork,
  );
}

function environmentVariable(item: number): JsonObject {
  const number = String(item).padStart(4, '0');
  return { name: `SETTING_${number}`, value: `https://service-${number}.example.internal:8443/v1` };
}

function podWith(index: number, env: readonly JsonObject[], isLabelled: boolean, usesHostNetwork: boolean): JsonObject {
  const half = Math.ceil(env.length / 2);
  const labels = { app: 'web', 'app.kubernetes.io/name': 'web', 'pod-template-hash': '7c5ddbdf54' };
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: `web-7c5ddbdf54-${String(index).padStart(5, '0')}`,
      generateName: 'web-7c5ddbdf54-',
      namespace: namespaceName(index),
      uid: '0f2dbe44-27c8-4bfe-9a93-0b6f7b6f2e3a',
      creationTimestamp: '2026-01-15T10:00:00Z',
      labels: isLabelled ? { ...labels, [tenantLabel]: tenantOf(index) } : labels,
      annotations: { 'example.com/checksum': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7c5ddbdf54', controller: true }],
    },
    spec: {
      ...(usesHostNetwork ? { hostNetwork: true } : {}),
      serviceAccountName: 'web',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [containerOf('migrate', [])],
      containers: [containerOf('web', env.slice(0, half)), containerOf('metrics', env.slice(half))],
      volumes: [{ name: 'cache', emptyDir: {} }],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
    },
    status: {},
  };
}

function containerOf(name: string, env: readonly JsonObject[]): JsonObject {
  return {
    name,
    image: `registry.example.internal/acme/${name}@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env,
    resources: { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [{ name: 'cache', mountPath: '/var/cache' }],
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** An AdmissionReview v1 that creates the pod. */
export function reviewOf(uid: string, pod: JsonObject): JsonObject {
  const { name, namespace } = pod['metadata'] as { readonly name: string; readonly namespace: string };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name,
      namespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        uid: 'd1f5b2c4-6a5c-4a0e-8f0a-2c6f4f1f7c11',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      },
      object: pod,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}

/** A POST of the review, as the API server writes it. */
export function prepareRequest(
  index: number,
  path: WebhookPath,
  pod: PodOptions,
  expected: ExpectedAnswer,
): PreparedRequest {
  const uid = `3c8a5e0e-8f62-4a53-9d5b-${String(index).padStart(12, '0')}`;
  const body = Buffer.from(JSON.stringify(reviewOf(uid, podOf(index, pod))));
  const head = [
    `POST ${path}?timeout=10s HTTP/1.1`,
    'Host: tenantgate.tenantgate-system.svc:443',
    'User-Agent: kube-apiserver-admission',
    'Accept: application/json, */*',
    'Content-Type: application/json',
    'Accept-Encoding: gzip',
    `Content-Length: ${body.length}`,
    '',
    '',
  ].join('\r\n');
  return { uid, expected, bytes: Buffer.concat([Buffer.from(head), body]) };
}
