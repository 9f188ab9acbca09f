import type { ClusterLayerPosture, LayerPosture, Posture, TenantPosture } from '../audit/audit-report.ts';
import type { PostureState } from '../audit/audit-report.ts';
import { counted } from '../report-formats/finding-wording.ts';
import { printable } from '../report-formats/printable.ts';
import { evidenceText } from './audit-wording.ts';

/** Why a layer is not in place, told by its first namespace in the state that the tenant is in. */
export interface PostureReason {
  readonly owner: string;
  readonly layer: string;
  readonly state: PostureState;
  readonly text: string;
}

/** One reason for each layer of each tenant, and of the cluster, that is not in place. */
export function postureReasons({ cluster, tenants }: Posture): readonly PostureReason[] {
  return [...cluster.flatMap(clusterReason), ...tenants.flatMap(tenantReasons)];
}

function clusterReason({ layer, state, ...posture }: ClusterLayerPosture): readonly PostureReason[] {
  return state === 'in-place' ? [] : [{ owner: 'whole cluster', layer, state, text: whyOf(posture) }];
}

function tenantReasons({ tenant, layers, namespaces }: TenantPosture): readonly PostureReason[] {
  return layers
    .filter(({ state }) => state !== 'in-place')
    .map(({ layer, state, ...posture }) => {
      const places = namespaces.flatMap((one) => {
        const found = one.layers.find((other) => other.layer === layer);
        return found?.state === state ? [{ namespace: one.namespace, found }] : [];
      });
      const [first, ...others] = places;
      const why = whyOf(first?.found ?? posture);
      const rest = others.length === 0 ? '' : ` and ${counted(others.length, 'more namespace')}`;
      const text = first === undefined ? why : `${printable(first.namespace)}${rest}: ${why}`;
      return { owner: printable(tenant), layer, state, text };
    });
}

/** The first evidence, how much more there is, and since when. */
export function whyOf({
  evidence,
  since,
}: Pick<LayerPosture, 'evidence'> & { readonly since?: string | undefined }): string {
  const [first, ...others] = evidence;
  const why = first === undefined ? 'no reason is known' : evidenceText(first);
  const more = others.length === 0 ? '' : `; ${others.length} more`;
  return `${why}${more}${since === undefined ? '' : ` (since ${printable(since)})`}`;
}
