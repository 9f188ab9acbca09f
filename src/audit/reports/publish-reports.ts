import type { AuditReport } from '../audit-report.ts';
import { buildPolicyReports } from './build-policy-reports.ts';
import { reportKinds, reportObject, type ReportApi } from './report-object.ts';
import type { ReportsStored, ReportStore } from './report-ports.ts';

export interface ReportPublisherOptions {
  readonly store: ReportStore;
  readonly api: ReportApi;
  /** Says what the operator should know; what stays the same is said once. */
  readonly warn: (message: string) => void;
}

/** Writes what each audit found into the cluster. */
export class ReportPublisher {
  readonly #options: ReportPublisherOptions;
  #said: string | undefined;

  constructor(options: ReportPublisherOptions) {
    this.#options = options;
  }

  async publish(audit: AuditReport, signal: AbortSignal): Promise<ReportsStored> {
    const { store, api } = this.#options;
    const wanted = buildPolicyReports(audit).map((report) => reportObject(report, api));
    const stored = await store.store(wanted, signal);
    this.#say(problemOf(stored, api));
    return stored;
  }

  #say(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#said) this.#options.warn(problem);
    this.#said = problem;
  }
}

function problemOf(stored: ReportsStored, api: ReportApi): string | undefined {
  switch (stored.state) {
    case 'absent': {
      const { apiVersion, namespaced, cluster } = reportKinds[api];
      return `no reports are written: the API server does not serve ${namespaced.resource} and ${cluster.resource} of ${apiVersion}; install their CRDs`;
    }
    case 'failed':
      return `no reports are written: ${stored.problem}`;
    case 'stored': {
      const [first] = stored.problems;
      return first && `${stored.problems.length} reports could not be brought up to date: ${first}`;
    }
  }
}
