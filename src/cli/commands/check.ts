import { Command, Option } from 'commander';

import { checkManifests, reportOf, type CheckOutcome } from '../../manifests/check-manifests.ts';
import type { CheckReport } from '../../manifests/check-report.ts';
import { githubReport } from '../../manifests/github-report.ts';
import { junitReport } from '../../manifests/junit-report.ts';
import { readManifests, stdinPath } from '../../manifests/read-manifests.ts';
import { checkRulesOf, sarifReport } from '../../manifests/sarif-report.ts';
import { textReport } from '../../manifests/text-report.ts';
import { modes, type Mode } from '../../policy/policy-document.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import { jsonText } from '../../report-formats/json-text.ts';
import { exitCodeOf, failOnChoices, isFailing, type FailOn } from '../check-exit-code.ts';
import { principalFor } from '../check-principal.ts';
import { collect } from '../collect.ts';
import { displayFault } from '../display-fault.ts';
import { loadPolicySet } from '../load-policy-set.ts';
import { fullDateOf, hasColour, type Terminal } from '../terminal.ts';

const outputs = ['text', 'json', 'sarif', 'junit', 'github'] as const;

interface CheckOptions {
  readonly namespaces?: readonly string[];
  readonly tenancy?: string;
  readonly policies?: readonly string[];
  readonly mode: Mode;
  readonly failOn: FailOn;
  readonly output: (typeof outputs)[number];
  readonly namespace: string;
  readonly tenant?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
}

const closing = `
Exit codes:
  0  clean; violations below --fail-on and exempt ones are clean
  1  violations
  2  something could not be judged: an unreadable file, an undecided rule, a bad document or option; wins over 1

Examples:
  tenantgate check k8s/
  kustomize build overlays/prod | tenantgate check -
  kubectl get namespaces -o yaml > namespaces.yaml && tenantgate check k8s/ --namespaces namespaces.yaml`;

const undecidedHint =
  'Hint: --namespaces FILE tells of namespaces that no manifest declares, or --tenant NAME whose they are.\n';

/** `tenantgate check PATH…`: judges manifests before they are applied. */
export function checkCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('Judge manifests in files, folders and standard input')
    .argument('<path...>', 'files, folders (every .yaml, .yml and .json below), or - for standard input')
    .option('--namespaces <path>', 'further namespaces: facts only, never judged; repeatable', collect)
    .option('--tenancy <file>', 'Tenancy document (default: the one that ships)')
    .option(
      '--policies <path>',
      'Policy documents, or a set that ships: baseline, restricted, audit-first; repeatable (default: baseline)',
      collect,
    )
    .addOption(new Option('--mode <mode>', 'strongest mode of any rule').choices(modes).default('enforce'))
    .addOption(
      new Option('--fail-on <mode>', 'weakest mode of a violation that fails the check')
        .choices(failOnChoices)
        .default('enforce'),
    )
    .addOption(new Option('--output <format>', 'format of the report').choices(outputs).default('text'))
    .option('--namespace <name>', 'namespace of objects that name none', 'default')
    .option('--tenant <name>', 'whose the namespaces of the objects are, where nothing declares them')
    .option('--as <user>', 'user who would apply the manifests (default: nobody in particular)')
    .option('--as-group <group>', 'group of that user; repeatable', collect)
    .addHelpText('after', closing)
    .action(async (paths: readonly string[], options: CheckOptions, command: Command) => {
      terminal.setExitCode(await runCheck(paths, options, terminal, command.parent?.version()));
    });
}

async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  terminal: Terminal,
  version: string | undefined,
): Promise<number> {
  const problem = usageProblem(paths, options);
  if (problem !== undefined) {
    terminal.writeError(`error: ${problem}\n`);
    return 2;
  }
  const loaded = loadPolicySet({ ...options, strongestMode: options.mode });
  if (!loaded.ok) {
    terminal.writeError(loaded.faults.map((fault) => `${displayFault(fault)}\n`).join(''));
    return 2;
  }
  const { namespaces = [], asGroup = [] } = options;
  const isPiped = [...paths, ...namespaces].includes(stdinPath);
  const stdin = isPiped ? await terminal.readInput() : undefined;
  const policySet = loaded.value;
  const outcome = checkManifests({
    manifests: readManifests(paths, stdin),
    namespaces: readManifests(namespaces, stdin),
    policySet,
    principal: principalFor(policySet.tenancy, options.as, asGroup),
    defaultNamespace: options.namespace,
    tenant: options.tenant,
    today: fullDateOf(terminal.now()),
  });
  const report = reportOf(outcome);
  terminal.write(render({ outcome, report, policySet, options, isColoured: hasColour(terminal), version }));
  if (options.output === 'text' && report.undecided.length > 0) terminal.writeError(undecidedHint);
  return exitCodeOf(report, options.failOn);
}

function usageProblem(
  paths: readonly string[],
  { namespaces = [], as: user, asGroup = [], tenant }: CheckOptions,
): string | undefined {
  if (paths.includes(stdinPath) && namespaces.includes(stdinPath)) {
    return 'standard input can be read once: as PATH or for --namespaces';
  }
  if (user === undefined && asGroup.length > 0) return '--as-group needs --as: whose group is it?';
  return tenant === '' ? '--tenant needs a name' : undefined;
}

interface Checked {
  readonly outcome: CheckOutcome;
  readonly report: CheckReport;
  readonly policySet: PolicySet;
  readonly options: CheckOptions;
  readonly isColoured: boolean;
  readonly version: string | undefined;
}

function render({ outcome, report, policySet, options, isColoured, version }: Checked): string {
  switch (options.output) {
    case 'text':
      return textReport(report, isColoured);
    case 'json':
      return jsonText(report);
    case 'sarif':
      return sarifReport(report, { version, rules: checkRulesOf(policySet) });
    case 'junit':
      return junitReport(outcome, (result) => isFailing(result, options.failOn));
    case 'github':
      return githubReport(report);
  }
}
