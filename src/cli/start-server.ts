import { createAdmissionService } from '../admission/admission-service.ts';
import type { FactReader, NamespaceIndex } from '../admission/fact-ports.ts';
import type { Readiness, ReadinessCheck } from '../admission/ports.ts';
import { selfTest } from '../admission/self-test.ts';
import type { ViolationEvents } from '../admission/violation-events.ts';
import type { FlagValues } from '../config/option-reader.ts';
import { readServeConfig, type ServeConfig } from '../config/serve-config.ts';
import { kinds } from '../policy/objects/kinds.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import { buildApp } from '../server/app.ts';
import { createHttpsListener, type HttpsListener } from '../server/https-listener.ts';
import { createOperationsListener } from '../server/operations-listener.ts';
import { createDecisionLog } from '../telemetry/decision-log.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { displayFault } from './display-fault.ts';
import type { ClusterAudit, ClusterAuditOptions } from './cluster-audit.ts';
import { openLivePolicySet, type LivePolicySet } from './live-policy-set.ts';
import { openEvents } from './open-events.ts';
import { openPort } from './open-port.ts';
import { openServingCertificate } from './open-serving-certificate.ts';
import { openRegistrationWatch, type RegistrationWatch } from './registration-watch.ts';
import { serverReadiness, type ServerState } from './server-readiness.ts';
import type { CertificateHooks, ServingCertificateSource } from './serving-certificate-source.ts';
import { openFactSource, type FactSource } from './fact-source.ts';
import { fullDateOf, todayOf, type Terminal } from './terminal.ts';

/** A running server. */
export interface RunningServer {
  readonly port: number;
  readonly metricsPort: number;
  /** The throw-away CA, where one was made. */
  readonly caCertificate: string | undefined;
  readonly isDevelopment: boolean;
  /** Drains connections, loses no request, and ends everything that was started. */
  stop(): Promise<void>;
}

export type StartedServer =
  { readonly ok: true; readonly server: RunningServer } | { readonly ok: false; readonly message: string };

/** What a server takes from around it. */
export type Surroundings = Pick<Terminal, 'environment' | 'now'> & {
  /** Other times of the certificate than those that ship, for tests. */
  readonly certificateTiming?: CertificateHooks['timing'];
  /** How soon audits follow changes; as they ship unless given. */
  readonly auditTiming?: ClusterAuditOptions['timing'];
};

/**
 * Starts everything that `tenantgate serve` is made of. The webhook's port opens only when every answer is right: rules
 * loaded, namespaces known, self-test passed. Bad configuration is a message with every fault in it, not an exception.
 */
export async function startServer(
  flags: FlagValues,
  terminal: Surroundings,
  signal: AbortSignal = new AbortController().signal,
): Promise<StartedServer> {
  const config = readServeConfig(flags, terminal.environment);
  if (!config.ok) {
    return refusal(
      'The configuration is wrong',
      config.faults.map(({ field, message }) => `${field}: ${message}`),
    );
  }
  const parts = new ServerParts(config.value, terminal);
  try {
    return await parts.start(signal);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function refusal(what: string, faults: readonly string[]): StartedServer {
  return { ok: false, message: `${what}:\n${faults.map((fault) => `  ${fault}\n`).join('')}` };
}

const noPort = 'The port cannot be opened';

/** The parts of one server, from start to stop. */
class ServerParts {
  readonly #config: ServeConfig;
  readonly #terminal: Surroundings;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** One for self-test and requests: the first request of each kind finds its schema compiled. */
  readonly #read = createObjectReader();
  #policies: LivePolicySet | undefined;
  #facts: FactSource | undefined;
  #certificate: ServingCertificateSource | undefined;
  #listener: HttpsListener | undefined;
  #registration: RegistrationWatch | undefined;
  #audit: ClusterAudit | undefined;
  readonly #stops: (() => Promise<void> | void)[] = [];
  #serving: ServerState['serving'] = 'the port is not open yet';
  #selfTest = 'has not run yet';

  constructor(config: ServeConfig, terminal: Surroundings) {
    this.#config = config;
    this.#terminal = terminal;
    this.#log = createLogger({ level: config.logLevel });
    this.#stops.push(() => this.#log.stop());
    this.#metrics = createMetrics({
      sources: {
        certificateExpiry: () => this.#certificate?.expiry(),
        policyHash: () => this.#policies?.current().hash,
        cachedNamespaces: () => this.#facts?.namespaces.size,
        isReady: () => this.#readiness().every((check) => check.ready),
        droppedLogLines: () => this.#log.droppedLines(),
        registration: () => this.#registration?.state,
        audit: () => this.#audit?.state,
      },
      knownKinds: Object.entries(kinds).map(([kind, { group }]) => (group === '' ? kind : `${group}/${kind}`)),
    });
  }

  async start(signal: AbortSignal): Promise<StartedServer> {
    const { tenancy, policies, mode } = this.#config;
    const opened = openLivePolicySet(
      { tenancy, policies, strongestMode: mode },
      (set) => selfTest(set, this.#read),
      (outcome) => {
        this.#metrics.countPolicyReload(outcome.ok ? 'success' : 'failure');
        if (outcome.ok) {
          this.#log.info('policies reloaded', { hash: outcome.set.hash });
          this.#audit?.policiesChanged();
        } else this.#log.error('policies not reloaded; the old set stays in force', { problem: outcome.problem });
      },
    );
    if (!opened.ok) return this.#refuse('The policies are wrong', opened.faults.map(displayFault));
    const live = opened.value;
    this.#policies = live;
    this.#stops.unshift(() => {
      live.stop();
    });
    const certificate = await this.#openCertificate();
    if (typeof certificate === 'string') return this.#refuse('The certificate cannot be served', [certificate]);
    const metricsPort = await this.#serveOperations();
    if (typeof metricsPort === 'string') return this.#refuse(noPort, [metricsPort]);
    const facts = await this.#openFacts(live);
    if ('problems' in facts) return this.#refuse('The cluster cannot be read', facts.problems);
    const registration = this.#watchRegistration(facts, certificate);
    if (registration.length > 0) return this.#refuse('The registration file is wrong', registration);
    await Promise.all([facts.filled(signal), certificate.available(signal)]);
    this.#runSelfTest(live);
    const port = await this.#serve(live, facts, certificate);
    if (typeof port === 'string') return this.#refuse(noPort, [port]);
    const pageProblem = await this.#openAudit(live);
    if (pageProblem !== undefined) return this.#refuse(noPort, [pageProblem]);
    this.#serving = 'serving';
    this.#log.info('serving', { port, metricsPort, mode, policyHash: live.current().hash });
    return { ok: true, server: this.#running(port, metricsPort, certificate) };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
  }

  #running(port: number, metricsPort: number, certificate: ServingCertificateSource): RunningServer {
    return {
      port,
      metricsPort,
      caCertificate: certificate.caCertificate,
      isDevelopment: this.#config.cluster === undefined,
      stop: () => this.stop(),
    };
  }

  async #refuse(what: string, faults: readonly string[]): Promise<StartedServer> {
    await this.stop();
    return refusal(what, faults);
  }

  async #openCertificate(): Promise<ServingCertificateSource | string> {
    const opened = await openServingCertificate(this.#config, {
      install: (material) => this.#listener?.useMaterial(material),
      count: (result) => {
        this.#metrics.countCertificateReload(result);
      },
      log: this.#log,
      now: () => this.#terminal.now(),
      timing: this.#terminal.certificateTiming,
    });
    if (typeof opened === 'string') return opened;
    this.#certificate = opened;
    this.#stops.unshift(() => opened.stop());
    return opened;
  }

  async #serveOperations(): Promise<number | string> {
    const listener = createOperationsListener({
      render: () => this.#metrics.render(),
      readiness: { checks: () => this.#readiness() },
      faults: this.#metrics,
      log: this.#log,
    });
    this.#stops.unshift(() => listener.stop());
    return openPort('metrics-port', { host: this.#config.address, port: this.#config.metricsPort }, listener);
  }

  async #openFacts(live: LivePolicySet): Promise<FactSource | { readonly problems: readonly string[] }> {
    const today = fullDateOf(this.#terminal.now());
    const facts = await openFactSource(this.#config, live.current().tenancy, today, this.#log);
    if ('problems' in facts) return facts;
    this.#facts = facts;
    this.#stops.unshift(() => facts.stop());
    return facts;
  }

  /** Begins to look at what is registered, where there is a file to hold it against; gives the faults of the file. */
  #watchRegistration({ objects }: FactSource, certificate: ServingCertificateSource): readonly string[] {
    const { registration } = this.#config;
    if (registration === undefined || objects === undefined) return [];
    const opened = openRegistrationWatch(registration, {
      reader: objects,
      served: () => (certificate.isAvailable() ? certificate.material().certificate : undefined),
      log: this.#log,
      now: () => this.#terminal.now(),
    });
    if ('faults' in opened) return opened.faults;
    this.#registration = opened;
    this.#stops.unshift(() => opened.stop());
    opened.start();
    return [];
  }

  #runSelfTest(live: LivePolicySet): void {
    const problem = selfTest(live.current(), this.#read);
    this.#selfTest = problem ?? 'passed';
    if (problem !== undefined) this.#log.error('self-test failed', { problem });
  }

  async #serve(
    live: LivePolicySet,
    facts: { readonly namespaces: NamespaceIndex; readonly reader: FactReader },
    certificate: ServingCertificateSource,
  ): Promise<number | string> {
    const decisionLog = createDecisionLog(this.#log);
    const violations = await this.#openEvents();
    const service = createAdmissionService({
      policySet: () => live.current(),
      namespaces: facts.namespaces,
      reader: facts.reader,
      read: this.#read,
      decisions: {
        observe: (record) => {
          this.#metrics.observe(record);
          decisionLog.observe(record);
        },
      },
      violations,
      faults: this.#metrics,
      log: this.#log,
      today: todayOf(() => this.#terminal.now()),
      clock: () => performance.now(),
    });
    const readiness: Readiness = { checks: () => this.#readiness() };
    const { maxInFlight } = this.#config;
    const app = buildApp({ service, readiness, faults: this.#metrics, log: this.#log, maxInFlight });
    await app.ready();
    const listener = this.#listen((request, response) => {
      app.routing(request, response);
    }, certificate);
    this.#stops.unshift(
      () => listener.drain(),
      () => app.close(),
    );
    return openPort('port', { host: this.#config.address, port: this.#config.port }, listener);
  }

  async #openEvents(): Promise<ViolationEvents | undefined> {
    const opened = await openEvents(this.#config, this.#metrics, this.#log, () => this.#terminal.now());
    if (opened !== undefined) this.#stops.unshift(() => opened.stop());
    return opened;
  }

  /** Begins to audit; gives what is wrong with the port of the page. */
  async #openAudit(live: LivePolicySet): Promise<string | undefined> {
    if (this.#config.audit === undefined) return undefined;
    // What audits is large: only a server that does loads it.
    const { openServerAudit } = await import('./open-server-audit.ts');
    const opened = await openServerAudit(this.#config, {
      policySet: () => live.current(),
      policyDocuments: () => live.documents(),
      read: this.#read,
      observer: this.#metrics,
      faults: this.#metrics,
      log: this.#log,
      now: () => this.#terminal.now(),
      ...(this.#terminal.auditTiming === undefined ? {} : { timing: this.#terminal.auditTiming }),
    });
    if (opened === undefined) return undefined;
    const { audit, page } = opened;
    this.#audit = audit;
    this.#stops.unshift(() => audit.stop());
    audit.start();
    if (page === undefined) return undefined;
    this.#stops.unshift(() => page.listener.stop());
    const port = await openPort('audit-page-port', page, page.listener);
    if (typeof port === 'string') return port;
    this.#log.info('the last audit is shown', { port });
    return undefined;
  }

  #listen(
    handler: Parameters<typeof createHttpsListener>[0]['handler'],
    certificate: ServingCertificateSource,
  ): HttpsListener {
    const { tls, drainMs } = this.#config;
    const listener = createHttpsListener({
      handler,
      material: certificate.material(),
      faults: this.#metrics,
      log: this.#log,
      minimumTlsVersion: `TLSv${tls.minVersion}`,
      clientNames: tls.clientNames.length === 0 ? undefined : tls.clientNames,
      onDraining: () => {
        this.#serving = 'draining before the stop';
      },
      limits: { drainMs },
    });
    this.#listener = listener;
    return listener;
  }

  #readiness(): readonly ReadinessCheck[] {
    return serverReadiness({
      policies: this.#policies,
      facts: this.#facts,
      certificate: this.#certificate,
      selfTest: this.#selfTest,
      serving: this.#serving,
      registration: this.#registration,
    });
  }
}
