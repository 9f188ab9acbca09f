import type { AuditReport, PostureState, TenantPosture } from '../../../audit/audit-report.ts';
import { type severities } from './wording.ts';

/** How one tenant stands. */
export interface TenantStanding {
  readonly tenant: string;
  /** Absent where violations name a tenant that posture does not know. */
  readonly posture: TenantPosture | undefined;
  /** The worst of its layers. */
  readonly state: PostureState;
  /** Every layer is in place, and nothing is wrong that is critical or high. */
  readonly isIsolated: boolean;
  readonly violations: Tally;
}

/** Violations, neither exempt ones nor those to confirm. */
export interface Tally {
  readonly total: number;
  readonly bySeverity: Readonly<Record<(typeof severities)[number], number>>;
  /** Rules by the number of their violations, the most first. */
  readonly byRule: readonly (readonly [rule: string, count: number])[];
}

/** From bad to good. */
const worstFirst: readonly PostureState[] = ['missing', 'drifted', 'unknown', 'in-place'];

/** All tenants, the worst first: by critical violations, missing layers, high violations, drifted and unknown layers, the rest. */
export function rankTenants(report: AuditReport): readonly TenantStanding[] {
  const results = Map.groupBy(report.results.filter(isViolation), ({ tenant }) => tenant);
  const postures = new Map(report.posture.tenants.map((posture) => [posture.tenant, posture]));
  const names = new Set([...postures.keys(), ...[...results.keys()].filter((tenant) => tenant !== undefined)]);
  const standings = Array.from(names, (tenant): TenantStanding => {
    const posture = postures.get(tenant);
    const state = worstOf(posture?.layers.map((layer) => layer.state) ?? []);
    const violations = tallyOf(results.get(tenant) ?? []);
    const { critical, high } = violations.bySeverity;
    return { tenant, posture, state, isIsolated: state === 'in-place' && critical + high === 0, violations };
  });
  return standings.sort((a, b) => compare(weightOf(b), weightOf(a)) || (a.tenant < b.tenant ? -1 : 1));
}

export function isViolation({ exemption, writer }: AuditReport['results'][number]): boolean {
  return exemption === undefined && writer === 'any';
}

export function worstOf(states: readonly PostureState[]): PostureState {
  return worstFirst.find((state) => states.includes(state)) ?? 'unknown';
}

export function tallyOf(results: AuditReport['results']): Tally {
  const bySeverity = { critical: 0, high: 0, medium: 0, low: 0 };
  const rules = new Map<string, number>();
  for (const { severity, rule } of results) {
    bySeverity[severity] += 1;
    rules.set(rule, (rules.get(rule) ?? 0) + 1);
  }
  const byRule = [...rules].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { total: results.length, bySeverity, byRule };
}

function weightOf({ posture, violations: { bySeverity } }: TenantStanding): readonly number[] {
  const layers = (state: PostureState): number => posture?.layers.filter((layer) => layer.state === state).length ?? 0;
  const { critical, high, medium, low } = bySeverity;
  return [critical, layers('missing'), high, layers('drifted'), layers('unknown'), medium, low];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
