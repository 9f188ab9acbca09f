import { runCommand, type CommandOutcome } from './command.ts';

export interface KubectlOptions {
  readonly stdin?: string;
  /** Impersonated user; RBAC holds for it. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export type KubectlOutcome = CommandOutcome;

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlOutcome>;

export interface KubectlSettings {
  readonly binary: string;
  readonly kubeconfig: string;
  /** kubectl keeps its discovery cache here, not in the home of whoever runs the tests. */
  readonly home: string;
}

/** Binds kubectl to one cluster; nothing of the caller's environment but PATH reaches it. */
export function kubectlFor({ binary, kubeconfig, home }: KubectlSettings): Kubectl {
  return (args, { stdin, env, timeoutMs, ...user } = {}) =>
    runCommand({
      program: binary,
      args: [...impersonation(user), ...args],
      env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfig, ...env },
      ...(stdin === undefined ? {} : { stdin }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
}

/** The standard output of a call that has to succeed. */
export function expectSuccess(outcome: KubectlOutcome): string {
  if (outcome.code !== 0) throw new Error(`ended with code ${outcome.code}: ${outcome.stderr}`);
  return outcome.stdout;
}

function impersonation({ as, asGroups }: Pick<KubectlOptions, 'as' | 'asGroups'>): readonly string[] {
  return [...(as === undefined ? [] : [`--as=${as}`]), ...(asGroups ?? []).map((group) => `--as-group=${group}`)];
}
