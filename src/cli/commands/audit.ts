import { writeFileSync } from 'node:fs';

import { Command, Option } from 'commander';

import type { AuditReport } from '../../audit/audit-report.ts';
import { compareAudits } from '../../audit/compare-audits.ts';
import { narrowReport, type AuditFilters } from '../../audit/narrow-report.ts';
import { postureJudge } from '../../audit/posture/posture-judge.ts';
import { scan } from '../../audit/scan.ts';
import { withFaults } from '../../audit/with-faults.ts';
import { createObjectReader } from '../../policy/objects/read-object.ts';
import { modes, type Mode } from '../../policy/policy-document.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import { rules } from '../../policy/rules/index.ts';
import { jsonText } from '../../report-formats/json-text.ts';
import { printable } from '../../report-formats/printable.ts';
import { auditExitCode } from '../audit-exit-code.ts';
import { filterProblems, filtersOf, type FilterOptions } from '../audit-filters.ts';
import { auditOutputs, renderAudit, type AuditOutput } from '../audit-render.ts';
import { openAuditSource, type AuditSource } from '../audit-source.ts';
import { failOnChoices, type FailOn } from '../check-exit-code.ts';
import { collect } from '../collect.ts';
import { displayFault } from '../display-fault.ts';
import { durationMs } from '../duration.ts';
import { comparisonRemarks, readEarlierAudit } from '../earlier-audit.ts';
import { loadPolicySet } from '../load-policy-set.ts';
import { ScanProgressLine } from '../scan-progress.ts';
import type { Terminal } from '../terminal.ts';

interface AuditOptions extends FilterOptions {
  readonly kubeconfig?: string;
  readonly from?: readonly string[];
  readonly tenancy?: string;
  readonly policies?: readonly string[];
  readonly mode: Mode;
  readonly failOn: FailOn;
  readonly output: AuditOutput;
  readonly since?: string;
  readonly save?: string;
  readonly timeout: string;
}

const closing = `
Exit codes:
  0  clean; violations below --fail-on, exempt ones, and those to confirm are clean
  1  violations
  2  something could not be read or judged, or a bad document or option; wins over 1

Examples:
  tenantgate audit --save today.json
  tenantgate audit --since yesterday.json --output wide | less -S
  tenantgate audit --tenant acme --severity critical --severity high
  kubectl get namespaces,networkpolicies,pods -A -o yaml | tenantgate audit --from -`;

/** `tenantgate audit`: judges what a cluster has stored, and tells the posture of its tenants. Nothing is written to it. */
export function auditCommand(terminal: Terminal): Command {
  return new Command('audit')
    .description('Judge what a cluster has stored, and tell how isolated each tenant is')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as kubectl finds it)')
    .option(
      '--from <path>',
      'manifests instead of a cluster: files, folders, or - for standard input; repeatable',
      collect,
    )
    .option('--tenancy <file>', 'Tenancy document (default: the one that ships)')
    .option(
      '--policies <path>',
      'Policy documents, or a set that ships: baseline, restricted, audit-first; repeatable (default: baseline)',
      collect,
    )
    .addOption(new Option('--mode <mode>', 'strongest mode of any rule').choices(modes).default('enforce'))
    .addOption(
      new Option('--fail-on <mode>', 'weakest mode of a violation that ends with 1')
        .choices(failOnChoices)
        .default('audit'),
    )
    .addOption(new Option('--output <format>', 'format of the report').choices(auditOutputs).default('table'))
    .option('--since <file>', 'an earlier report as JSON to compare with: what is new, fixed, and how old the rest is')
    .option('--save <file>', 'where to write the report as JSON as well, for --since of the next audit')
    .option('--tenant <name>', 'only this tenant; repeatable', collect)
    .option('--namespace <name>', 'only this namespace; repeatable', collect)
    .option('--rule <id>', 'only violations of this rule; repeatable', collect)
    .option('--severity <severity>', 'only violations this bad: critical, high, medium, low; repeatable', collect)
    .option('--timeout <duration>', 'how long to read at most, such as 90s; what is not read by then is unknown', '5m')
    .addHelpText('after', closing)
    .action(async (options: AuditOptions, command: Command) => {
      terminal.setExitCode(await runAudit(options, terminal, command.parent?.version()));
    });
}

async function runAudit(options: AuditOptions, terminal: Terminal, version: string | undefined): Promise<number> {
  const loaded = loadPolicySet({ ...options, strongestMode: options.mode });
  if (!loaded.ok) {
    terminal.writeError(loaded.faults.map((fault) => `${displayFault(fault)}\n`).join(''));
    return 2;
  }
  const plan = planOf(options, loaded.value);
  if ('problems' in plan) return refuse(terminal, plan.problems);
  const source = await openAuditSource(options, terminal).catch((error: unknown) => String(error));
  if (typeof source === 'string') return refuse(terminal, [`--kubeconfig: ${source}`]);
  const report = finished(await scanSource(source, plan, terminal), plan, terminal);
  terminal.write(await renderAudit(report, { ...options, policySet: plan.policySet, version, terminal }));
  const unsaved = options.save === undefined ? undefined : saveReport(options.save, report);
  return unsaved === undefined ? auditExitCode(report, options.failOn) : refuse(terminal, [unsaved]);
}

/** What is to be done, once every option is known to make sense. */
interface AuditPlan {
  readonly policySet: PolicySet;
  readonly filters: AuditFilters;
  readonly earlier: AuditReport | undefined;
  readonly timeoutMs: number;
}

function planOf(options: AuditOptions, policySet: PolicySet): AuditPlan | { readonly problems: readonly string[] } {
  const timeoutMs = durationMs(options.timeout);
  const filters = filtersOf(options);
  const earlier = options.since === undefined ? undefined : readEarlierAudit(options.since, filters);
  const problems = [
    ...usageProblems(options, timeoutMs),
    ...filterProblems(filters, policySet, rules),
    ...(earlier?.ok === false ? earlier.problems : []),
  ];
  if (problems.length > 0 || timeoutMs === undefined) return { problems };
  return { policySet, filters, earlier: earlier?.ok === true ? earlier.value : undefined, timeoutMs };
}

function usageProblems({ kubeconfig, from, timeout }: AuditOptions, timeoutMs: number | undefined): readonly string[] {
  return [
    ...(timeoutMs === undefined
      ? [`--timeout must be a duration such as 90s, 5m or 1h, not ${JSON.stringify(timeout)}`]
      : []),
    ...(kubeconfig !== undefined && from !== undefined
      ? ['--kubeconfig and --from exclude each other: a cluster or manifests?']
      : []),
  ];
}

async function scanSource(
  { source, faults }: AuditSource,
  { policySet, timeoutMs }: AuditPlan,
  terminal: Terminal,
): Promise<AuditReport> {
  const progress = new ScanProgressLine(terminal);
  try {
    const report = await scan({
      source,
      policySet,
      read: createObjectReader(),
      posture: postureJudge(policySet.tenancy),
      now: () => terminal.now(),
      pace: { pause: () => undefined },
      onProgress: (state) => {
        progress.tell(state);
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return withFaults(
      report,
      faults.map((fault) => displayFault({ ...fault, field: '' })),
    );
  } finally {
    progress.end();
  }
}

/** Compared with the earlier audit as a whole, and narrowed then: what is left out is not fixed. */
function finished(report: AuditReport, { earlier, filters }: AuditPlan, terminal: Terminal): AuditReport {
  if (earlier === undefined) return narrowReport(report, filters);
  for (const remark of comparisonRemarks(report, earlier)) terminal.writeError(`note: ${printable(remark)}\n`);
  return narrowReport(compareAudits(report, earlier), filters);
}

function saveReport(file: string, report: AuditReport): string | undefined {
  try {
    writeFileSync(file, jsonText(report));
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return `--save ${file}: cannot be written: ${error.message}`;
    throw error;
  }
}

function refuse(terminal: Terminal, problems: readonly string[]): 2 {
  terminal.writeError(problems.map((problem) => `error: ${printable(problem)}\n`).join(''));
  return 2;
}
