import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import type { PodFact, PodTemplateFact } from '../facts.ts';
import { podTemplateFactOf } from './container-ports.ts';
import type { PodKind } from './kinds.ts';
import type { Pod } from './pod.ts';
import { PodView } from './pod-view.ts';

/**
 * The workloads whose templates are facts of a cluster. ReplicaSets are left out: nearly all are former versions of a
 * Deployment, whose labels say nothing of what is to come.
 */
export const templateFactKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
] as const satisfies readonly PodKind[];

/**
 * What is known by a pod as it is stored; undefined for one that is finished: no NetworkPolicy matters to it. What it has in
 * common with its replicas may be known already.
 */
export function podFactOf(
  pod: Pod,
  common: PodTemplateFact = podTemplateFactOf(new PodView(pod, '')),
): PodFact | undefined {
  const status = statusOf(pod);
  const phase = ownMember(status, 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  return { ...common, name: pod.metadata?.name ?? '', addresses: addressesIn(status) };
}

/** No rule reads it, so the schema of pods leaves it unchecked. */
function statusOf(pod: Pod): JsonObject {
  const status = ownMember(pod, 'status');
  return isJsonObject(status) ? status : {};
}

function addressesIn(status: JsonObject): readonly string[] {
  const podIps = ownMember(status, 'podIPs');
  return (Array.isArray(podIps) ? (podIps as readonly unknown[]) : [])
    .map((entry) => (isJsonObject(entry) ? ownMember(entry, 'ip') : undefined))
    .filter((address) => typeof address === 'string');
}
