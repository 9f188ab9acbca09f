import { spawn } from 'node:child_process';

export interface KubectlOptions {
  readonly stdin?: string;
  /** Impersonated user; RBAC holds for it. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface KubectlOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlOutcome>;

export interface KubectlSettings {
  readonly binary: string;
  readonly kubeconfig: string;
  /** kubectl keeps its discovery cache here, not in the home of whoever runs the tests. */
  readonly home: string;
}

/** Binds kubectl to one cluster; nothing of the caller's environment but PATH reaches it. */
export function kubectlFor(settings: KubectlSettings): Kubectl {
  return async (args, options = {}) => {
    const timeoutMs = options.timeoutMs ?? 60_000;
    const timeout = AbortSignal.timeout(timeoutMs);
    const child = spawn(settings.binary, [...impersonation(options), ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: settings.home,
        KUBECONFIG: settings.kubeconfig,
        ...options.env,
      },
      stdio: 'pipe',
      signal: timeout,
      killSignal: 'SIGKILL',
    });
    child.stdout.setEncoding('utf8');
    child.stderr.setEncoding('utf8');
    // kubectl may refuse its arguments before it reads what we write.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        const what = `kubectl ${args.join(' ')}`;
        reject(new Error(timeout.aborted ? `${what}: no end after ${timeoutMs / 1000} s` : what, { cause }));
      });
      child.once('close', (exitCode) => {
        resolve(exitCode ?? -1);
      });
    });
    const [stdout, stderr] = await output;
    return { code, stdout, stderr };
  };
}

/** The standard output of a call that has to succeed. */
export function expectSuccess(outcome: KubectlOutcome): string {
  if (outcome.code !== 0) throw new Error(`kubectl ended with code ${outcome.code}: ${outcome.stderr}`);
  return outcome.stdout;
}

async function text(stream: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

function impersonation(options: KubectlOptions): readonly string[] {
  return [
    ...(options.as === undefined ? [] : [`--as=${options.as}`]),
    ...(options.asGroups ?? []).map((group) => `--as-group=${group}`),
  ];
}
