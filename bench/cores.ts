import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** How processes are held on cores: servers on one, the generator of load on another. */
export interface Cores {
  readonly isPinned: boolean;
  /** A command line that runs on the servers' core. */
  onServerCore(command: readonly string[]): readonly string[];
  readonly description: string;
}

const tool = 'taskset';
const serverCore = '0';
const generatorCore = '1';

/** Pins this process, which generates the load, and gives the way to pin servers; says so where that cannot be done. */
export function pinCores(): Cores {
  const reason = whyUnpinned();
  if (reason === undefined) {
    return {
      isPinned: true,
      onServerCore: (command) => [tool, '-c', serverCore, ...command],
      description: `server on core ${serverCore}, generator on core ${generatorCore}`,
    };
  }
  return { isPinned: false, onServerCore: (command) => command, description: `not pinned: ${reason}` };
}

function whyUnpinned(): string | undefined {
  if (availableParallelism() < 2) return 'there is one core only';
  const done = spawnSync(tool, ['-a', '-c', '-p', generatorCore, String(process.pid)]);
  if (done.error !== undefined) return `${tool} is missing`;
  return done.status === 0 ? undefined : `${tool} failed`;
}
