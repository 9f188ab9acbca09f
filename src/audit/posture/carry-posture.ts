import type { LayerPosture, NamespacePosture, Posture, PostureState, TenantPosture } from '../audit-report.ts';

/** A layer of whatever kind. */
type Layer = Omit<LayerPosture, 'layer'> & { readonly layer: string };

/** A state that says something. */
export type KnownState = Exclude<PostureState, 'unknown'>;

/**
 * The posture with the times since when each layer is as it is: a state that stayed keeps its time, and one that changed begins
 * now. What becomes unknown keeps what was known, so that a failed list is neither a drift nor a repair.
 */
export function carryPosture(previous: Posture | undefined, now: Posture, nowInstant: string): Posture {
  const tenants = new Map(previous?.tenants.map((tenant) => [tenant.tenant, tenant]));
  return {
    cluster: carryLayers(previous?.cluster, now.cluster, nowInstant),
    tenants: now.tenants.map((tenant) => carryTenant(tenants.get(tenant.tenant), tenant, nowInstant)),
  };
}

function carryTenant(previous: TenantPosture | undefined, now: TenantPosture, nowInstant: string): TenantPosture {
  const namespaces = new Map(previous?.namespaces.map((one) => [one.namespace, one]));
  return {
    ...now,
    layers: carryLayers(previous?.layers, now.layers, nowInstant),
    namespaces: now.namespaces.map((one): NamespacePosture => ({
      ...one,
      layers: carryLayers(namespaces.get(one.namespace)?.layers, one.layers, nowInstant),
    })),
  };
}

function carryLayers<L extends Layer>(previous: readonly L[] | undefined, now: readonly L[], nowInstant: string): L[] {
  const before = new Map(previous?.map((one) => [one.layer, one]));
  return now.map((one) => carryLayer(before.get(one.layer), one, nowInstant));
}

function carryLayer<L extends Layer>(previous: L | undefined, now: L, nowInstant: string): L {
  const known = knownState(previous);
  const isSame = previous?.state === now.state;
  return {
    ...now,
    since: (isSame ? previous.since : undefined) ?? nowInstant,
    ...outOfPlace(previous, now, nowInstant),
    ...(now.state === 'unknown' && known !== undefined ? { lastKnown: known } : {}),
  };
}

function outOfPlace(previous: Layer | undefined, now: Layer, nowInstant: string): Pick<Layer, 'outOfPlaceSince'> {
  if (now.state === 'in-place') return {};
  const since = previous?.outOfPlaceSince ?? (now.state === 'unknown' ? undefined : nowInstant);
  return since === undefined ? {} : { outOfPlaceSince: since };
}

/** The state of a layer, or the one before it became unknown; undefined where none has been known. */
export function knownState(layer: Layer | undefined): KnownState | undefined {
  return layer?.state === 'unknown' ? layer.lastKnown : layer?.state;
}
