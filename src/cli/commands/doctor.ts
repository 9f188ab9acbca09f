import { Command, Option } from 'commander';

import { examine } from '../../admission/doctor/doctor.ts';
import { upgradeReleaseCommand } from '../../admission/registration/mend-commands.ts';
import type { WebhookConfiguration } from '../../admission/registration/webhook-configuration.ts';
import { openCluster } from '../../kubernetes/connect.ts';
import { readManifests, stdinPath } from '../../manifests/read-manifests.ts';
import { rules } from '../../policy/rules/index.ts';
import { doctorExitCode, doctorJson, doctorText } from '../doctor-report.ts';
import { reapplyOf, registrationIn, usualNamespace, type RegistrationReading } from '../registration-file.ts';
import type { Terminal } from '../terminal.ts';

interface DoctorOptions {
  readonly kubeconfig?: string;
  readonly registration?: string;
  readonly name: string;
  readonly serviceNamespace?: string;
  readonly output: 'text' | 'json';
}

const closing = `
Exit codes:
  0  every check is ok; notes change nothing
  1  something is wrong, whatever else could not be judged
  2  nothing is known to be wrong, but something could not be judged; or bad usage

Examples:
  tenantgate doctor
  helm get manifest tenantgate -n tenantgate-system | tenantgate doctor --registration -`;

/** What a Kubernetes object may be called. */
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** `tenantgate doctor`: reads a cluster and says whether its registration holds, and how to mend what does not. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('Look at a cluster: is Tenantgate registered as it should be, and can the API server reach it?')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as kubectl finds it)')
    .option('--registration <file>', 'the webhook configurations as they were rendered, or - for standard input')
    .option('--name <name>', 'name of both webhook configurations', 'tenantgate')
    .option('--service-namespace <name>', `namespace of the Service (default: as rendered, or ${usualNamespace})`)
    .addOption(new Option('--output <format>', 'format of the report').choices(['text', 'json']).default('text'))
    .addHelpText('after', closing)
    .action(async (options: DoctorOptions) => {
      terminal.setExitCode(await runDoctor(options, terminal));
    });
}

async function runDoctor(options: DoctorOptions, terminal: Terminal): Promise<number> {
  const { kubeconfig, registration, name } = options;
  const rendered = await readRendered(registration, name, terminal);
  const configurations = rendered.ok ? rendered.value : undefined;
  const serviceNamespace = options.serviceNamespace ?? namespaceIn(configurations);
  const problems = [
    ...nameProblems({ '--name': name, '--service-namespace': serviceNamespace }),
    ...(rendered.ok ? [] : rendered.faults),
  ];
  if (problems.length > 0) return refuse(terminal, problems);
  const reader = await openCluster(kubeconfig).catch((error: unknown) => String(error));
  if (typeof reader === 'string') return refuse(terminal, [`--kubeconfig: ${reader}`]);
  const file = registration === stdinPath ? 'standard input' : String(registration);
  const checks = await examine({
    reader,
    rules,
    rendered: configurations && { configurations, file },
    reapply: reapplyBy(options, configurations, serviceNamespace),
    name,
    serviceNamespace,
    now: () => terminal.now(),
  });
  terminal.write(options.output === 'json' ? doctorJson(checks) : doctorText(checks));
  return doctorExitCode(checks);
}

function nameProblems(names: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(names)
    .filter(([, value]) => !objectName.test(value))
    .map(([flag, value]) => `${flag} ${JSON.stringify(value)} can be no name of an object`);
}

/** The namespace of the first Service that is called. */
function namespaceIn(configurations: readonly WebhookConfiguration[] = []): string {
  const targets = configurations.flatMap(({ webhooks }) => webhooks.map(({ target }) => target));
  return targets.find((target) => target.kind === 'service')?.namespace ?? usualNamespace;
}

/** What was rendered; undefined where nobody says it. */
type Rendered = RegistrationReading | { readonly ok: true; readonly value: undefined };

async function readRendered(path: string | undefined, name: string, terminal: Terminal): Promise<Rendered> {
  if (path === undefined) return { ok: true, value: undefined };
  const stdin = path === stdinPath ? await terminal.readInput() : undefined;
  return registrationIn(readManifests([path], stdin), path, name);
}

function reapplyBy(
  { registration, name }: DoctorOptions,
  rendered: readonly WebhookConfiguration[] | undefined,
  serviceNamespace: string,
): string {
  if (rendered === undefined) return upgradeReleaseCommand(name, serviceNamespace);
  return reapplyOf(rendered, registration === stdinPath ? undefined : registration);
}

function refuse(terminal: Terminal, problems: readonly string[]): 2 {
  terminal.writeError(problems.map((problem) => `error: ${problem}\n`).join(''));
  return 2;
}
