import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { Cores } from './cores.ts';
import type { Fixture } from './fixture.ts';
import { Client, openSocket } from './load.ts';
import type { PreparedRequest } from './reviews.ts';

export interface ServerCommand {
  readonly name: string;
  /** What follows `node`. */
  readonly arguments: (port: number) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked as soon as the port is open; each must be answered rightly. */
  readonly first: readonly PreparedRequest[];
}

/** A server that answers. */
export interface ServerProcess {
  readonly name: string;
  readonly port: number;
  /** From the start of the process to its first right answer. */
  readonly startMs: number;
  /** Undefined where the system does not tell. */
  memory(): MemoryUse | undefined;
  /** CPU time so far of all threads that there are, in seconds. */
  cpuSeconds(): number | undefined;
  /** The same with threads that have ended, in steps of 10 ms. */
  wholeCpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

export interface MemoryUse {
  readonly nowMb: number;
  readonly peakMb: number;
}

const startLimitMs = 20_000;
const lookAgainMs = 1;
const stopLimitMs = 5_000;

/**
 * Starts a server on its core and asks it its first requests as soon as its port is open. Every answer must be right: a
 * server that opens its port before it can judge is an error.
 */
export async function startServerProcess(
  command: ServerCommand,
  { cores, fixture }: { readonly cores: Cores; readonly fixture: Fixture },
): Promise<ServerProcess> {
  const port = await freePort();
  const [program = '', ...rest] = cores.onServerCore([process.execPath, ...command.arguments(port)]);
  // The log goes where logs go in production, into a pipe that somebody reads.
  const logReader = spawn('cat', [], { stdio: ['pipe', 'ignore', 'inherit'] });
  const startedMs = performance.now();
  const child = spawn(program, rest, {
    stdio: ['ignore', logReader.stdin, 'pipe'],
    env: { ...process.env, ...command.environment },
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  try {
    await askFirst(child, port, command.first, fixture);
  } catch (cause) {
    await stopProcess(child);
    throw new Error(`${command.name} did not answer rightly: ${String(cause)}\n${errors}`, { cause });
  }
  const startMs = performance.now() - startedMs;
  const pid = child.pid!;
  return {
    name: command.name,
    port,
    startMs,
    memory: () => memoryOf(pid),
    cpuSeconds: () => cpuSecondsOf(pid),
    wholeCpuSeconds: () => wholeCpuSecondsOf(pid),
    stop: async () => {
      await stopProcess(child);
      logReader.kill();
    },
  };
}

async function askFirst(
  child: ChildProcess,
  port: number,
  first: readonly PreparedRequest[],
  { caCertificate }: Fixture,
): Promise<void> {
  const endMs = performance.now() + startLimitMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (performance.now() > endMs) throw new Error('its port did not open');
    const socket = await openSocket(port, caCertificate).catch(() => undefined);
    if (socket !== undefined) {
      const client = new Client(socket, first);
      while (client.asked < first.length) await client.ask();
      client.close();
      if (client.takeCounts().wrong > 0) throw new Error('a first answer was wrong');
      return;
    }
    await delay(lookAgainMs);
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await exited;
  clearTimeout(timer);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function memoryOf(pid: number): MemoryUse | undefined {
  const status = readText(`/proc/${pid}/status`);
  const megabytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1];
    return (Number(kibibytes) * 1_024) / 1e6;
  };
  return status === undefined ? undefined : { nowMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}

/** The scheduler's account in nanoseconds; `stat` counts in steps of 10 ms. */
function cpuSecondsOf(pid: number): number | undefined {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const times = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    return times.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e9, 0);
  } catch {
    return undefined;
  }
}

/** User and system time of proc_pid_stat(5). The name of the program, which may hold anything, ends with a parenthesis. */
function wholeCpuSecondsOf(pid: number): number | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) / 100;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
