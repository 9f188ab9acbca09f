import { delimiter, dirname } from 'node:path';

import { type AuditEvent, readAuditEvents } from './audit-log.ts';
import { type CertificateAuthority } from './certificates.ts';
import { runCommand, type CommandOutcome } from './command.ts';
import { kubectlFor, type Kubectl, type KubectlOptions, type KubectlOutcome } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly [field: string]: unknown;
}

export interface ApplyOptions extends Omit<KubectlOptions, 'stdin'> {
  readonly serverSide?: boolean;
  readonly dryRun?: boolean;
  readonly namespace?: string;
  /** More arguments, such as `--force-conflicts` or `--output=json`. */
  readonly args?: readonly string[];
}

/** Where a running control plane is found, as plain data. */
export interface ClusterLocation {
  /** Such as `v1.36.3`. */
  readonly kubernetesVersion: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly home: string;
  readonly auditLog: string;
  readonly ca: CertificateAuthority;
}

/** What a test does with a control plane, whoever started it. */
export interface Cluster extends Omit<ClusterLocation, 'kubectl'> {
  readonly kubectl: Kubectl;
  /** `kubectl apply` of objects or of YAML text. */
  apply(manifest: string | readonly KubernetesObject[], options?: ApplyOptions): Promise<KubectlOutcome>;
  /** Runs a shell script whose kubectl and cluster are those of the test. */
  script(file: string, args: readonly string[]): Promise<CommandOutcome>;
  readAuditLog(): Promise<readonly AuditEvent[]>;
  /** Waits for an event: the API server may write it a moment after it has answered. */
  waitForAuditEvent(description: string, matches: (event: AuditEvent) => boolean): Promise<AuditEvent>;
  /** A test that calls this registers `startApiServer` as its teardown: the files that follow need it. */
  stopApiServer(): Promise<void>;
  /** Same port, same data; settles when it is ready, at once where it runs already. */
  startApiServer(): Promise<void>;
}

export type ApiServerSwitch = Pick<Cluster, 'stopApiServer' | 'startApiServer'>;

export function clusterAt(location: ClusterLocation, apiServer: ApiServerSwitch): Cluster {
  const kubectl = kubectlFor({
    binary: location.kubectl,
    kubeconfig: location.kubeconfig,
    home: location.home,
  });
  return {
    ...location,
    ...apiServer,
    kubectl,
    apply: (manifest, options = {}) => {
      const { serverSide, dryRun, namespace, args, ...kubectlOptions } = options;
      const flags = [
        ...(serverSide === true ? ['--server-side'] : []),
        ...(dryRun === true ? ['--dry-run=server'] : []),
        ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
      ];
      return kubectl(['apply', '--filename=-', ...flags, ...(args ?? [])], {
        ...kubectlOptions,
        stdin: typeof manifest === 'string' ? manifest : asList(manifest),
      });
    },
    script: (file, args) =>
      runCommand({
        program: 'sh',
        args: [file, ...args],
        env: {
          PATH: [dirname(location.kubectl), process.env['PATH'] ?? ''].join(delimiter),
          HOME: location.home,
          KUBECONFIG: location.kubeconfig,
        },
        timeoutMs: 180_000,
      }),
    readAuditLog: () => readAuditEvents(location.auditLog),
    waitForAuditEvent: (description, matches) =>
      waitFor(
        `the audit event of ${description}`,
        async () => (await readAuditEvents(location.auditLog)).find((event) => matches(event)),
        { timeoutMs: 10_000 },
      ),
  };
}

function asList(items: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
