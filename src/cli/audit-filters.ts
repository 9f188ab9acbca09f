import type { AuditFilters } from '../audit/narrow-report.ts';
import { stateRulesOf } from '../audit/state-rules.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { severities, type Rule, type RuleMetadata } from '../policy/rule.ts';

/** The filters as they are given. */
export interface FilterOptions {
  readonly tenant?: readonly string[];
  readonly namespace?: readonly string[];
  readonly rule?: readonly string[];
  readonly severity?: readonly string[];
}

/** The rules of a set that judge what is stored, each once, by id. */
export function auditedRules(set: PolicySet): readonly RuleMetadata[] {
  const byId = new Map<string, RuleMetadata>();
  for (const entries of stateRulesOf(set).checks.values()) for (const { rule } of entries) byId.set(rule.id, rule);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Each value once: what is given twice narrows no further. */
export function filtersOf({ tenant, namespace, rule, severity }: FilterOptions): AuditFilters {
  const once = (values: readonly string[] = []) => [...new Set(values)];
  return { tenants: once(tenant), namespaces: once(namespace), rules: once(rule), severities: once(severity) };
}

/** What is wrong with the filters: a rule that nothing is judged by would look clean. */
export function filterProblems(
  { tenants, namespaces, rules, severities: wanted }: AuditFilters,
  set: PolicySet,
  catalogue: readonly Rule[],
): readonly string[] {
  const audited = new Set(auditedRules(set).map(({ id }) => id));
  const known = new Set(catalogue.map(({ id }) => id));
  const whole = severities.join(', ');
  return [
    ...(tenants.includes('') ? ['--tenant needs a name'] : []),
    ...(namespaces.includes('') ? ['--namespace needs a name'] : []),
    ...rules.filter((id) => !audited.has(id)).map((id) => ruleProblem(id, known.has(id))),
    ...wanted
      .filter((one) => !severities.some((severity) => severity === one))
      .map((one) => `--severity must be one of ${whole}, not ${JSON.stringify(one)}`),
  ];
}

function ruleProblem(id: string, isKnown: boolean): string {
  return isKnown
    ? `--rule ${id}: no policy in force judges what is stored by it: it is not in them, or it judges changes only`
    : `--rule: there is no rule ${JSON.stringify(id)}; \`tenantgate rules\` lists them`;
}
