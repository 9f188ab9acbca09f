import type { FaultCounter } from '../admission/telemetry-ports.ts';
import type { ServeConfig } from '../config/serve-config.ts';
import { createPageListener } from '../server/page-listener.ts';
import type { PlainListener } from '../server/plain-listener.ts';
import { openClusterAudit, type ClusterAudit, type ClusterAuditOptions } from './cluster-audit.ts';

/** The audits of a server, and the page of the last one where it is wanted. */
export interface ServerAudit {
  readonly audit: ClusterAudit;
  readonly page: { readonly listener: PlainListener; readonly host: string; readonly port: number } | undefined;
}

/** Nothing asks who comes to the page, so only the loopback interface is served. */
const pageHost = '127.0.0.1';

/** Prepares audits, where the configuration wants them. */
export async function openServerAudit(
  { cluster, audit: config }: Pick<ServeConfig, 'cluster' | 'audit'>,
  { faults, ...rest }: Omit<ClusterAuditOptions, 'address' | 'config'> & { readonly faults: FaultCounter },
): Promise<ServerAudit | undefined> {
  if (cluster === undefined || config === undefined) return undefined;
  const audit = await openClusterAudit({ ...rest, address: cluster, config });
  if (config.pagePort === undefined) return { audit, page: undefined };
  // The page is a tenth of the program: only who shows it loads it.
  const { shownAudit } = await import('./shown-audit.ts');
  const report = shownAudit(() => audit.state.report, rest.policySet);
  const listener = createPageListener({ report, faults, log: rest.log });
  return { audit, page: { listener, host: pageHost, port: config.pagePort } };
}
