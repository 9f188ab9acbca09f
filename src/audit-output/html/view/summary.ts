import type { AuditReport, PostureState } from '../../../audit/audit-report.ts';
import { isNew } from './findings.ts';
import { el, type Child, type MarkupElement } from './markup.ts';
import { fragmentOf } from './page-state.ts';
import { isViolation, tallyOf, type Tally, type TenantStanding } from './tenant-ranking.ts';
import { clusterLayerTexts, counted, grouped, listed, lowerFirst, severities, stateTexts } from './wording.ts';

/** From good to bad, as bars show them. `violated`: all layers are there, and violations nevertheless. */
const tenantGroups: readonly { readonly key: PostureState | 'violated'; readonly text: string }[] = [
  { key: 'in-place', text: 'isolated' },
  { key: 'violated', text: 'with violations' },
  { key: 'unknown', text: 'with a layer unknown' },
  { key: 'drifted', text: 'with a layer drifted' },
  { key: 'missing', text: 'with a layer missing' },
];

/** The page’s headline: how many tenants are isolated. */
export function headline(standings: readonly TenantStanding[]): string {
  const { length } = standings;
  const isolated = standings.filter(({ isIsolated }) => isIsolated).length;
  if (length === 0) return 'No tenants were found';
  if (isolated === length)
    return length === 1 ? 'The only tenant is fully isolated' : `All ${grouped(length)} tenants are fully isolated`;
  if (isolated === 0)
    return length === 1
      ? 'The only tenant is not fully isolated'
      : `None of ${grouped(length)} tenants is fully isolated`;
  return `${grouped(isolated)} of ${grouped(length)} tenants ${isolated === 1 ? 'is' : 'are'} fully isolated`;
}

/** What everybody should know, in figures with a sentence each. */
export function summary(report: AuditReport, standings: readonly TenantStanding[]): MarkupElement {
  const tally = tallyOf(report.results.filter(isViolation));
  return el(
    'div',
    { class: 'figures' },
    tenantsFigure(standings),
    violationsFigure(report, tally),
    asideFigure(report),
    unknownFigure(report),
  );
}

/** What weakens the headline: layers that all tenants share, and what could not be judged. */
export function caveats(report: AuditReport): Child {
  const cluster = report.posture.cluster.filter(({ state }) => state !== 'in-place');
  const shared = cluster.map(
    ({ layer, state }) => `${lowerFirst(clusterLayerTexts[layer].title)} is ${stateTexts[state]}`,
  );
  const { unknown } = report.summary;
  if (shared.length === 0 && unknown === 0) return undefined;
  return el(
    'div',
    { class: 'caveat', role: 'note' },
    shared.length === 0
      ? undefined
      : el(
          'p',
          {},
          `All tenants rest on layers that the cluster has in common, and ${listed(shared)}. `,
          el('a', { href: '#cluster' }, 'Look at them'),
        ),
    unknown === 0
      ? undefined
      : el(
          'p',
          {},
          `The scan is not complete: ${counted(unknown, 'thing')} could not be judged and ${unknown === 1 ? 'is' : 'are'} not counted as clean. `,
          el('a', { href: fragmentOf({ show: 'unknown' }) }, 'See what'),
        ),
  );
}

function figure(title: string, value: string, ...more: readonly Child[]): MarkupElement {
  return el('section', { class: 'figure' }, el('h3', {}, title), el('p', { class: 'value' }, value), more);
}

function tenantsFigure(standings: readonly TenantStanding[]): MarkupElement {
  const groups = Map.groupBy(standings, ({ state, isIsolated }) =>
    state === 'in-place' && !isIsolated ? 'violated' : state,
  );
  const counts = tenantGroups.map(({ key, text }) => ({ key, text, count: groups.get(key)?.length ?? 0 }));
  const isolated = groups.get('in-place')?.length ?? 0;
  return figure(
    'Tenants fully isolated',
    `${grouped(isolated)} of ${grouped(standings.length)}`,
    bar(counts),
    el(
      'ul',
      { class: 'split' },
      counts.map(({ key, text, count }) =>
        count === 0 ? undefined : el('li', {}, el('span', { class: `dot ${key}` }), `${grouped(count)} ${text}`),
      ),
    ),
    el('p', {}, 'Isolated: every layer is in place, and no violation is critical or high.'),
  );
}

function violationsFigure(report: AuditReport, tally: Tally): MarkupElement {
  const { violations } = report.summary;
  const counts = severities.map((severity) => ({ key: severity, count: tally.bySeverity[severity] }));
  return figure(
    'Violations',
    grouped(tally.total),
    bar(counts),
    el(
      'ul',
      { class: 'split' },
      counts.map(({ key, count }) =>
        count === 0
          ? undefined
          : el(
              'li',
              {},
              el('span', { class: `dot ${key}` }),
              el('a', { href: fragmentOf({ severity: key }) }, `${grouped(count)} ${key}`),
            ),
      ),
    ),
    el(
      'p',
      {},
      tally.total === 0
        ? 'Nothing that is stored breaks a rule in force.'
        : `${grouped(violations.enforce)} would be denied, ${grouped(violations.warn)} warned of, ${grouped(violations.audit)} only recorded.`,
    ),
    report.scan.comparedWith === undefined ? undefined : el('p', {}, comparison(report)),
  );
}

function comparison({ scan, results, fixed }: AuditReport): readonly Child[] {
  const fresh = results.filter((result) => isViolation(result) && isNew(result, scan)).length;
  return [
    'Since the earlier audit: ',
    el('a', { href: fragmentOf({ change: 'new' }) }, `${grouped(fresh)} new`),
    ', ',
    el('a', { href: fragmentOf({ show: 'fixed' }) }, `${grouped(fixed?.length ?? 0)} fixed`),
    '.',
  ];
}

function asideFigure({ summary: { toConfirm, exempt } }: AuditReport): MarkupElement {
  return figure(
    'To confirm',
    grouped(toConfirm),
    el(
      'p',
      {},
      'Wrong only if a tenant wrote the object, which nobody recorded. ',
      toConfirm === 0 ? undefined : el('a', { href: fragmentOf({ show: 'confirm' }) }, 'Look through them'),
    ),
    el(
      'p',
      {},
      exempt === 0
        ? 'No exemptions are in use.'
        : [
            el('a', { href: fragmentOf({ show: 'exempt' }) }, `${grouped(exempt)} more`),
            ' are exempt, with a reason and an end.',
          ],
    ),
  );
}

function unknownFigure({ summary: { unknown, objects, judged, namespaces } }: AuditReport): MarkupElement {
  return figure(
    'Not judged',
    grouped(unknown),
    el(
      'p',
      {},
      unknown === 0
        ? 'All that was to be judged could be.'
        : ['Not known is not clean. ', el('a', { href: fragmentOf({ show: 'unknown' }) }, 'See what, and why')],
    ),
    el(
      'p',
      {},
      `${counted(objects, 'object')} in ${counted(namespaces, 'namespace')} read, ${grouped(judged)} of them judged.`,
    ),
  );
}

/** A bar in parts. Its figures stand below it as text, so it is left out for screen readers. */
function bar(counts: readonly { readonly key: string; readonly count: number }[]): Child {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let start = 0;
  const rects = counts.map(({ key, count }) => {
    const rect = el('rect', {
      class: key,
      x: String((100 * start) / total),
      width: String((100 * count) / total),
      height: '8',
    });
    start += count;
    return count === 0 ? undefined : rect;
  });
  return el('svg', { class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, rects);
}
