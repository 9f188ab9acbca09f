import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { AuditReport } from '../audit/audit-report.ts';
import type { AuditObserver, AuditState } from '../audit/audit-telemetry.ts';
import { ContinuousAudit, type AuditClock, type AuditTiming } from '../audit/continuous-audit.ts';
import { followedKinds } from '../audit/followed-kinds.ts';
import { postureJudge } from '../audit/posture/posture-judge.ts';
import { replaceNamespaces } from '../audit/replace-namespaces.ts';
import { ReportPublisher } from '../audit/reports/publish-reports.ts';
import type { ReportApi } from '../audit/reports/report-object.ts';
import { scan } from '../audit/scan.ts';
import type { AuditConfig, ReportKind } from '../config/audit-config.ts';
import type { SourceDocument } from '../config/compile-documents.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import { connectAuditor, type AuditConnection, type ClusterAddress } from '../kubernetes/connect.ts';
import { LeaseElector, type LeaseEvent } from '../kubernetes/lease-elector.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { SharedPace } from './scan-pace.ts';
import { scanInThread } from './scan-thread.ts';

export interface ClusterAuditOptions {
  readonly address: ClusterAddress;
  readonly config: AuditConfig;
  /** The set in force; read once for each audit. */
  readonly policySet: () => PolicySet;
  /** What that set was compiled from. */
  readonly policyDocuments: () => readonly SourceDocument[];
  readonly read: ObjectReader;
  readonly observer: AuditObserver;
  readonly log: OperationLog;
  readonly now: () => Date;
  readonly timing?: Partial<AuditTiming>;
}

/** The audits of one server: it takes part in the election, and audits while it leads. */
export interface ClusterAudit {
  readonly state: AuditState;
  /** The policies are others now: everything is to be audited. */
  policiesChanged(): void;
  start(): void;
  stop(): Promise<void>;
}

/** What one audit may take at most; what is not read by then is unknown. */
const longestAuditMs = 15 * 60_000;

const defaultTiming = { settleMs: 5_000, shortestIntervalMs: 300_000 };

const apiOf: Readonly<Record<Exclude<ReportKind, 'none'>, ReportApi>> = {
  'policy-report': 'wgpolicyk8s.io',
  'open-reports': 'openreports.io',
};

/** Prepares audits; nothing is asked of the cluster yet. */
export async function openClusterAudit(options: ClusterAuditOptions): Promise<ClusterAudit> {
  const { address, config, policySet, log, observer, now } = options;
  const connection = await connectAuditor(address, log);
  const publisher = publisherOf(connection, config.reports, log);
  const audit = new ContinuousAudit({
    scan: (signal) => scanWholeCluster(options, connection, signal),
    rescan: async (report, namespaces, signal) => {
      const part = await scanNamespaces(options, connection, namespaces, signal);
      return replaceNamespaces(report, part, namespaces, postureJudge(policySet().tenancy));
    },
    follow: (onChange, onGap) => connection.follow(followedKinds(policySet()), onChange, onGap),
    publish: async (report, signal) => {
      await publisher?.publish(report, signal);
    },
    observer,
    log,
    clock: clockOf(now),
    timing: { ...defaultTiming, intervalMs: config.intervalMs, ...options.timing },
  });
  const runner = config.lease === undefined ? alone(audit) : electorOf(connection, config.lease, audit, log);
  return {
    get state() {
      return audit.state;
    },
    policiesChanged: () => {
      audit.requestAll();
    },
    start: () => {
      runner.start();
    },
    stop: () => runner.stop(),
  };
}

/** Minutes of work on a large cluster: it has a thread of its own. */
function scanWholeCluster(
  { policySet, policyDocuments, now }: ClusterAuditOptions,
  { name, client }: AuditConnection,
  signal: AbortSignal,
): Promise<AuditReport> {
  const { strongestMode } = policySet();
  const documents = policyDocuments().map(({ value }) => value);
  const startedMs = now().getTime();
  return scanInThread({ name, documents, strongestMode, startedMs, longestMs: longestAuditMs }, client, signal);
}

/** Milliseconds of work, here. */
function scanNamespaces(
  { policySet, read, now }: ClusterAuditOptions,
  connection: AuditConnection,
  only: readonly string[],
  signal: AbortSignal,
): Promise<AuditReport> {
  const set = policySet();
  return scan({
    source: connection.scanSource(),
    policySet: set,
    only,
    read,
    posture: postureJudge(set.tenancy),
    now,
    pace: new SharedPace(),
    signal: AbortSignal.any([signal, AbortSignal.timeout(longestAuditMs)]),
  });
}

function publisherOf(connection: AuditConnection, kind: ReportKind, log: OperationLog): ReportPublisher | undefined {
  if (kind === 'none') return undefined;
  const api = apiOf[kind];
  return new ReportPublisher({
    store: connection.reports(api),
    api,
    warn: (problem) => {
      log.warn('reports', { problem });
    },
  });
}

/** Something that leads, sooner or later, until it is stopped. */
interface Runner {
  start(): void;
  stop(): Promise<void>;
}

function alone(audit: ContinuousAudit): Runner {
  const stopped = new AbortController();
  let running: Promise<void> | undefined;
  return {
    start: () => {
      running ??= audit.lead(stopped.signal);
    },
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}

function electorOf(
  connection: AuditConnection,
  lease: NonNullable<AuditConfig['lease']>,
  audit: ContinuousAudit,
  log: OperationLog,
): Runner {
  return new LeaseElector({
    store: connection.lease(lease),
    // A pod that restarts is another process: two of one name would both lead.
    identity: `${hostname()}_${randomUUID()}`,
    lead: (signal) => audit.lead(signal),
    report: (event) => {
      tell(event, log);
    },
  });
}

function tell(event: LeaseEvent, log: OperationLog): void {
  switch (event.kind) {
    case 'leading':
      log.info('this server audits');
      return;
    case 'following':
      log.info('another server audits', { leader: event.leader });
      return;
    case 'lost':
      log.warn('this server audits no longer', { problem: event.problem });
      return;
    case 'failed':
      log.warn('the election of who audits failed', { problem: event.problem });
  }
}

function clockOf(now: () => Date): AuditClock {
  return {
    now,
    wait: async (ms, signal) => {
      await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
    },
  };
}
