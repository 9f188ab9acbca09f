import { join } from 'node:path';

import type { AuditReport, LayerPosture } from '../../src/audit/audit-report.ts';
import { type Cluster } from './cluster.ts';
import { runCommand, type CommandOutcome } from './command.ts';
import { expectSuccess } from './kubectl.ts';

const root = join(import.meta.dirname, '../..');

/** The tour of `tenantgate audit`, as its README has people take it. */
export interface AuditTour {
  /** Runs the tour's script. */
  readonly step: (name: 'seed' | 'repair' | 'remove') => Promise<void>;
  /** Runs `tenantgate audit`, as whoever the kubeconfig is for. */
  readonly audit: (args: readonly string[], kubeconfig?: string) => Promise<CommandOutcome>;
}

/** The tour's tenants, as `tenantgate audit` is asked for them alone. */
export const tourTenants = ['aurora', 'borealis', 'cumulus'].flatMap((tenant) => ['--tenant', tenant]);

/** The posture of a tenant as it should be. */
export const allInPlace = {
  labels: 'in-place',
  access: 'in-place',
  'pod-security': 'in-place',
  quota: 'in-place',
  'network-isolation': 'in-place',
  'network-flows': 'in-place',
  flux: 'in-place',
} as const;

export function auditTourOn(cluster: Cluster): AuditTour {
  return {
    step: async (name) => {
      expectSuccess(await cluster.script(join(root, 'examples/audit-tour/seed.sh'), [name]));
    },
    audit: (args, kubeconfig = cluster.kubeconfig) =>
      runCommand({
        program: process.execPath,
        args: [join(root, 'src/cli/main.ts'), 'audit', '--kubeconfig', kubeconfig, ...args],
        env: { PATH: process.env['PATH'] ?? '', HOME: cluster.home },
        timeoutMs: 180_000,
      }),
  };
}

export function reportIn(json: string): AuditReport {
  return JSON.parse(json) as AuditReport;
}

/** The state of each layer of a tenant. */
export function statesOf({ posture }: AuditReport, tenant: string): Readonly<Record<string, string>> {
  const layers: readonly LayerPosture[] = posture.tenants.find((one) => one.tenant === tenant)?.layers ?? [];
  return Object.fromEntries(layers.map(({ layer, state }) => [layer, state]));
}
