import type { LayerPosture, NamespaceLayer, NamespacePosture } from '../../../audit/audit-report.ts';
import { stateBadge } from './badges.ts';
import { el, name, spoken, type Child, type MarkupElement } from './markup.ts';
import { fragmentOf, type PageState } from './page-state.ts';
import type { TenantStanding } from './tenant-ranking.ts';
import { grouped, layerOrder, namespaceLayerTexts, severities } from './wording.ts';

/** Tenants that are shown before the reader asks for more. */
export const shownTenants = 100;

/** Tenants by layers. The rows come from {@link tenantRow}. */
export function tenantHeatMap(rows: readonly MarkupElement[]): MarkupElement {
  return heatMap('Tenants and the layers of their isolation, the worst first', 'Tenant', ['Violations'], rows);
}

/** Namespaces of one tenant by layers. */
export function namespaceHeatMap(tenant: string, namespaces: readonly NamespacePosture[]): MarkupElement {
  const rows = namespaces.map((posture) => {
    const chosen = { tenant, namespace: posture.namespace };
    return el('tr', {}, rowHead(chosen, posture.namespace), layerCells(chosen, posture.layers));
  });
  return heatMap('Namespaces of the tenant and the layers of their isolation', 'Namespace', [], rows);
}

export function tenantRow({ tenant, posture, violations }: TenantStanding): MarkupElement {
  return el(
    'tr',
    {},
    rowHead({ tenant }, tenant),
    layerCells({ tenant }, posture?.layers ?? []),
    el('td', { class: 'count' }, violations.total === 0 ? '0' : violationsLink(tenant, violations)),
  );
}

function violationsLink(tenant: string, { total, bySeverity }: TenantStanding['violations']): MarkupElement {
  const [worst] = severities.filter((severity) => bySeverity[severity] > 0);
  const remark = worst === undefined || worst === 'low' || worst === 'medium' ? undefined : worst;
  return el(
    'a',
    { href: fragmentOf({ tenant }) },
    remark === undefined
      ? undefined
      : el('span', { class: `of-them ${remark}` }, `${grouped(bySeverity[remark])} ${remark}`, spoken(' of ')),
    grouped(total),
    spoken(total === 1 ? ' violation' : ' violations'),
  );
}

function heatMap(
  caption: string,
  first: string,
  more: readonly string[],
  rows: readonly MarkupElement[],
): MarkupElement {
  const columns = layerOrder.map((layer) => {
    const { short, title, meaning } = namespaceLayerTexts[layer];
    return el('th', { scope: 'col', title: `${title}: ${meaning}` }, short);
  });
  return el(
    'div',
    { class: 'scroller', role: 'region', tabindex: '0', 'aria-label': caption },
    el(
      'table',
      { class: 'heat-map' },
      el('caption', {}, spoken(caption)),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('th', { scope: 'col' }, first),
          columns,
          more.map((text) => el('th', { scope: 'col', class: 'count' }, text)),
        ),
      ),
      el('tbody', {}, rows),
    ),
  );
}

function rowHead(chosen: Partial<PageState>, text: string): MarkupElement {
  return el('th', { scope: 'row' }, el('a', { href: fragmentOf(chosen) }, name(text)));
}

/** A cell for each layer; a layer that the report does not have is no cell to click on, and not in place either. */
function layerCells(chosen: Partial<PageState>, layers: readonly LayerPosture[]): readonly Child[] {
  return layerOrder.map((layer) => {
    const state = layers.find((posture) => posture.layer === layer)?.state;
    if (state === undefined) return el('td', {}, el('span', { class: 'none' }, '–', spoken('not looked at')));
    return el('td', {}, cellLink(chosen, layer, state));
  });
}

function cellLink(chosen: Partial<PageState>, layer: NamespaceLayer, state: LayerPosture['state']): MarkupElement {
  return el('a', { class: `cell ${state}`, href: fragmentOf({ ...chosen, layer }) }, stateBadge(state));
}
