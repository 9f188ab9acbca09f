import { readFile } from 'node:fs/promises';

/** The fields of `audit.k8s.io/v1` Event that tests read. */
export interface AuditEvent {
  readonly level: string;
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly status?: string; readonly message?: string };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp: string;
  /** Admission webhooks add theirs as `<webhook name>/<key>`. */
  readonly annotations?: Readonly<Record<string, string>>;
}

interface AuditUser {
  readonly username: string;
  readonly groups?: readonly string[];
}

/**
 * Writes are recorded whole: the API server records a mutating webhook's patch only from level Request on.
 * What the control plane does for itself without end (leases, events, watches) is left out.
 */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    {
      level: 'None',
      resources: [
        { group: 'coordination.k8s.io', resources: ['leases'] },
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/openapi*', '/api', '/api/*', '/apis*'] },
    { level: 'None', verbs: ['watch'] },
    {
      level: 'None',
      verbs: ['get', 'list'],
      users: ['system:apiserver', 'system:kube-controller-manager'],
    },
    { level: 'None', verbs: ['get', 'list'], userGroups: ['system:serviceaccounts:kube-system'] },
    { level: 'Metadata', verbs: ['get', 'list'] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }] },
    { level: 'RequestResponse' },
  ],
} as const;

/** Reads all events written so far; a last line without its end is still being written and is left for the next time. */
export async function readAuditEvents(path: string): Promise<readonly AuditEvent[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent);
}
