import type { AuditReport } from '../../../audit/audit-report.ts';
import { severityBadge } from './badges.ts';
import type { RuleTexts } from './finding-card.ts';
import { el, name, type Child, type MarkupElement } from './markup.ts';
import { fragmentOf } from './page-state.ts';
import { isViolation, tallyOf, type TenantStanding } from './tenant-ranking.ts';
import { counted, grouped, listed, lowerFirst, namespaceLayerTexts, severities } from './wording.ts';

const shownTenants = 5;
const shownRules = 8;

/** The tenants to talk to first, each with the reasons. */
export function worstTenants(standings: readonly TenantStanding[]): MarkupElement {
  const worst = standings
    .filter(({ isIsolated, violations }) => !isIsolated || violations.total > 0)
    .slice(0, shownTenants);
  if (worst.length === 0) return el('p', {}, 'No tenant has a layer out of place or a violation.');
  return el('ol', { class: 'worst' }, worst.map(worstTenant));
}

function worstTenant({ tenant, posture, violations }: TenantStanding): MarkupElement {
  const layers = (state: string): readonly string[] =>
    (posture?.layers ?? [])
      .filter((layer) => layer.state === state)
      .map(({ layer }) => lowerFirst(namespaceLayerTexts[layer].title));
  const [missing, drifted, unknown] = [layers('missing'), layers('drifted'), layers('unknown')];
  const counts = severities.filter((severity) => violations.bySeverity[severity] > 0);
  const [most] = violations.byRule;
  return el(
    'li',
    {},
    el('a', { class: 'who', href: fragmentOf({ tenant }) }, name(tenant)),
    el(
      'ul',
      {},
      missing.length > 0 ? el('li', {}, `Missing: ${listed(missing)}`) : undefined,
      drifted.length > 0 ? el('li', {}, `Drifted: ${listed(drifted)}`) : undefined,
      unknown.length > 0 ? el('li', {}, `Unknown: ${listed(unknown)}`) : undefined,
      counts.length > 0
        ? el(
            'li',
            {},
            `${counted(violations.total, 'violation')}: ${listed(counts.map((severity) => `${grouped(violations.bySeverity[severity])} ${severity}`))}`,
          )
        : undefined,
      most === undefined
        ? undefined
        : el(
            'li',
            {},
            'Most often ',
            el('a', { href: fragmentOf({ tenant, rule: most[0] }) }, name(most[0])),
            ` (${grouped(most[1])})`,
          ),
    ),
  );
}

/** The rules that are broken most often: mending few things often mends much. */
export function frequentRules(report: AuditReport, rules: RuleTexts): MarkupElement {
  const violations = report.results.filter(isViolation);
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  const { byRule: order } = tallyOf(violations);
  if (order.length === 0) return el('p', {}, 'No rule is broken.');
  const rows = order.slice(0, shownRules).map(([rule]) => frequentRule(rule, byRule.get(rule) ?? [], rules));
  return el(
    'table',
    { class: 'plain' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...['Rule', 'Severity'].map((text) => el('th', { scope: 'col' }, text)),
        ...['Violations', 'Tenants'].map((text) => el('th', { scope: 'col', class: 'number' }, text)),
      ),
    ),
    el('tbody', {}, rows),
  );
}

function frequentRule(rule: string, results: AuditReport['results'], rules: RuleTexts): Child {
  const tenants = new Set(results.map(({ tenant }) => tenant).filter((tenant) => tenant !== undefined));
  const worst = severities.find((severity) => results.some((result) => result.severity === severity));
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, el('a', { href: fragmentOf({ rule }) }, rules.get(rule)?.title ?? name(rule))),
    el('td', {}, worst === undefined ? undefined : severityBadge(worst)),
    el('td', { class: 'number' }, grouped(results.length)),
    el('td', { class: 'number' }, grouped(tenants.size)),
  );
}
