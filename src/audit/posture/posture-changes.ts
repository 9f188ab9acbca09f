import type { ClusterLayer, LayerPosture, NamespaceLayer, NamespacePosture, Posture } from '../audit-report.ts';
import { knownState } from './carry-posture.ts';
import { earliest, isLater } from './instant.ts';

/** A posture and when the audit that made it ended; {@link carryPosture} has given it its times. */
export interface DatedPosture {
  readonly posture: Posture;
  readonly at: string;
}

/** Whose layer changed: a namespace's, or the cluster's. */
type Place =
  | { readonly tenant: string; readonly namespace: string; readonly layer: NamespaceLayer }
  | { readonly tenant: undefined; readonly namespace: undefined; readonly layer: ClusterLayer };

/** A layer that was in place and is no more. */
export type Drift = Place & {
  readonly change: 'drift';
  readonly state: 'drifted' | 'missing';
  readonly detectedAt: string;
  /**
   * By `write`: it began no later, since something wrong was not written after that. By `audit`: it began no earlier, since that
   * audit still found it in place. Undefined where neither is known.
   */
  readonly beganAt: string | undefined;
  /** What `beganAt` rests on. */
  readonly beganBy: 'write' | 'audit' | undefined;
};

/** A layer that was not in place and is again. */
export type Repair = Place & {
  readonly change: 'repair';
  /** When an audit first found it out of place. */
  readonly detectedAt: string;
  readonly repairedAt: string;
};

export type PostureChange = Drift | Repair;

/**
 * What came out of place, and what was put right, between two audits. What was never seen in place has not drifted, and what
 * is unknown has done neither.
 */
export function postureChanges(previous: DatedPosture | undefined, now: DatedPosture): readonly PostureChange[] {
  if (previous === undefined) return [];
  const nowLayers = placedLayers(now.posture);
  const before = new Map(placedLayers(previous.posture).map((one) => [keyOf(one.place), one.layer]));
  return nowLayers.flatMap(({ place, layer }) => {
    const was = before.get(keyOf(place));
    return was === undefined ? [] : changeOf(place, { layer: was, at: previous.at }, { layer, at: now.at });
  });
}

/** A layer of whatever kind. */
type Layer = Omit<LayerPosture, 'layer'>;

interface PlacedLayer {
  readonly place: Place;
  readonly layer: Layer;
}

interface DatedLayer {
  readonly layer: Layer;
  readonly at: string;
}

function placedLayers({ cluster, tenants }: Posture): readonly PlacedLayer[] {
  return [
    ...cluster.map((layer) => ({ place: { tenant: undefined, namespace: undefined, layer: layer.layer }, layer })),
    ...tenants.flatMap(({ tenant, namespaces }) => namespaces.flatMap((one) => layersOf(tenant, one))),
  ];
}

function layersOf(tenant: string, { namespace, layers }: NamespacePosture): readonly PlacedLayer[] {
  return layers.map((layer) => ({ place: { tenant, namespace, layer: layer.layer }, layer }));
}

/** A namespace that was given to another tenant is another one. */
function keyOf({ tenant = '', namespace = '', layer }: Place): string {
  return `${tenant}/${namespace}/${layer}`;
}

function changeOf(place: Place, was: DatedLayer, is: DatedLayer): readonly PostureChange[] {
  const before = knownState(was.layer as LayerPosture);
  const { state } = is.layer;
  if (before === 'in-place' && (state === 'drifted' || state === 'missing')) {
    return [{ ...place, change: 'drift', state, detectedAt: is.at, ...beginOf(was, is) }];
  }
  const detectedAt = was.layer.outOfPlaceSince;
  if (state !== 'in-place' || detectedAt === undefined) return [];
  return [{ ...place, change: 'repair', detectedAt, repairedAt: is.at }];
}

/** What was written before the audit that found all in place was not wrong then: only later writes tell. */
function beginOf(was: DatedLayer, is: DatedLayer): Pick<Drift, 'beganAt' | 'beganBy'> {
  const writes = is.layer.evidence.flatMap(({ object }) => object?.writtenAt ?? []);
  const write = earliest(writes.filter((one) => isLater(one, was.at) && !isLater(one, is.at)));
  if (write !== undefined) return { beganAt: write, beganBy: 'write' };
  return was.layer.state === 'in-place'
    ? { beganAt: was.at, beganBy: 'audit' }
    : { beganAt: undefined, beganBy: undefined };
}
