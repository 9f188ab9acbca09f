import { fluxKinds, type FluxKind } from '../../src/policy/objects/flux-kinds.ts';
import { foreignPolicyKinds, type ForeignPolicyKind } from '../../src/policy/objects/foreign-policy-kinds.ts';
import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';

/** A manifest as a plain value. */
export type Manifest = Readonly<Record<string, unknown>>;

/** The least of each kind that a cluster takes and no rule objects to, in namespace acme-dev. */
// eslint-disable-next-line complexity -- a table of kinds
export function minimalObject(kind: Kind): Manifest {
  if (isFluxKind(kind)) return minimalFluxObject(kind);
  if (isForeignPolicyKind(kind)) return minimalForeignPolicy(kind);
  switch (kind) {
    case 'Pod':
      return minimalPod();
    case 'Namespace':
      return minimalNamespace();
    case 'NetworkPolicy':
      return minimalNetworkPolicy();
    case 'Role':
    case 'ClusterRole':
      return minimalRole(kind);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return minimalRoleBinding(kind);
    case 'Service':
      return minimalService();
    case 'Endpoints':
      return head('v1', kind);
    case 'EndpointSlice':
      return { ...head('discovery.k8s.io/v1', kind), addressType: 'IPv4', endpoints: [] };
    case 'Ingress':
      return minimalIngress();
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute':
      return minimalRoute(kind);
    case 'ReferenceGrant':
      return minimalReferenceGrant();
    case 'ResourceQuota':
      return minimalResourceQuota();
    case 'LimitRange':
      return minimalLimitRange();
    case 'PodTemplate':
      return { ...head('v1', kind), template: podTemplate };
    case 'CronJob':
      return { ...head('batch/v1', kind), spec: { jobTemplate: { spec: { template: podTemplate } } } };
    case 'Job':
      return { ...head('batch/v1', kind), spec: { template: podTemplate } };
    case 'ReplicationController':
      return { ...head('v1', kind), spec: { template: podTemplate } };
    default:
      return { ...head('apps/v1', kind), spec: { selector: { matchLabels: { app: 'web' } }, template: podTemplate } };
  }
}

/** A policy of a network plugin that says nothing. */
export function minimalForeignPolicy(kind: ForeignPolicyKind): Manifest {
  const { group, kind: name } = foreignPolicyKinds[kind];
  return { ...head(`${group}/v1`, name), spec: {} };
}

function isForeignPolicyKind(kind: Kind): kind is ForeignPolicyKind {
  return Object.hasOwn(foreignPolicyKinds, kind);
}

export function minimalPod(): Manifest {
  return { ...head('v1', 'Pod'), spec: { containers: [{ name: 'web', image: 'web:1' }] } };
}

/** A Namespace of tenant acme. */
export function minimalNamespace(): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'acme-dev', labels: { 'tenantgate.dev/tenant': 'acme' } },
  };
}

/** A policy that denies everything in both directions. */
export function minimalNetworkPolicy(): Manifest {
  return {
    ...head('networking.k8s.io/v1', 'NetworkPolicy'),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

function isFluxKind(kind: Kind): kind is FluxKind {
  return Object.hasOwn(fluxKinds, kind);
}

/** Specs of Flux objects that are nothing but what their CRD demands, and as the tenant. */
const fluxSpecs: Readonly<Record<Exclude<FluxKind, 'Kustomization' | 'HelmRelease'>, Manifest>> = {
  GitRepository: { interval: '5m', url: 'https://github.com/acme/web' },
  OCIRepository: { interval: '5m', url: 'oci://ghcr.io/acme/web' },
  Bucket: { interval: '5m', bucketName: 'web', endpoint: 'storage.example.com' },
  HelmRepository: { interval: '5m', url: 'https://charts.example.com' },
  HelmChart: { interval: '5m', chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'web' } },
  ExternalArtifact: { sourceRef: { apiVersion: 'example.com/v1', kind: 'Builder', name: 'web' } },
  ArtifactGenerator: {
    sources: [{ alias: 'web', kind: 'GitRepository', name: 'web' }],
    artifacts: [{ name: 'web', copy: [{ from: '@web/deploy/**', to: '@artifact/' }] }],
  },
  ImageRepository: { interval: '5m', image: 'ghcr.io/acme/web' },
  ImagePolicy: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '1.x' } } },
  ImageUpdateAutomation: {
    interval: '5m',
    sourceRef: { kind: 'GitRepository', name: 'web' },
    git: { commit: { author: { email: 'flux@example.com' } } },
  },
  Alert: { providerRef: { name: 'web' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
  Provider: { type: 'generic', address: 'https://hooks.example.com/web' },
  Receiver: {
    type: 'github',
    secretRef: { name: 'web' },
    resources: [{ kind: 'GitRepository', name: 'web' }],
  },
  ResourceSet: {
    serviceAccountName: 'flux',
    resources: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'acme-dev' } }],
  },
  ResourceSetInputProvider: { type: 'GitHubBranch', url: 'https://github.com/acme/web' },
  FluxInstance: { distribution: { version: '2.x', registry: 'ghcr.io/fluxcd' } },
};

const fluxVersions: Readonly<Partial<Record<FluxKind, string>>> = {
  HelmRelease: 'v2',
  ArtifactGenerator: 'v1beta1',
  Alert: 'v1beta3',
  Provider: 'v1beta3',
};

/** The least of each kind of Flux, in the version that is stored. */
function minimalFluxObject(kind: FluxKind): Manifest {
  if (kind === 'Kustomization') return minimalKustomization();
  if (kind === 'HelmRelease') return minimalHelmRelease();
  const apiVersion = `${fluxKinds[kind].group}/${fluxVersions[kind] ?? 'v1'}`;
  return { ...head(apiVersion, kind), spec: fluxSpecs[kind] };
}

export function minimalKustomization(): Manifest {
  return {
    ...head('kustomize.toolkit.fluxcd.io/v1', 'Kustomization'),
    spec: {
      serviceAccountName: 'flux',
      interval: '5m',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'web' },
    },
  };
}

export function minimalHelmRelease(): Manifest {
  return {
    ...head('helm.toolkit.fluxcd.io/v2', 'HelmRelease'),
    spec: {
      serviceAccountName: 'flux',
      interval: '5m',
      chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'web' } } },
    },
  };
}

/** A role that reads the pods of its namespace, or of all. */
export function minimalRole(kind: 'Role' | 'ClusterRole' = 'Role'): Manifest {
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] };
  return { ...headOf(rbac, kind), rules: [rule] };
}

/** A binding of acme's service account to `view`. */
export function minimalRoleBinding(kind: 'RoleBinding' | 'ClusterRoleBinding' = 'RoleBinding'): Manifest {
  return {
    ...headOf(rbac, kind),
    subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'acme-dev' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
  };
}

export function minimalResourceQuota(): Manifest {
  return { ...head('v1', 'ResourceQuota'), spec: { hard: { pods: '20', 'limits.cpu': '8', 'limits.memory': '16Gi' } } };
}

export function minimalLimitRange(): Manifest {
  const item = { type: 'Container', max: { cpu: '2', memory: '2Gi' }, default: { cpu: '500m', memory: '256Mi' } };
  return { ...head('v1', 'LimitRange'), spec: { limits: [item] } };
}

export function minimalService(): Manifest {
  return { ...head('v1', 'Service'), spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };
}

export function minimalIngress(): Manifest {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  return {
    ...head('networking.k8s.io/v1', 'Ingress'),
    spec: {
      rules: [{ host: 'web.acme.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

export function minimalRoute(kind: 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute' | 'UDPRoute'): Manifest {
  return {
    ...head('gateway.networking.k8s.io/v1', kind),
    spec: { parentRefs: [{ name: 'web' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
  };
}

/** A grant to the other namespace of the same tenant. */
export function minimalReferenceGrant(): Manifest {
  return {
    ...head('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant'),
    spec: {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'acme-prod' }],
      to: [{ group: '', kind: 'Service' }],
    },
  };
}

const rbac = 'rbac.authorization.k8s.io/v1';

const podTemplate = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };

/** The head of a kind that may have no namespace. */
function headOf(apiVersion: string, kind: Kind): Manifest {
  return kinds[kind].namespaced ? head(apiVersion, kind) : { apiVersion, kind, metadata: { name: 'web' } };
}

function head(apiVersion: string, kind: string): Manifest {
  return { apiVersion, kind, metadata: { name: 'web', namespace: 'acme-dev' } };
}

type Path = readonly (string | number)[];

/**
 * The object with one difference: the value at the path is another, or gone where `value` is undefined. What the path
 * lacks on its way is made.
 */
export function tweak(object: Manifest, path: string | Path, value: unknown): Manifest {
  const steps = typeof path === 'string' ? path.split('.') : path;
  return tweaked(object, steps, value) as Manifest;
}

function tweaked(node: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(node)) {
    return node.map((item: unknown, index) => (index === Number(step) ? tweaked(item, rest, value) : item));
  }
  const members = { ...(node as Manifest | undefined) };
  const next = tweaked(members[step], rest, value);
  const others = Object.entries(members).filter(([key]) => key !== String(step));
  return Object.fromEntries(next === undefined ? others : [...others, [String(step), next]]);
}
