import { type Credentials } from './credentials.ts';

interface Ports {
  readonly etcdClients: number;
  readonly etcdPeers: number;
  readonly apiServer: number;
  readonly controllerManager: number;
}

export interface Layout {
  readonly ports: Ports;
  readonly credentials: Credentials;
  readonly etcdData: string;
  readonly auditPolicyFile: string;
  readonly auditLog: string;
  /** For what a server would otherwise write into the working folder. */
  readonly scratch: string;
}

export function etcdArguments({ ports, etcdData }: Layout): readonly string[] {
  const clients = `http://127.0.0.1:${ports.etcdClients}`;
  const peers = `http://127.0.0.1:${ports.etcdPeers}`;
  return [
    `--data-dir=${etcdData}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    // The data are thrown away with the folder.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export function apiServerArguments({ ports, credentials, auditPolicyFile, auditLog, scratch }: Layout): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClients}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.apiServer}`,
    `--cert-dir=${scratch}`,
    `--tls-cert-file=${credentials.apiServer.certificateFile}`,
    `--tls-private-key-file=${credentials.apiServer.privateKeyFile}`,
    `--client-ca-file=${credentials.caFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${credentials.serviceAccountPrivateKeyFile}`,
    '--authorization-mode=RBAC',
    `--admission-control-config-file=${credentials.admissionConfigurationFile}`,
    '--service-cluster-ip-range=127.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    `--audit-policy-file=${auditPolicyFile}`,
    `--audit-log-path=${auditLog}`,
    // One file for the whole run: a rotated log would lose events to its readers.
    '--audit-log-maxsize=0',
  ];
}

export function controllerManagerArguments({ ports, credentials, scratch }: Layout): readonly string[] {
  return [
    `--kubeconfig=${credentials.controllerManagerKubeconfig}`,
    `--service-account-private-key-file=${credentials.serviceAccountPrivateKeyFile}`,
    `--root-ca-file=${credentials.caFile}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    // No nodes and no cloud: what looks after them has nothing to do.
    '--controllers=*,-nodeipam,-nodelifecycle,-cloud-node-lifecycle,-service-lb-controller',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllerManager}`,
    `--cert-dir=${scratch}`,
    `--tls-cert-file=${credentials.controllerManager.certificateFile}`,
    `--tls-private-key-file=${credentials.controllerManager.privateKeyFile}`,
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}
