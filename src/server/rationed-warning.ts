import type { LogFields, OperationLog } from '../admission/telemetry-ports.ts';

/** Anybody who reaches the port can cause these lines, so each message is written once in this time. */
const pauseMs = 10_000;

/** A warning that callers can cause as often as they like: counted each time elsewhere, written now and then. */
export function rationedWarning(log: OperationLog): (message: string, fields: LogFields) => void {
  const nextAt = new Map<string, number>();
  return (message, fields) => {
    const now = performance.now();
    if (now < (nextAt.get(message) ?? 0)) return;
    nextAt.set(message, now + pauseMs);
    log.warn(message, fields);
  };
}
