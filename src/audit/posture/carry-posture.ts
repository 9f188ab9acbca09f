import type { LayerPosture, NamespacePosture, Posture, PostureState, TenantPosture } from '../audit-report.ts';

/** When the postures were seen. */
interface Times {
  readonly now: string;
  readonly previous: string;
}

/** A layer of whatever kind. */
type Layer = Omit<LayerPosture, 'layer'> & { readonly layer: string };

/** A state that says something. */
export type KnownState = Exclude<PostureState, 'unknown'>;

/**
 * The posture with the times since when each layer is as it is: a state that stayed keeps its time, and one that changed begins
 * now. One that has no time yet is as old as the previous posture. What becomes unknown keeps what was known, so that a failed list is neither a drift nor a repair.
 */
export function carryPosture(
  previous: Posture | undefined,
  now: Posture,
  nowInstant: string,
  previousInstant: string = nowInstant,
): Posture {
  const tenants = new Map(previous?.tenants.map((tenant) => [tenant.tenant, tenant]));
  const times = { now: nowInstant, previous: previousInstant };
  return {
    cluster: carryLayers(previous?.cluster, now.cluster, times),
    tenants: now.tenants.map((tenant) => carryTenant(tenants.get(tenant.tenant), tenant, times)),
  };
}

function carryTenant(previous: TenantPosture | undefined, now: TenantPosture, times: Times): TenantPosture {
  const namespaces = new Map(previous?.namespaces.map((one) => [one.namespace, one]));
  return {
    ...now,
    layers: carryLayers(previous?.layers, now.layers, times),
    namespaces: now.namespaces.map((one): NamespacePosture => ({
      ...one,
      layers: carryLayers(namespaces.get(one.namespace)?.layers, one.layers, times),
    })),
  };
}

function carryLayers<L extends Layer>(previous: readonly L[] | undefined, now: readonly L[], times: Times): L[] {
  const before = new Map(previous?.map((one) => [one.layer, one]));
  return now.map((one) => carryLayer(before.get(one.layer), one, times));
}

function carryLayer<L extends Layer>(previous: L | undefined, now: L, times: Times): L {
  const known = knownState(previous);
  const isSame = previous?.state === now.state;
  return {
    ...now,
    since: isSame ? (previous.since ?? times.previous) : times.now,
    ...outOfPlace(previous, now, times.now),
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
