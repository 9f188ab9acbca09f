import { join } from 'node:path';
import { type Addons } from './addons.ts';
import { type Cluster } from './cluster.ts';
import { runCommand, type CommandOutcome } from './command.ts';

export interface HelmOptions {
  readonly timeoutMs?: number;
}

export type Helm = (args: readonly string[], options?: HelmOptions) => Promise<CommandOutcome>;

/** Binds helm to one cluster; its settings, caches and plugins lie in the cluster's folder, not in the caller's home. */
export function helmFor(cluster: Cluster, { helm }: Addons): Helm {
  // Without the variables of XDG and its own, helm puts everything below HOME.
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(cluster.home, 'helm'), KUBECONFIG: cluster.kubeconfig };
  return (args, options = {}) => runCommand({ program: helm, args, env, ...options });
}
