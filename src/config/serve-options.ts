/** One option of `tenantgate serve`: the flag, its environment twin, and the docs are made from this table. */
export interface ServeOption {
  /** Flag without dashes, such as `tls-cert-file`. */
  readonly flag: string;
  readonly type: 'string' | 'path' | 'number' | 'list';
  /** Value as text, or undefined where there is none. */
  readonly default: string | undefined;
  readonly description: string;
}

export const serveOptions = [
  {
    flag: 'address',
    type: 'string',
    default: undefined,
    description: 'Address to listen on. Default: 0.0.0.0 with a cluster, 127.0.0.1 in development mode.',
  },
  { flag: 'port', type: 'number', default: '8443', description: 'Port of the webhook (HTTPS); 0 takes any free one.' },
  {
    flag: 'metrics-port',
    type: 'number',
    default: '8080',
    description: 'Port of /metrics, /healthz and /readyz (HTTP), open from the start; 0 takes any free one.',
  },
  {
    flag: 'tls-cert-file',
    type: 'path',
    default: undefined,
    description: 'Certificate chain, PEM. Reloaded when it changes. Without it a throw-away certificate is made.',
  },
  { flag: 'tls-key-file', type: 'path', default: undefined, description: 'Private key of the certificate, PEM.' },
  {
    flag: 'tls-secret',
    type: 'string',
    default: undefined,
    description:
      'NAMESPACE/NAME of a Secret in which the server makes, keeps and renews its certificate, for all replicas. Instead of --tls-cert-file.',
  },
  {
    flag: 'webhook-configuration',
    type: 'string',
    default: undefined,
    description:
      'With --tls-secret: name of the ValidatingWebhookConfiguration and the MutatingWebhookConfiguration whose caBundle is kept.',
  },
  {
    flag: 'tls-host',
    type: 'list',
    default: undefined,
    description:
      'Names for the certificate of --tls-secret, such as tenantgate.tenantgate-system.svc, or further names for the throw-away one.',
  },
  {
    flag: 'tls-client-ca-file',
    type: 'path',
    default: undefined,
    description: 'CA whose client certificates are demanded of callers, PEM. Nothing is read from anybody else.',
  },
  {
    flag: 'tls-client-name',
    type: 'list',
    default: undefined,
    description: 'Common names that client certificates may have; without it any that the CA signed.',
  },
  {
    flag: 'tls-min-version',
    type: 'string',
    default: '1.3',
    description: 'Lowest TLS version: 1.3 or 1.2.',
  },
  {
    flag: 'tenancy',
    type: 'path',
    default: undefined,
    description: 'Tenancy document. Default: the one that ships. Reloaded when it changes.',
  },
  {
    flag: 'policies',
    type: 'list',
    default: undefined,
    description:
      'Policy documents: files, folders, or sets that ship, by name (baseline, restricted, audit-first). Default: baseline. Reloaded when they change.',
  },
  {
    flag: 'mode',
    type: 'string',
    default: 'enforce',
    description: 'Strongest mode of any rule: audit, warn or enforce. The one switch from dry run to enforcement.',
  },
  {
    flag: 'kubeconfig',
    type: 'path',
    default: undefined,
    description: 'Kubeconfig of the cluster. In a pod the service account is used without it.',
  },
  {
    flag: 'namespaces',
    type: 'list',
    default: undefined,
    description: 'Development mode: manifests whose Namespaces and NetworkPolicies are the cluster.',
  },
  {
    flag: 'registration',
    type: 'path',
    default: undefined,
    description:
      'The webhook configurations as they were rendered: what is registered is compared with them. Reloaded when it changes.',
  },
  {
    flag: 'events',
    type: 'string',
    default: 'off',
    description: 'Whether would-be denials become Events in the namespaces of their objects: on or off.',
  },
  {
    flag: 'audit-interval-minutes',
    type: 'number',
    default: '0',
    description:
      'How often everything that is stored is audited, in minutes, and what changes in between as it changes. 0: never. Needs a cluster.',
  },
  {
    flag: 'audit-lease',
    type: 'string',
    default: undefined,
    description: 'NAMESPACE/NAME of the Lease by which replicas agree who audits. Without it this server does.',
  },
  {
    flag: 'audit-reports',
    type: 'string',
    default: 'none',
    description:
      'Reports that audits keep in the cluster: none, policy-report (wgpolicyk8s.io/v1alpha2) or open-reports (openreports.io/v1alpha1).',
  },
  {
    flag: 'audit-page-port',
    type: 'number',
    default: undefined,
    description:
      'Port on 127.0.0.1 that shows the last audit as a page, for `kubectl port-forward`; 0 takes any free one. Without it there is none.',
  },
  { flag: 'log-level', type: 'string', default: 'info', description: 'Log level: debug, info, warn, error or silent.' },
  {
    flag: 'drain-seconds',
    type: 'number',
    default: '2',
    description: 'How long connections are drained after SIGTERM before they close.',
  },
  {
    flag: 'max-in-flight',
    type: 'number',
    default: '200',
    description:
      'Calls that wait for the API server at once; above it callers are told to come back (503 with Retry-After).',
  },
] as const satisfies readonly ServeOption[];

/** The environment variable of a flag: `tls-cert-file` is `TENANTGATE_TLS_CERT_FILE`. */
export function environmentName(flag: string): string {
  return `TENANTGATE_${flag.toUpperCase().replaceAll('-', '_')}`;
}
