import type { AuditReport } from '../../audit/audit-report.ts';
import { withoutScript } from './without-script.ts';
import type { RuleTexts } from './view/finding-card.ts';
import { countByPart, findingsOf } from './view/findings.ts';
import { shownTenants, tenantHeatMap, tenantRow } from './view/heat-map.ts';
import { el, name, type Child, type MarkupElement } from './view/markup.ts';
import type { PageData } from './view/page-data.ts';
import { layerDetails } from './view/posture-details.ts';
import { ruleExplanations, scope } from './view/scope.ts';
import { caveats, headline, summary } from './view/summary.ts';
import { rankTenants, type TenantStanding } from './view/tenant-ranking.ts';
import { filterForm, partLinks } from './view/toolbar.ts';
import { frequentRules, worstTenants } from './view/worst.ts';
import { instantText, stateMeanings } from './view/wording.ts';
import { stateBadge } from './view/badges.ts';
import { postureStates } from '../../audit/audit-report.ts';

/** All that the page shows before, and without, its script. */
export function pageBody(data: PageData): MarkupElement {
  const { report, version } = data;
  const standings = rankTenants(report);
  const rules: RuleTexts = new Map(data.rules.map((rule) => [rule.id, rule]));
  return el(
    'body',
    {},
    el('a', { class: 'skip', href: '#findings' }, 'Skip to the findings'),
    masthead(report, standings),
    el(
      'main',
      {},
      section('summary', 'Summary', [caveats(report), summary(report, standings)]),
      section('tenants', 'Isolation by tenant', tenants(standings)),
      section(
        'cluster',
        'What all tenants share',
        layerDetails(report.posture.cluster, (layer) => `cluster-${layer}`, 'h3'),
      ),
      section('worst', 'Where to begin', whereToBegin(report, standings, rules)),
      section('findings', 'Findings', findings(data, rules)),
      section('scope', 'What was scanned', scope(report)),
      data.rules.length === 0 ? undefined : section('rules', 'The rules', ruleExplanations(data.rules)),
    ),
    el(
      'footer',
      {},
      el(
        'p',
        {},
        `Made by Tenantgate${version === undefined ? '' : ` ${version}`}. This file holds all its data and loads nothing.`,
      ),
    ),
  );
}

function masthead({ scan }: AuditReport, standings: readonly TenantStanding[]): MarkupElement {
  const links = [
    ['#summary', 'Summary'],
    ['#tenants', 'Tenants'],
    ['#worst', 'Where to begin'],
    ['#findings', 'Findings'],
    ['#scope', 'Scope'],
  ] as const;
  return el(
    'header',
    { class: 'masthead' },
    el(
      'div',
      { class: 'bar-top' },
      el('p', { class: 'brand' }, 'Tenantgate audit'),
      el(
        'nav',
        { 'aria-label': 'Sections' },
        el(
          'ul',
          {},
          links.map(([href, text]) => el('li', {}, el('a', { href }, text))),
        ),
      ),
      el('div', { id: 'theme' }),
    ),
    el('h1', {}, headline(standings)),
    el(
      'p',
      { class: 'lead' },
      'As of ',
      el('time', { datetime: scan.startedAt }, instantText(scan.startedAt)),
      ', read from ',
      name(scan.source),
      narrowedTo(scan),
    ),
  );
}

/** A part must not pass for the whole. */
function narrowedTo({ filters }: AuditReport['scan']): Child {
  return filters.length === 0 ? '.' : [', narrowed to ', el('code', {}, name(filters.join(' '))), '.'];
}

function section(id: string, title: string, content: Child): MarkupElement {
  return el(
    'section',
    { id, 'aria-labelledby': `${id}-title`, tabindex: '-1' },
    el('h2', { id: `${id}-title` }, title),
    content,
  );
}

function tenants(standings: readonly TenantStanding[]): readonly Child[] {
  if (standings.length === 0) return [el('p', {}, 'No tenants were found.')];
  const rows = standings.map(tenantRow);
  const rest = rows.slice(shownTenants);
  return [
    el(
      'p',
      { class: 'lead' },
      'The worst come first. A layer is as it is in the worst of the tenant’s namespaces; choose a cell to see why.',
    ),
    legend(),
    tenantHeatMap(rows.slice(0, shownTenants)),
    el('div', { id: 'more-tenants' }),
    rest.length === 0 ? undefined : el('noscript', {}, tenantHeatMap(rest)),
  ];
}

function legend(): MarkupElement {
  return el(
    'ul',
    { class: 'legend', 'aria-label': 'States' },
    postureStates.map((state) => el('li', {}, stateBadge(state), ` ${stateMeanings[state]}`)),
  );
}

function whereToBegin(report: AuditReport, standings: readonly TenantStanding[], rules: RuleTexts): MarkupElement {
  return el(
    'div',
    { class: 'columns' },
    el('div', {}, el('h3', {}, 'Tenants to talk to first'), worstTenants(standings)),
    el('div', {}, el('h3', {}, 'Rules broken most often'), frequentRules(report, rules)),
  );
}

function findings(data: PageData, rules: RuleTexts): readonly Child[] {
  const all = findingsOf(data.report);
  return [
    el('div', { id: 'tenant' }),
    partLinks(countByPart(all), data.report.scan.comparedWith !== undefined),
    filterForm(data.report, rules),
    el('p', { id: 'status', role: 'status', tabindex: '-1' }),
    el('div', { id: 'list' }),
    el('noscript', {}, withoutScript(data, all, rules)),
  ];
}
