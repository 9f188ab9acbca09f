import type { NamespacePosture, TenantPosture } from '../../../audit/audit-report.ts';
import { namespaceHeatMap } from './heat-map.ts';
import { el, name, type Child, type MarkupElement } from './markup.ts';
import { fragmentOf } from './page-state.ts';
import { layerDetails } from './posture-details.ts';
import { worstOf } from './tenant-ranking.ts';
import { counted, stateTexts } from './wording.ts';

/** Namespaces that are shown at once; the filter reaches the others. */
const shownNamespaces = 100;

export interface PanelIds {
  readonly heading: string;
  readonly layer: (layer: string) => string;
}

/** One tenant: its layers, or those of one of its namespaces, and its namespaces. */
export function tenantPanel(posture: TenantPosture, namespace: string, ids: PanelIds): MarkupElement {
  const { tenant, namespaces } = posture;
  const chosen = namespaces.find((candidate) => candidate.namespace === namespace);
  return el(
    'section',
    { class: 'tenant', 'aria-labelledby': ids.heading },
    el(
      'h3',
      { id: ids.heading, tabindex: '-1' },
      'Tenant ',
      name(tenant),
      chosen === undefined ? undefined : [', namespace ', name(chosen.namespace)],
    ),
    el('p', { class: 'lead' }, chosen === undefined ? tenantLead(posture) : namespaceLead(tenant)),
    layerDetails((chosen ?? posture).layers, ids.layer, 'h4'),
    chosen === undefined && namespaces.length > 0 ? namespaceTable(tenant, namespaces) : undefined,
  );
}

function tenantLead({ layers, namespaces }: TenantPosture): Child {
  const worst = worstOf(layers.map(({ state }) => state));
  const owned = counted(namespaces.length, 'namespace');
  if (worst === 'in-place') return `Every layer is in place in ${owned}.`;
  const bad = layers.filter(({ state }) => state !== 'in-place').length;
  return `${counted(bad, 'layer is', 'layers are')} not in place; the worst is ${stateTexts[worst]}. Each layer is shown as it is in the worst of ${owned}.`;
}

function namespaceLead(tenant: string): Child {
  return ['Its own layers. ', el('a', { href: fragmentOf({ tenant }) }, 'Back to the whole tenant')];
}

function namespaceTable(tenant: string, namespaces: readonly NamespacePosture[]): readonly Child[] {
  const order = (posture: NamespacePosture): number =>
    posture.layers.filter(({ state }) => state === 'in-place').length;
  const sorted = [...namespaces].sort((a, b) => order(a) - order(b));
  const rest = sorted.length - shownNamespaces;
  return [
    el('h4', { class: 'over-table' }, 'Its namespaces'),
    namespaceHeatMap(tenant, sorted.slice(0, shownNamespaces)),
    rest > 0
      ? el(
          'p',
          { class: 'note' },
          `The ${shownNamespaces} worst are shown; the filter for namespaces reaches the other ${rest}.`,
        )
      : undefined,
  ];
}
