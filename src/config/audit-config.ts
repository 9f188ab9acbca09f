import { objectAddressOf, type ObjectAddress } from './object-address.ts';
import type { OptionReader } from './option-reader.ts';

/** Kinds of reports in the cluster; `none`: nothing is written. */
export const reportKinds = ['none', 'policy-report', 'open-reports'] as const;

export type ReportKind = (typeof reportKinds)[number];

/** How a server audits what is stored. */
export interface AuditConfig {
  readonly intervalMs: number;
  /** The Lease by which replicas agree who audits; undefined: this server does. */
  readonly lease: ObjectAddress | undefined;
  readonly reports: ReportKind;
  /** Port of the page on the loopback interface; undefined: there is none. */
  readonly pagePort: number | undefined;
}

const longestIntervalMinutes = 7 * 24 * 60;

/** Reads how the server audits; undefined where it does not. */
export function readAuditConfig(reader: OptionReader, hasCluster: boolean): AuditConfig | undefined {
  const minutes = reader.integer('audit-interval-minutes', 0, longestIntervalMinutes);
  const config: AuditConfig = {
    intervalMs: minutes * 60_000,
    lease: readLease(reader),
    reports: reader.oneOf('audit-reports', reportKinds),
    pagePort: reader.text('audit-page-port') === undefined ? undefined : reader.integer('audit-page-port', 0, 65_535),
  };
  if (minutes > 0) {
    if (!hasCluster) reader.fault('audit-interval-minutes', 'needs a cluster: there is none without --kubeconfig');
    return config;
  }
  for (const [flag, isGiven] of [
    ['audit-lease', config.lease !== undefined],
    ['audit-reports', config.reports !== 'none'],
    ['audit-page-port', config.pagePort !== undefined],
  ] as const) {
    if (isGiven) reader.fault(flag, 'needs --audit-interval-minutes: without it nothing is audited');
  }
  return undefined;
}

function readLease(reader: OptionReader): ObjectAddress | undefined {
  const text = reader.text('audit-lease');
  const address = text === undefined ? undefined : objectAddressOf(text);
  if (text !== undefined && address === undefined)
    reader.fault('audit-lease', `must be NAMESPACE/NAME, not ${JSON.stringify(text)}`);
  return address;
}
