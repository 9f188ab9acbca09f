import type { TenantPosture } from '../../../audit/audit-report.ts';
import type { PageState } from '../view/page-state.ts';
import { tenantPanel } from '../view/tenant-panel.ts';
import { addCopyButtons } from './copy-fix.ts';
import { makeNavigable } from './heat-map-keys.ts';
import { byId } from './page-elements.ts';
import { show } from './render-dom.ts';

const heading = 'tenant-heading';

/** What the page says of the tenant that is chosen. */
export class TenantView {
  readonly #tenants: ReadonlyMap<string, TenantPosture>;
  readonly #owners: ReadonlyMap<string, TenantPosture>;
  #key = '';

  constructor(tenants: readonly TenantPosture[]) {
    this.#tenants = new Map(tenants.map((posture) => [posture.tenant, posture]));
    this.#owners = new Map(
      tenants.flatMap((posture) => posture.namespaces.map(({ namespace }) => [namespace, posture] as const)),
    );
  }

  /** Names of all namespaces that tenants have. */
  get namespaces(): readonly string[] {
    return [...this.#owners.keys()].sort();
  }

  show({ tenant, namespace }: PageState): void {
    const key = JSON.stringify([tenant, namespace]);
    if (key === this.#key) return;
    this.#key = key;
    const place = byId('tenant');
    const posture = this.#tenants.get(tenant) ?? (tenant === '' ? this.#owners.get(namespace) : undefined);
    if (posture === undefined) {
      place.replaceChildren();
      return;
    }
    show(place, tenantPanel(posture, namespace, { heading, layer: idOfLayer }));
    addCopyButtons(place);
    for (const table of place.querySelectorAll('table')) makeNavigable(table);
  }

  /** What a link to the tenant, or to one of its layers, leads to. */
  target(layer: string): HTMLElement | undefined {
    return document.getElementById(idOfLayer(layer)) ?? document.getElementById(heading) ?? undefined;
  }
}

function idOfLayer(layer: string): string {
  return `tenant-layer-${layer}`;
}
