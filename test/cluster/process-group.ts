import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuardian } from './guardian.ts';
import { launch, type ManagedProcess } from './managed-process.ts';
import { waitFor, type WaitOptions } from './wait-for.ts';

export interface GroupMember {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Beside PATH, and HOME and TMPDIR in the group's folder. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Servers that belong together, with a folder of their own: they end with this process, in whatever way it ends. */
export interface ProcessGroup {
  readonly folder: string;
  /** HOME of all members. */
  readonly home: string;
  /** TMPDIR of all members, for what a server would otherwise leave behind. */
  readonly scratch: string;
  start(member: GroupMember): ManagedProcess;
  /** The process of that name; `undefined` where there is none, or where it was stopped. */
  find(name: string): ManagedProcess | undefined;
  /** Waits for something that a member does; a member that ends meanwhile is a failure, which shows all logs. */
  until<T>(
    member: ManagedProcess,
    description: string,
    probe: () => Promise<T | undefined | false>,
    options: WaitOptions,
  ): Promise<T>;
  stop(name: string, deadlineMs?: number): Promise<void>;
  /** Ends what still runs and removes the folder. */
  stopAll(): Promise<void>;
  pids(): Readonly<Record<string, number>>;
  logOf(name: string): string;
}

const STOP_DEADLINE_MS = 10_000;

export async function startProcessGroup(prefix: string): Promise<ProcessGroup> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const [home, scratch] = [join(folder, 'home'), join(folder, 'scratch')];
  await Promise.all([mkdir(home), mkdir(scratch)]);
  const guardian = startGuardian(folder);
  const members = new Map<string, ManagedProcess>();
  const pids = (): Readonly<Record<string, number>> => {
    const all = [...members.values()].map(({ name, pid }) => [name, pid] as const);
    return Object.fromEntries(all.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
  };
  const guardAll = (): void => {
    guardian.guard(Object.values(pids()));
  };
  const logOf = (name: string): string => join(folder, `${name}.log`);
  const stop = async (name: string, deadlineMs = STOP_DEADLINE_MS): Promise<void> => {
    await members.get(name)?.stop(deadlineMs);
    members.delete(name);
    guardAll();
  };
  return {
    folder,
    home,
    scratch,
    start: ({ env, ...member }) => {
      const started = launch({
        ...member,
        logFile: logOf(member.name),
        env: { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: scratch, ...env },
      });
      members.set(member.name, started);
      guardAll();
      return started;
    },
    find: (name) => members.get(name),
    until: async (member, description, probe, options) => {
      const probeOrFail = async (): ReturnType<typeof probe> => {
        const ending = member.ending();
        if (ending !== undefined) throw new Error(`it ${ending}`);
        return probe();
      };
      try {
        return await waitFor(description, probeOrFail, options);
      } catch (cause) {
        options.signal?.throwIfAborted();
        const logs = [...members.values()].map((process) => process.logTail()).join('\n');
        throw new Error(`${member.name}: ${(cause as Error).message}\n${logs}`, { cause });
      }
    },
    stop,
    stopAll: async () => {
      await Promise.all([...members.keys()].map((name) => stop(name)));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      guardian.dismiss();
    },
    pids,
    logOf,
  };
}
