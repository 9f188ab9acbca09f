import { type Cluster } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface FluxEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** Events that are the same, byte for byte, are counted as one. */
  readonly count: number;
}

interface Status {
  readonly conditions?: readonly Condition[];
  readonly lastAttemptedRevision?: string;
  readonly history?: readonly { readonly totalReconciliations: number }[];
}

/** What Flux says of a Kustomization. */
export interface FluxKustomization {
  /** The condition Ready, once a reconciliation has come to an end. */
  ready(): Promise<Condition>;
  /** The condition Ready, once Flux has come to an end with a revision, good or bad. */
  outcomeOf(revision: string): Promise<Condition>;
  /** The condition Ready, once it has such a reason. */
  untilReason(reason: string): Promise<Condition>;
  /** Lets that many more reconciliations of the same manifests come to the same end. */
  intervals(count: number): Promise<void>;
  events(): Promise<readonly FluxEvent[]>;
}

const TIMEOUT_MS = 60_000;

export function fluxKustomization(cluster: Cluster, namespace: string, name: string): FluxKustomization {
  const status = async (): Promise<Status> => {
    const get = ['get', 'kustomization', name, `--namespace=${namespace}`, '--output=json'];
    const object = JSON.parse(expectSuccess(await cluster.kubectl(get))) as { readonly status?: Status };
    return object.status ?? {};
  };
  const until = <T>(description: string, probe: (status: Status) => T | undefined | false): Promise<T> =>
    waitFor(`Kustomization ${namespace}/${name}: ${description}`, async () => probe(await status()), {
      timeoutMs: TIMEOUT_MS,
    });
  return {
    ready: () => until('an outcome', readyOf),
    outcomeOf: (revision) =>
      until(`the outcome of ${revision}`, (now) => now.lastAttemptedRevision === revision && readyOf(now)),
    untilReason: (reason) =>
      until(`the reason ${reason}`, (now) => {
        const ready = readyOf(now);
        return ready?.reason === reason && ready;
      }),
    intervals: async (count) => {
      const goal = attemptsOf(await status()) + count;
      await until(`${count} more reconciliations`, (now) => attemptsOf(now) >= goal);
    },
    events: async () => {
      const involved = `--field-selector=involvedObject.kind=Kustomization,involvedObject.name=${name}`;
      const get = ['get', 'events', `--namespace=${namespace}`, involved, '--output=json'];
      return (JSON.parse(expectSuccess(await cluster.kubectl(get))) as { items: readonly FluxEvent[] }).items;
    },
  };
}

/** It is unknown while a reconciliation runs. */
function readyOf({ conditions = [] }: Status): Condition | undefined {
  return conditions.find(({ type, status }) => type === 'Ready' && status !== 'Unknown');
}

function attemptsOf({ history = [] }: Status): number {
  return history[0]?.totalReconciliations ?? 0;
}
