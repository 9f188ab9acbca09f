import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessDescription {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** A server that runs beside the tests, with its output in a file. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** Says how the process ended, `undefined` while it runs. */
  ending(): string | undefined;
  /** The last lines of its output, for the message of a failure. */
  logTail(): string;
  /** SIGTERM, then SIGKILL after the deadline; settles when the process is gone. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Starts a server in a process group of its own: Ctrl-C in the terminal reaches only us, and we end the servers in order.
 */
export function launch(description: ProcessDescription): ManagedProcess {
  const output = openSync(description.logFile, 'a', 0o600);
  const child = spawn(description.command, description.args, {
    env: description.env,
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  return {
    name: description.name,
    pid: child.pid,
    ending: () => describeEnding(child),
    logTail: () => tailOf(description),
    stop: (deadlineMs) => stop(child, gone, deadlineMs),
  };
}

function describeEnding(child: ChildProcess): string | undefined {
  if (child.pid === undefined) return 'could not be started';
  if (child.exitCode !== null) return `exited with code ${child.exitCode}`;
  return child.signalCode === null ? undefined : `was ended by ${child.signalCode}`;
}

async function stop(child: ChildProcess, gone: Promise<void>, deadlineMs: number): Promise<void> {
  if (describeEnding(child) !== undefined) return;
  child.kill('SIGTERM');
  const timer = new AbortController();
  const late = delay(deadlineMs, 'late' as const, { signal: timer.signal }).catch(() => undefined);
  if ((await Promise.race([gone, late])) === 'late') child.kill('SIGKILL');
  timer.abort();
  await gone;
}

function tailOf({ name, logFile }: ProcessDescription, lines = 25): string {
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  return `--- the last lines of ${name} ---\n${log.trimEnd().split('\n').slice(-lines).join('\n')}`;
}
