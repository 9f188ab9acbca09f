import { shownTenants, tenantRow } from '../view/heat-map.ts';
import { el } from '../view/markup.ts';
import type { TenantStanding } from '../view/tenant-ranking.ts';
import { counted } from '../view/wording.ts';
import { makeNavigable } from './heat-map-keys.ts';
import { byId } from './page-elements.ts';
import { renderDom, show } from './render-dom.ts';

/** Makes the tenants’ table navigable, and adds rows to it when they are asked for. */
export function extendTenants(standings: readonly TenantStanding[]): void {
  const table = document.querySelector<HTMLTableElement>('#tenants .heat-map');
  if (table === null) return;
  makeNavigable(table);
  offerMore(table, standings.slice(shownTenants));
}

function offerMore(table: HTMLTableElement, rest: readonly TenantStanding[]): void {
  const place = byId('more-tenants');
  place.replaceChildren();
  if (rest.length === 0) return;
  const next = rest.slice(0, shownTenants);
  const text = `Show ${counted(next.length, 'more tenant')} of ${rest.length}`;
  show(place, el('button', { type: 'button' }, text));
  place.firstElementChild?.addEventListener('click', () => {
    const rows = next.map((standing) => renderDom(tenantRow(standing)));
    table.tBodies[0]?.append(...rows);
    makeNavigable(table);
    const [first] = rows;
    if (first instanceof Element) first.querySelector('a')?.focus();
    offerMore(table, rest.slice(shownTenants));
  });
}
