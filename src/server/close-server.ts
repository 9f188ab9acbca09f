import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';

export interface CloseOptions {
  /** How long a request that is still arriving may take. */
  readonly graceMs: number;
  /** Ends the connections that no request is judged for; called after the grace. */
  readonly endStalled: () => void;
  /** When whatever is left is ended. */
  readonly deadlineMs: number;
}

/** Connections that fall idle after the listener closed would live on for the keep-alive time. */
const sweepMs = 50;

/**
 * Closes a server: idle connections at once, stalled ones after the grace, busy ones after their answer, and whatever is
 * left at the deadline.
 */
export function closeServer(server: Server | SecureServer, options: CloseOptions): Promise<void> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const sweep = setInterval(() => {
      if (performance.now() - startedMs >= options.graceMs) options.endStalled();
      else server.closeIdleConnections();
    }, sweepMs);
    const deadline = setTimeout(() => {
      server.closeAllConnections();
      options.endStalled();
      finish();
    }, options.deadlineMs);
    function finish(): void {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    }
    server.close(finish);
  });
}
