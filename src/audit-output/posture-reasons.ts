import type {
  AuditReport,
  ClusterLayerPosture,
  LayerPosture,
  PostureState,
  TenantPosture,
} from '../audit/audit-report.ts';
import { counted } from '../report-formats/finding-wording.ts';
import { printable } from '../report-formats/printable.ts';
import { evidenceText, instantText } from './audit-wording.ts';

/** Why a layer is not in place, told by its first namespace in the state that the tenant is in. */
export interface PostureReason {
  readonly owner: string;
  readonly layer: string;
  readonly state: PostureState;
  readonly text: string;
}

/** One reason for each layer of each tenant, and of the cluster, that is not in place. */
export function postureReasons({ scan, posture }: AuditReport): readonly PostureReason[] {
  return [
    ...posture.cluster.flatMap((layer) => clusterReason(scan, layer)),
    ...posture.tenants.flatMap((tenant) => tenantReasons(scan, tenant)),
  ];
}

type Scan = AuditReport['scan'];

function clusterReason(scan: Scan, { layer, state, ...posture }: ClusterLayerPosture): readonly PostureReason[] {
  return state === 'in-place' ? [] : [{ owner: 'whole cluster', layer, state, text: whyOf(scan, posture) }];
}

function tenantReasons(scan: Scan, { tenant, layers, namespaces }: TenantPosture): readonly PostureReason[] {
  return layers
    .filter(({ state }) => state !== 'in-place')
    .map(({ layer, state, ...posture }) => {
      const places = namespaces.flatMap((one) => {
        const found = one.layers.find((other) => other.layer === layer);
        return found?.state === state ? [{ namespace: one.namespace, found }] : [];
      });
      const [first, ...others] = places;
      const why = whyOf(scan, first?.found ?? posture);
      const rest = others.length === 0 ? '' : ` and ${counted(others.length, 'more namespace')}`;
      const text = first === undefined ? why : `${printable(first.namespace)}${rest}: ${why}`;
      return { owner: printable(tenant), layer, state, text };
    });
}

/** The first evidence, how much more there is, and since when, where an earlier audit tells. */
function whyOf(scan: Scan, { evidence, since }: Pick<LayerPosture, 'evidence' | 'since'>): string {
  const [first, ...others] = evidence;
  const why = first === undefined ? 'no reason is known' : evidenceText(first);
  const more = others.length === 0 ? '' : `; ${others.length} more`;
  return `${why}${more}${sinceText(scan, since)}`;
}

function sinceText({ startedAt, comparedWith }: Scan, since: string | undefined): string {
  if (since === undefined || comparedWith === undefined) return '';
  return since === startedAt ? ' (new)' : ` (since ${instantText(since)})`;
}
