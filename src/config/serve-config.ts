import type { Parsed } from '../algebra/fault.ts';
import { modes, type Mode } from '../policy/policy-document.ts';
import { isPolicySetName } from './policy-set-names.ts';
import { readAuditConfig, type AuditConfig } from './audit-config.ts';
import { isObjectName, isServerName, objectAddressOf, type ObjectAddress } from './object-address.ts';
import { OptionReader, type FlagValues } from './option-reader.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const tlsVersions = ['1.2', '1.3'] as const;

/** Everything `tenantgate serve` runs with. */
export interface ServeConfig {
  readonly address: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly tls: {
    /** Where neither these are given nor the next: a throw-away certificate. */
    readonly files: { readonly certFile: string; readonly keyFile: string } | undefined;
    /** A certificate that the server makes itself, for all replicas. */
    readonly selfManaged: { readonly secret: ObjectAddress; readonly webhookConfiguration: string } | undefined;
    readonly hosts: readonly string[];
    readonly clientCaFile: string | undefined;
    readonly clientNames: readonly string[];
    readonly minVersion: (typeof tlsVersions)[number];
  };
  /** Undefined: those that ship. */
  readonly tenancy: string | undefined;
  readonly policies: readonly string[] | undefined;
  readonly mode: Mode;
  readonly cluster: { readonly kubeconfig: string | undefined } | undefined;
  /** The webhook configurations that should be registered; undefined: nobody looks. */
  readonly registration: string | undefined;
  /** Audits of what is stored; undefined: none. */
  readonly audit: AuditConfig | undefined;
  /** Whether would-be denials become Events in the cluster. */
  readonly events: boolean;
  /** Facts of development mode. */
  readonly namespaces: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly drainMs: number;
  readonly maxInFlight: number;
}

/**
 * Reads the configuration from flags, then environment, then defaults; or gives every fault at once. `environment` tells
 * by `KUBERNETES_SERVICE_HOST` whether this runs in a pod.
 */
export function readServeConfig(
  flags: FlagValues,
  environment: Readonly<Record<string, string | undefined>>,
): Parsed<ServeConfig> {
  const reader = new OptionReader(flags, environment);
  const cluster = readCluster(reader, environment);
  const config: ServeConfig = {
    address: reader.text('address') ?? (cluster === undefined ? '127.0.0.1' : '0.0.0.0'),
    port: reader.integer('port', 0, 65535),
    metricsPort: reader.integer('metrics-port', 0, 65535),
    tls: readTls(reader),
    tenancy: reader.path('tenancy'),
    policies: reader.paths('policies', isPolicySetName),
    mode: reader.oneOf('mode', modes),
    cluster,
    registration: reader.path('registration'),
    audit: readAuditConfig(reader, cluster !== undefined),
    events: reader.oneOf('events', ['off', 'on']) === 'on',
    namespaces: reader.paths('namespaces') ?? [],
    logLevel: reader.oneOf('log-level', logLevels),
    drainMs: reader.integer('drain-seconds', 0, 300) * 1000,
    maxInFlight: reader.integer('max-in-flight', 1, 100_000),
  };
  checkTogether(config, reader);
  return reader.faults.length > 0 ? { ok: false, faults: reader.faults } : { ok: true, value: Object.freeze(config) };
}

/** A kubeconfig, or the service account of the pod that this runs in; neither means development mode. */
function readCluster(
  reader: OptionReader,
  environment: Readonly<Record<string, string | undefined>>,
): ServeConfig['cluster'] {
  const kubeconfig = reader.path('kubeconfig');
  return kubeconfig !== undefined || environment['KUBERNETES_SERVICE_HOST'] !== undefined ? { kubeconfig } : undefined;
}

/** Options that are right alone but not together. */
function checkTogether(config: ServeConfig, reader: OptionReader): void {
  const { cluster, namespaces, port, metricsPort, registration } = config;
  if (port === metricsPort && port !== 0) reader.fault('metrics-port', `must differ from --port, which is ${port} too`);
  if (cluster === undefined) {
    if (config.events) reader.fault('events', 'needs a cluster: in development mode there is nowhere to write them');
    if (registration !== undefined)
      reader.fault('registration', 'needs a cluster: in development mode nothing is registered');
    if (reader.text('tls-secret') !== undefined)
      reader.fault('tls-secret', 'needs a cluster: there is none without --kubeconfig');
    return;
  }
  if (namespaces.length > 0) {
    reader.fault('namespaces', 'is for development mode only; with a cluster namespaces are read from it');
  }
  if (cluster.kubeconfig === undefined && isThrowAway(reader)) {
    reader.fault(
      'tls-cert-file',
      'and --tls-key-file, or --tls-secret, must be given in a cluster, so that the API server can trust the answer',
    );
  }
}

function readTls(reader: OptionReader): ServeConfig['tls'] {
  const tls = {
    files: readCertificateFiles(reader),
    selfManaged: readSelfManaged(reader),
    hosts: reader.list('tls-host') ?? [],
    clientCaFile: reader.path('tls-client-ca-file'),
    clientNames: reader.list('tls-client-name') ?? [],
    minVersion: reader.oneOf('tls-min-version', tlsVersions),
  };
  checkTls(tls, reader);
  return tls;
}

function readCertificateFiles(reader: OptionReader): ServeConfig['tls']['files'] {
  const certFile = reader.path('tls-cert-file');
  const keyFile = reader.path('tls-key-file');
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile !== keyFile) {
    const missing = certFile === undefined ? 'tls-cert-file' : 'tls-key-file';
    reader.fault(missing, 'is missing: certificate and key go together');
  }
  return undefined;
}

/** Both options are judged alone and together, and with the names that the certificate must have. */
function readSelfManaged(reader: OptionReader): ServeConfig['tls']['selfManaged'] {
  const secretText = reader.text('tls-secret');
  const webhookConfiguration = reader.text('webhook-configuration');
  if (secretText === undefined) {
    if (webhookConfiguration !== undefined)
      reader.fault(
        'webhook-configuration',
        'needs --tls-secret: only of a certificate of its own does the server know the CA',
      );
    return undefined;
  }
  const secret = objectAddressOf(secretText);
  if (secret === undefined) reader.fault('tls-secret', `must be NAMESPACE/NAME, not ${JSON.stringify(secretText)}`);
  checkNames(reader);
  if (webhookConfiguration === undefined) {
    reader.fault('webhook-configuration', 'is missing: --tls-secret needs it, so that API servers learn each new CA');
    return undefined;
  }
  if (!isObjectName(webhookConfiguration)) {
    const given = JSON.stringify(webhookConfiguration);
    reader.fault('webhook-configuration', `must be the name of webhook configurations, not ${given}`);
  }
  return secret && { secret, webhookConfiguration };
}

function checkNames(reader: OptionReader): void {
  const names = reader.list('tls-host') ?? [];
  if (names.length === 0) {
    reader.fault('tls-host', 'is missing: the certificate of --tls-secret needs a name, such as SERVICE.NAMESPACE.svc');
  }
  for (const name of names) {
    if (isServerName(name)) continue;
    reader.fault('tls-host', `must be a DNS name or an IP address, not ${JSON.stringify(name)}`);
  }
}

/** Whether nothing was asked for but a certificate that nobody trusts. */
function isThrowAway(reader: OptionReader): boolean {
  return reader.text('tls-cert-file') === undefined && reader.text('tls-secret') === undefined;
}

function checkTls({ hosts, clientCaFile, clientNames }: ServeConfig['tls'], reader: OptionReader): void {
  const [certFile, secret] = [reader.text('tls-cert-file'), reader.text('tls-secret')];
  if (certFile !== undefined && secret !== undefined) {
    reader.fault('tls-secret', 'and --tls-cert-file exclude each other: one certificate is served');
  }
  if (clientCaFile !== undefined && isThrowAway(reader)) {
    reader.fault(
      'tls-client-ca-file',
      'needs --tls-cert-file and --tls-key-file, or --tls-secret: no caller trusts a throw-away server',
    );
  }
  if (hosts.length > 0 && certFile !== undefined) {
    reader.fault('tls-host', 'is not for the certificate of --tls-cert-file, which has its names already');
  }
  if (clientNames.length > 0 && clientCaFile === undefined) {
    reader.fault('tls-client-name', 'needs --tls-client-ca-file: without a CA names prove nothing');
  }
}
