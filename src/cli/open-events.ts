import { hostname } from 'node:os';

import type { EventCounter } from '../admission/event-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import { ViolationEvents } from '../admission/violation-events.ts';
import type { ServeConfig } from '../config/serve-config.ts';
import { connectEventWriter } from '../kubernetes/connect.ts';

/** Opens what makes Events of would-be denials, where the configuration wants them. */
export async function openEvents(
  { cluster, events }: Pick<ServeConfig, 'cluster' | 'events'>,
  counter: EventCounter,
  log: OperationLog,
  now: () => Date,
): Promise<ViolationEvents | undefined> {
  if (cluster === undefined || !events) return undefined;
  return new ViolationEvents({ writer: await connectEventWriter(cluster, hostname()), counter, log, now });
}
