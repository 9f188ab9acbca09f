import { Type } from '../../../src/algebra/schema.ts';
import { policySetNames } from '../../../src/config/policy-set-names.ts';
import { policyTopics } from '../policy-sets.ts';

/**
 * The values of the Helm chart: name, type, default and text in one place. `values.yaml`, `values.schema.json` and the
 * chart's README are made from it. Tenancy and policies are completed with the schemas of the documents.
 */
const closed = { additionalProperties: false } as const;

type Member = ReturnType<typeof Type.Optional>;

const group = (description: string, members: Readonly<Record<string, Member>>) =>
  Type.Optional(Type.Object(members, { ...closed, description }));
const text = (description: string, preset: string, more: object = {}) =>
  Type.Optional(Type.String({ description, default: preset, ...more }));
const flag = (description: string, preset: boolean) => Type.Optional(Type.Boolean({ description, default: preset }));
const whole = (description: string, preset: number, minimum: number, maximum: number) =>
  Type.Optional(Type.Integer({ description, default: preset, minimum, maximum }));
const choice = (description: string, preset: string, ...others: readonly string[]) =>
  Type.Optional(Type.Enum([preset, ...others], { description, default: preset }));
const texts = (description: string, preset: readonly string[] = [], item: object = {}) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, ...item }), { description, default: [...preset] }));
/** A part of a Kubernetes object that is handed on as it is. */
const passed = (description: string, type: 'object' | 'array', preset: unknown = type === 'object' ? {} : []) =>
  Type.Optional(Type.Unsafe<unknown>({ type, description, default: preset }));

const namespaceName = { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 };
/** A Go duration in hours, as cert-manager takes it. */
const hours = { pattern: '^[1-9][0-9]*h$' };
const cidr = { pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' };

const image = group('The container image.', {
  repository: text('Repository without a tag.', 'ghcr.io/tenantgate/tenantgate', { minLength: 1 }),
  tag: text("Tag; empty: the chart's appVersion.", ''),
  digest: text('Digest such as `sha256:…`; wins over the tag.', '', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
  pullPolicy: choice('When the kubelet pulls the image.', 'IfNotPresent', 'Always', 'Never'),
  pullSecrets: texts('Names of pull secrets in the namespace of the release.'),
});

const policies = group('Which rules hold.', {
  set: choice(
    'The set that is in force. See [policy sets](../../docs/policy-sets.md).',
    ...(policySetNames as readonly [string, ...string[]]),
  ),
  topics: Type.Optional(
    Type.Array(Type.Enum([...policyTopics()]), {
      description: 'Topics of the set that are in force, one document each.',
      default: [...policyTopics()],
    }),
  ),
  custom: passed(
    'Policies of your own: name → `spec` of a Policy document. See [policies](../../docs/policies.md).',
    'object',
  ),
});

const certificates = group('The serving certificate.', {
  mode: choice(
    '`cert-manager`: issued and renewed by cert-manager, which must be installed. `secret`: you give a Secret and its CA. `self-managed`: Tenantgate makes and renews it.',
    'cert-manager',
    'secret',
    'self-managed',
  ),
  clusterDomain: text('DNS domain of the cluster, for the second name in the certificate.', 'cluster.local', {
    minLength: 1,
  }),
  certManager: group('Only with mode `cert-manager`.', {
    issuerRef: passed(
      'Issuer of yours, as `name`, `kind` and `group`. Empty: the chart makes a CA of its own.',
      'object',
    ),
    duration: text('Lifetime of the serving certificate.', '2160h', hours),
    renewBefore: text('How long before its end it is renewed.', '720h', hours),
    caDuration: text("Lifetime of the chart's own CA.", '87600h', hours),
  }),
  secret: group('Only with mode `secret`.', {
    name: text('Secret of type `kubernetes.io/tls` in the namespace of the release.', ''),
    caBundle: text('CA that signed it, PEM or base64 of PEM. The API server trusts nothing else.', ''),
  }),
});

const mtls = group('Client certificates: nothing is read from a caller that has none of the CA.', {
  enabled: flag('Demand client certificates. The API server must be configured to send one.', false),
  clientCA: group('Where the CA is.', {
    kind: choice('Kind of the object that holds it.', 'ConfigMap', 'Secret'),
    name: text('Name of that object.', ''),
    key: text('Its key.', 'ca.crt', { minLength: 1 }),
  }),
  clientNames: texts("Common names that are let in, such as the API server's; empty: any that the CA signed."),
});

const webhooks = group('How the API server calls Tenantgate.', {
  failurePolicy: choice(
    '`auto`: `Fail` in mode enforce and `Ignore` in modes audit and warn, which deny nothing. `Fail` or `Ignore`: always that.',
    'auto',
    'Fail',
    'Ignore',
  ),
  timeoutSeconds: group('How long the API server waits for an answer.', {
    validate: whole('Of the validating webhooks.', 3, 1, 10),
    mutate: whole('Of the mutating webhooks.', 2, 1, 10),
  }),
  excludedNamespaces: texts(
    "Namespaces that are never sent, beside kube-system, kube-public, kube-node-lease, the platform's and the release's. Nothing is judged there.",
    [],
    namespaceName,
  ),
  staged: group('First roll-out: only a few namespaces are sent, and a failing webhook admits.', {
    enabled: flag('Register for the namespaces below only, with failurePolicy `Ignore`.', false),
    namespaces: texts('The namespaces of the first roll-out.', [], namespaceName),
  }),
  hooks: flag(
    'Register only when a server is ready, and take the registration away before anything else on uninstall, by Helm hooks. Turn it off where manifests are rendered by `helm template` or Argo CD.',
    true,
  ),
  readyTimeoutSeconds: whole('How long the first registration waits for a ready server.', 300, 10, 3600),
  annotations: passed('Annotations of both webhook configurations.', 'object'),
});

const server = group('How the server runs.', {
  drainSeconds: whole(
    'How long connections are drained after SIGTERM, so that every node has heard of it.',
    15,
    1,
    300,
  ),
  maxInFlight: whole('Requests judged at once; above it callers are told to come back.', 200, 1, 100_000),
  logLevel: choice('Log level.', 'info', 'debug', 'warn', 'error', 'silent'),
  tlsMinVersion: choice('Lowest TLS version.', '1.3', '1.2'),
});

const networkPolicy = group('A NetworkPolicy for the pods of Tenantgate.', {
  enabled: flag('Make it.', true),
  apiServer: group('Where the API server is.', {
    addresses: texts(
      'Blocks that calls come from and go to. Empty: any address, since it cannot be known here.',
      [],
      cidr,
    ),
    ports: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
        description: 'Ports of the API server, behind its Service and at its own address.',
        default: [443, 6443],
      }),
    ),
  }),
  metricsNamespaces: texts('Namespaces that may scrape metrics. Empty: none.', [], namespaceName),
});

const metrics = group('Metrics, and what watches them.', {
  serviceMonitor: group('A ServiceMonitor of the Prometheus operator.', {
    enabled: flag('Make it.', false),
    interval: text('How often to scrape.', '30s', { pattern: '^[1-9][0-9]*(s|m)$' }),
    labels: passed('Labels by which your Prometheus finds it.', 'object'),
  }),
  prometheusRule: group('Alert rules, as a PrometheusRule of the Prometheus operator.', {
    enabled: flag('Make it.', false),
    labels: passed('Labels by which your Prometheus finds it.', 'object'),
  }),
  dashboard: group('A Grafana dashboard, as a ConfigMap for its sidecar.', {
    enabled: flag('Make it.', false),
    labels: passed("Labels by which Grafana's sidecar finds it.", 'object', { grafana_dashboard: '1' }),
  }),
});

const pods = {
  replicas: whole('Servers. Two or more keep the webhook up while nodes go.', 2, 1, 50),
  resources: passed(
    'Resources of a server. There is no CPU limit on purpose: throttling delays every API call.',
    'object',
    {
      requests: { cpu: '100m', memory: '160Mi' },
      limits: { memory: '512Mi' },
    },
  ),
  priorityClassName: text('Priority class; empty: none.', 'system-cluster-critical'),
  podDisruptionBudget: group('Keeps drains of nodes from taking all servers away.', {
    enabled: flag('Make it; it needs two replicas to mean something.', true),
    maxUnavailable: whole('Servers that may be away at once.', 1, 1, 50),
  }),
  topologySpreadConstraints: passed(
    'How servers spread; empty: over nodes and zones where possible, by the labels of the release.',
    'array',
  ),
  nodeSelector: passed('Node selector of the pods.', 'object'),
  tolerations: passed('Tolerations of the pods.', 'array'),
  affinity: passed('Affinity of the pods.', 'object'),
  podLabels: passed('Further labels of the pods.', 'object'),
  podAnnotations: passed('Further annotations of the pods.', 'object'),
};

/** The chart's values, without the schemas of tenancy and policies. */
export const chartValues = Type.Object(
  {
    mode: choice(
      'Strongest mode of any rule, the one switch of a roll-out: `audit` denies nothing and reports, `warn` warns, `enforce` denies.',
      'audit',
      'warn',
      'enforce',
    ),
    tenancy: passed(
      "`spec` of the Tenancy document: who the tenants are, and what they may use beyond themselves. Above all write down where YOUR cluster lives (`cluster`). The release's namespace is added to the platform's. See [tenancy](../../docs/tenancy.md).",
      'object',
    ),
    policies,
    certificates,
    webhooks,
    mtls,
    image,
    ...pods,
    server,
    service: group('The Service that the API server calls.', {
      port: whole('Port of the webhook.', 443, 1, 65_535),
      annotations: passed('Annotations of the Service.', 'object'),
    }),
    networkPolicy,
    metrics,
    events: group(
      'Events of would-be denials, in the namespaces of their objects. See [events](../../docs/events.md).',
      {
        enabled: flag('Write them, and grant the servers the right to.', true),
      },
    ),
    audit: group(
      'Audits of what is stored: one of the servers looks at everything at an interval, and at what changes in between. See [audit](../../docs/audit.md#in-the-server).',
      {
        enabled: flag('Audit, and grant the servers the right to read everything that is judged.', false),
        intervalMinutes: whole('Minutes from one audit of everything to the next.', 60, 1, 10_080),
        reports: choice(
          'Reports in the namespaces of tenants: PolicyReports of wgpolicyk8s.io, Reports of openreports.io, or none. Their CRDs are to be installed; without them this is said once.',
          'policy-report',
          'open-reports',
          'none',
        ),
        page: group('The last audit as a page, for `kubectl port-forward` to the server that audits.', {
          enabled: flag('Show it, on the loopback interface of the pod and nowhere else.', false),
          port: whole('Its port.', 8082, 1024, 65_535),
        }),
      },
    ),
    serviceAccount: group('The ServiceAccount of the servers.', {
      create: flag('Make it.', true),
      name: text('Its name; empty: that of the release.', ''),
      annotations: passed('Its annotations.', 'object'),
    }),
    rbac: group('Rights in the cluster.', {
      create: flag('Make the roles and their bindings for the servers.', true),
      viewer: flag('Also make a ClusterRole, bound to nobody, with which people can run `tenantgate doctor`.', true),
    }),
    nameOverride: text('Replaces the chart’s name in names.', ''),
    fullnameOverride: text('Replaces the whole name.', ''),
    global: passed('Global values of a parent chart; not used.', 'object'),
  },
  { ...closed, title: 'Values of the Tenantgate chart' },
);
