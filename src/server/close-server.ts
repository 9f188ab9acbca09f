import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';

/** Connections that fall idle after the listener closed would live on for the keep-alive time. */
const sweepMs = 50;

/** Closes a server: idle connections at once, busy ones after their answer, and whatever is left at the deadline. */
export function closeServer(server: Server | SecureServer, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, sweepMs);
    const deadline = setTimeout(() => {
      server.closeAllConnections();
      finish();
    }, deadlineMs);
    function finish(): void {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    }
    server.close(finish);
  });
}
