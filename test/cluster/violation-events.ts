import { type Cluster } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';

/** As much of an Event as tests look at. */
export interface StoredEvent {
  readonly metadata: { readonly namespace: string };
  readonly regarding: { readonly kind: string; readonly name: string };
  readonly note: string;
  readonly reason: string;
  readonly type: string;
  readonly series?: { readonly count: number };
}

/** The Events of would-be denials in a namespace. */
export async function violationEvents(cluster: Cluster, namespace: string): Promise<readonly StoredEvent[]> {
  const found = await cluster.kubectl(['get', 'events.events.k8s.io', '-n', namespace, '-o', 'json']);
  const { items } = JSON.parse(expectSuccess(found)) as { readonly items: readonly StoredEvent[] };
  return items.filter(({ reason }) => reason === 'PolicyViolation');
}
