import { spawn } from 'node:child_process';

/**
 * Cleans up when this process dies in whatever way, SIGKILL and crashes included: a shell that waits at the other end of a
 * pipe, which the kernel closes. Kept up to date, so that it never ends a process id that has passed to a stranger.
 */
export interface Guardian {
  /** Replaces the list of processes that are to end with this one. */
  guard(pids: readonly number[]): void;
  /** Call when all is cleaned up; nothing is left to do for it. */
  dismiss(): void;
}

const SCRIPT = `
trap '' HUP INT TERM
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids
for attempt in 1 2 3 4 5; do rm -rf -- "$1" && break; sleep 0.2; done
`;

/** Watches over the processes it is told of, and over one folder of theirs, which it removes last. */
export function startGuardian(folder: string): Guardian {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'tenantgate-cluster-guardian', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    guard: (pids) => {
      shell.stdin.write(`${pids.join(' ')}\n`);
    },
    dismiss: () => {
      shell.stdin.end('\n');
    },
  };
}
