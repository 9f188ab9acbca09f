import type { JsonObject } from '../../algebra/json-object.ts';
import { listAt, memberOf } from '../../policy/command-flags.ts';
import type { AuditedObject } from '../audit-report.ts';
import { referenceOf } from './finding.ts';

/** A DaemonSet as far as one sees by it what runs on nodes. */
export interface DaemonSetView {
  readonly object: AuditedObject;
  readonly name: string;
  readonly namespace: string;
  /** Labels of its pods. */
  readonly podLabels: JsonObject;
  /** By name: each container as it is written. */
  readonly containers: ReadonlyMap<string, unknown>;
  /** Nodes that should run it. */
  readonly wanted: number;
  /** Nodes on which it is ready. */
  readonly ready: number;
  readonly runsOn: 'linux' | 'windows';
}

export function daemonSetViewOf(daemonSet: JsonObject): DaemonSetView {
  const object = referenceOf(daemonSet, 'DaemonSet', 'apps/v1');
  const template = memberOf(memberOf(daemonSet, 'spec'), 'template');
  const status = memberOf(daemonSet, 'status');
  return {
    object,
    name: object.name,
    namespace: object.namespace ?? '',
    podLabels: objectOf(memberOf(memberOf(template, 'metadata'), 'labels')),
    containers: new Map(
      listAt(template, 'spec', 'containers').map((one) => [textOf(memberOf(one, 'name')), one] as const),
    ),
    wanted: countOf(memberOf(status, 'desiredNumberScheduled')),
    ready: countOf(memberOf(status, 'numberReady')),
    runsOn: /-win(dows)?(-|$)/.test(object.name) ? 'windows' : 'linux',
  };
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The value where it is a text, or else an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
