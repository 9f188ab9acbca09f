import { setTimeout as delay } from 'node:timers/promises';

import { Command } from 'commander';

import type { Terminal } from '../terminal.ts';

interface WaitOptions {
  readonly url: string;
  readonly timeoutSeconds: string;
}

const pauseMs = 500;
const answerMs = 5_000;
const longestSeconds = 86_400;

/** `tenantgate wait`: the Helm chart registers the webhooks only when this says that a server is ready. */
export function waitCommand(terminal: Terminal): Command {
  return new Command('wait')
    .description('Wait until a server says that it is ready')
    .requiredOption(
      '--url <url>',
      'where readiness is told, such as http://tenantgate.tenantgate-system.svc:8080/readyz',
    )
    .option('--timeout-seconds <seconds>', 'how long to wait at most', '300')
    .action((options: WaitOptions) => waitFor(terminal, options));
}

async function waitFor(terminal: Terminal, { url, timeoutSeconds }: WaitOptions): Promise<void> {
  const seconds = Number(timeoutSeconds);
  const faults = [
    ...(URL.canParse(url) ? [] : [`--url: ${JSON.stringify(url)} is no URL`]),
    ...(/^\d+$/.test(timeoutSeconds) && seconds <= longestSeconds
      ? []
      : [`--timeout-seconds: must be a whole number up to ${longestSeconds}, not ${JSON.stringify(timeoutSeconds)}`]),
  ];
  if (faults.length > 0) {
    terminal.writeError(`${faults.join('\n')}\n`);
    terminal.setExitCode(2);
    return;
  }
  const problem = await untilReady(url, AbortSignal.timeout(seconds * 1000), (text) => {
    terminal.writeError(`not ready: ${text}\n`);
  });
  if (problem === undefined) {
    terminal.write(`${url} is ready\n`);
    return;
  }
  terminal.writeError(`No server was ready at ${url} within ${seconds} s. Its last answer: ${problem}\n`);
  terminal.setExitCode(1);
}

/** Undefined when ready, else the last reason why not; each new reason is told once. */
async function untilReady(
  url: string,
  deadline: AbortSignal,
  tell: (problem: string) => void,
): Promise<string | undefined> {
  let problem: string | undefined = 'none';
  const told = new Set<string>();
  while (!deadline.aborted) {
    problem = await problemOf(url, deadline);
    if (problem === undefined) return undefined;
    if (!told.has(problem)) tell(problem);
    told.add(problem);
    await delay(pauseMs, undefined, { signal: deadline }).catch(() => undefined);
  }
  return problem;
}

async function problemOf(url: string, deadline: AbortSignal): Promise<string | undefined> {
  try {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(answerMs)]);
    const answer = await fetch(url, { signal, redirect: 'error' });
    const body = (await answer.text()).slice(0, 2_000);
    return answer.ok ? undefined : `${answer.status} ${body}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message || cause.name : String(cause);
  }
}
