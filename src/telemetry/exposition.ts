import { Counter, Gauge, Histogram, type MetricValueWithName, Registry } from 'prom-client';

import type { RegistrationState } from '../admission/registration/registration-watch.ts';
import type { AuditState } from '../audit/audit-telemetry.ts';
import { addAudit } from './audit-gauges.ts';
import { durationBuckets, type MetricDefinition, metricDefinitions } from './metric-definitions.ts';
import type { Tallies } from './tallies.ts';
import type { BucketTally, Tally } from './tally.ts';

/** What is read from elsewhere when somebody scrapes. Undefined is left out. */
export interface MetricSources {
  readonly certificateExpiry: () => Date | undefined;
  readonly policyHash: () => string | undefined;
  readonly cachedNamespaces: () => number | undefined;
  readonly isReady: () => boolean;
  readonly droppedLogLines: () => number;
  /** Undefined where nobody looks. */
  readonly registration: () => RegistrationState | undefined;
  /** Undefined where this server does not audit. */
  readonly audit: () => AuditState | undefined;
}

/** Writes metrics in the Prometheus text format. */
export interface Exposition {
  render(): Promise<string>;
}

/** Registers every metric in a registry of its own; each reads its value when it is scraped. */
export function createExposition(tallies: Tallies, sources: MetricSources): Exposition {
  const registry = new Registry();
  addCounters(registry, tallies);
  const { duration, driftDetection, driftRepair } = metricDefinitions;
  registry.registerMetric(new TalliedHistogram(duration, durationBuckets, () => tallies.durations));
  for (const [definition, drifts] of [
    [driftDetection, tallies.driftDetections],
    [driftRepair, tallies.driftRepairs],
  ] as const) {
    registry.registerMetric(new TalliedHistogram(definition, drifts.bounds, () => drifts.series()));
  }
  addGauges(registry, sources);
  addProcess(registry);
  return { render: () => registry.metrics() };
}

function addCounters(registry: Registry, tallies: Tallies): void {
  addCounter(registry, metricDefinitions.decisions, tallies.decisions);
  addCounter(registry, metricDefinitions.ruleViolations, tallies.ruleViolations);
  addCounter(registry, metricDefinitions.badRequests, tallies.badRequests);
  addCounter(registry, metricDefinitions.requestsShed, tallies.requestsShed);
  addCounter(registry, metricDefinitions.internalErrors, tallies.internalErrors);
  addCounter(registry, metricDefinitions.certificateReloads, tallies.certificateReloads);
  addCounter(registry, metricDefinitions.policyReloads, tallies.policyReloads);
  addCounter(registry, metricDefinitions.audits, tallies.audits);
}

function addCounter(registry: Registry, { name, help, labels }: MetricDefinition, tally: Tally): void {
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const { values, count } of tally.entries()) this.inc(labelled(labels, values), count);
    },
  });
}

function addGauges(registry: Registry, sources: MetricSources): void {
  addGauge(registry, metricDefinitions.certificateExpiry, () => {
    const expiry = sources.certificateExpiry();
    return expiry && expiry.getTime() / 1_000;
  });
  addGauge(registry, metricDefinitions.cachedNamespaces, sources.cachedNamespaces);
  addGauge(registry, metricDefinitions.ready, () => (sources.isReady() ? 1 : 0));
  new Gauge({
    name: metricDefinitions.policyInfo.name,
    help: metricDefinitions.policyInfo.help,
    labelNames: metricDefinitions.policyInfo.labels,
    registers: [registry],
    collect() {
      this.reset();
      const hash = sources.policyHash();
      if (hash !== undefined) this.set({ hash }, 1);
    },
  });
  addTotal(registry, metricDefinitions.logLinesDropped, sources.droppedLogLines);
  addRegistration(registry, sources);
  addAudit(registry, sources.audit);
}

function addRegistration(registry: Registry, { registration }: MetricSources): void {
  const { registrationDrift, registrationKnown } = metricDefinitions;
  const stateOf = () => registration()?.configurations ?? [];
  new Gauge({
    name: registrationDrift.name,
    help: registrationDrift.help,
    labelNames: registrationDrift.labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const { configuration, code } of stateOf().flatMap(({ drifts }) => drifts))
        this.inc({ configuration, code });
    },
  });
  new Gauge({
    name: registrationKnown.name,
    help: registrationKnown.help,
    labelNames: registrationKnown.labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, problem } of stateOf()) this.set({ configuration: kind }, problem === undefined ? 1 : 0);
    },
  });
}

/** The usual process metrics, as far as they cost nothing between scrapes. */
function addProcess(registry: Registry): void {
  const startedAt = Date.now() / 1_000 - process.uptime();
  let utilization = performance.eventLoopUtilization();
  addTotal(registry, metricDefinitions.processCpu, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  addGauge(registry, metricDefinitions.processMemory, () => process.memoryUsage.rss());
  addGauge(registry, metricDefinitions.processStart, () => startedAt);
  addGauge(registry, metricDefinitions.heapUsed, () => process.memoryUsage().heapUsed);
  addGauge(registry, metricDefinitions.eventLoopUtilization, () => {
    const now = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(now, utilization).utilization;
    utilization = now;
    return share;
  });
}

/** A value that is unknown leaves the metric without a sample, rather than with a misleading zero. */
function addGauge(registry: Registry, { name, help }: MetricDefinition, read: () => number | undefined): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

function addTotal(registry: Registry, { name, help }: MetricDefinition, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}

/** A histogram of one label whose counts are kept elsewhere: prom-client's own offers no way to set them. */
class TalliedHistogram extends Histogram {
  readonly #definition: MetricDefinition;
  readonly #bounds: readonly number[];
  readonly #series: () => ReadonlyMap<string, BucketTally>;

  constructor(definition: MetricDefinition, bounds: readonly number[], series: () => ReadonlyMap<string, BucketTally>) {
    const { name, help, labels } = definition;
    super({ name, help, labelNames: labels, buckets: [...bounds], registers: [] });
    this.#definition = definition;
    this.#bounds = bounds;
    this.#series = series;
  }

  /** What the registry asks a histogram for when it writes text. */
  getForPromString(): Promise<object> {
    const { name, help, type } = this.#definition;
    const values = [...this.#series()].flatMap(([value, tally]) => this.#samplesOf(value, tally));
    return Promise.resolve({ name, help, type, values });
  }

  #samplesOf(value: string, tally: BucketTally): MetricValueWithName<string>[] {
    const { name, labels: names } = this.#definition;
    const labels = labelled(names, [value]);
    const { counts, sum } = tally.read();
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      return { metricName: `${name}_bucket`, labels: { le: this.#bounds[index] ?? '+Inf', ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: total },
    ];
  }
}
