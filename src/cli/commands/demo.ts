import { join } from 'node:path';

import { Command, Option } from 'commander';

import { modes, type Mode } from '../../policy/policy-document.ts';
import { demoChapters, demoUser, type DemoStep } from '../demo-steps.ts';
import { requestsOf, sendLikeApiServer, type DemoAnswer } from '../demo-client.ts';
import { startServer } from '../start-server.ts';
import type { Terminal } from '../terminal.ts';

const examples = join(import.meta.dirname, '../../../examples');

/** `tenantgate demo`: the webhook over HTTPS in development mode, called as an API server calls it. */
export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('Start the webhook in development mode and watch it judge the examples, as kubectl would show it')
    .addOption(new Option('--mode <mode>', 'what becomes of the same requests').choices(modes).default('enforce'))
    .action(async ({ mode }: { readonly mode: Mode }) => {
      terminal.setExitCode(await runDemo(terminal, mode));
    });
}

/** Gives the exit code: 1 where an example did not go as it should, 2 where nothing could be shown. */
async function runDemo(terminal: Terminal, mode: Mode): Promise<0 | 1 | 2> {
  const flags = {
    mode,
    port: '0',
    'metrics-port': '0',
    'log-level': 'silent',
    // Nobody else calls.
    'drain-seconds': '0',
    namespaces: [join(examples, 'cluster.yaml')],
  };
  const started = await startServer(flags, { ...terminal, environment: {} });
  if (!started.ok) {
    terminal.writeError(started.message);
    return 2;
  }
  const { server } = started;
  try {
    terminal.write(
      `Tenantgate serves https://localhost:${server.port} in mode ${mode}; acting as ${demoUser.username}.\n`,
    );
    let isAsExpected = true;
    for (const { title, steps } of demoChapters) {
      terminal.write(`\n${title}\n`);
      for (const step of steps) isAsExpected = (await runStep(terminal, step, server, mode)) && isAsExpected;
    }
    return isAsExpected ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** Applies or deletes the objects of one file, prints what kubectl prints, and tells whether all went as it should. */
async function runStep(
  terminal: Terminal,
  step: DemoStep,
  server: { readonly port: number; readonly caCertificate: string | undefined },
  mode: Mode,
): Promise<boolean> {
  const file = join('examples', step.file);
  const target = step.only === undefined ? `-f ${file}` : `networkpolicy ${step.only} -n acme-dev`;
  terminal.write(`\n$ kubectl ${step.verb} ${target}\n`);
  const expected = mode === 'enforce' ? step.expected : 'admitted';
  let isAsExpected = true;
  for (const request of requestsOf(step, examples)) {
    const answer = await sendLikeApiServer(request, server);
    terminal.write(displayAnswer(answer, step, file));
    isAsExpected &&= (answer.isAllowed ? 'admitted' : 'denied') === expected;
  }
  return isAsExpected;
}

function displayAnswer(answer: DemoAnswer, step: DemoStep, file: string): string {
  const warnings = answer.warnings.map((warning) => `Warning: ${warning}\n`).join('');
  if (answer.isAllowed) {
    const done = step.verb === 'delete' ? 'deleted' : answer.operation === 'CREATE' ? 'created' : 'configured';
    const patch = answer.patch.map((path) => `  (added: ${path})\n`).join('');
    return `${warnings}${answer.resource}/${answer.name} ${done}\n${patch}`;
  }
  const when = step.verb === 'delete' ? '' : ` error when creating ${JSON.stringify(file)}:`;
  return `${warnings}Error from server (Forbidden):${when} admission webhook "validate.tenantgate.dev" denied the request: ${answer.message}\n`;
}
