import { test } from 'tap';

import { demoCommand } from '../../src/cli/commands/demo.ts';
import { demoChapters } from '../../src/cli/demo-steps.ts';
import { modes } from '../../src/policy/policy-document.ts';
import { runCommand, type CommandRun } from './recording-terminal.ts';

const run = (...args: readonly string[]) => runCommand(demoCommand, args);

/** What followed each command line of the demo. */
function stepsOf({ output }: CommandRun): readonly { readonly command: string; readonly answer: string }[] {
  const [, ...blocks] = output.split('\n$ ');
  return blocks.map((block) => {
    const [command = '', ...answer] = block.split('\n');
    return { command, answer: answer.join('\n') };
  });
}

const isRefused = (answer: string) => answer.includes('Error from server (Forbidden)');

void test('every layer has an attack that is denied and a good twin that is admitted', async (t) => {
  for (const { title, steps } of demoChapters) {
    const outcomes = new Set(steps.map(({ expected }) => expected));
    t.strictSame([...outcomes].sort(), ['admitted', 'denied'], title);
  }
  const shown = await run();
  t.strictSame([shown.errors, shown.exitCode], ['', 0]);
  t.match(
    shown.output,
    /^Tenantgate serves https:\/\/localhost:\d+ in mode enforce; acting as system:serviceaccount:acme-dev:\w+\.\n/,
  );
  const steps = stepsOf(shown);
  const wanted = demoChapters.flatMap((chapter) => chapter.steps);
  t.equal(steps.length, wanted.length);
  for (const [index, { command, answer }] of steps.entries()) {
    t.equal(isRefused(answer), wanted[index]?.expected === 'denied', `kubectl ${command}`);
  }
});

void test('denials read as kubectl prints them: the field, the counterexample, the rule and the fix', async (t) => {
  const steps = stepsOf(await run());
  const answerTo = (command: string) => steps.find((step) => step.command === command)?.answer ?? '';
  const attack = answerTo('kubectl apply -f examples/network/attack.yaml');
  t.match(
    attack,
    /^Error from server \(Forbidden\): error when creating "examples\/network\/attack\.yaml": admission webhook "validate\.tenantgate\.dev" denied the request: spec\.ingress\[0\]/,
  );
  t.match(attack, '; counterexample: ');
  t.match(attack, '[network/confined-peers]\n  Fix: ');
  t.match(attack, '[network/bounded-addresses]\n  Fix: ');
  t.match(answerTo('kubectl delete networkpolicy default-deny -n acme-dev'), '[network/isolation-kept]');
  t.match(answerTo('kubectl apply -f examples/pods/attack.yaml'), '[pods/host-network]');
  t.match(answerTo('kubectl apply -f examples/namespaces/attack.yaml'), '[namespaces/tenant-label-fixed]');
  t.match(answerTo('kubectl apply -f examples/flux/attack.yaml'), '[flux/service-account-required]');
  t.match(
    answerTo('kubectl apply -f examples/pods/good.yaml'),
    'pod/web created\n  (added: label tenantgate.dev/tenant: acme)\n',
  );
  t.match(
    answerTo('kubectl apply -f examples/namespaces/good.yaml'),
    /^namespace\/acme-dev configured\n {2}\(added: label pod-security/,
  );
});

void test('in modes warn and audit the same requests are admitted, with warnings or in silence', async (t) => {
  for (const mode of ['warn', 'audit'] as const) {
    const shown = await run('--mode', mode);
    t.equal(shown.exitCode, 0, mode);
    t.strictSame(
      stepsOf(shown).filter(({ answer }) => isRefused(answer)),
      [],
      mode,
    );
    t.equal(/^Warning: Tenantgate: /m.test(shown.output), mode === 'warn', mode);
    t.match(shown.output, 'networkpolicy.networking.k8s.io/default-deny deleted\n', mode);
  }
});

void test('the environment of a cluster does not reach the demo, and unknown modes are refused', async (t) => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', TENANTGATE_MODE: 'audit', TENANTGATE_PORT: 'none' };
  t.equal((await runCommand(demoCommand, [], environment)).exitCode, 0);
  await t.rejects(run('--mode', 'deny'), new RegExp(`Allowed choices are ${modes.join(', ')}`));
});
