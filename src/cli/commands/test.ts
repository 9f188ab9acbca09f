import { Command, Option } from 'commander';

import { isPolicySetName } from '../../config/policy-set-names.ts';
import type { PolicyTestUser } from '../../manifests/policy-test/policy-test-document.ts';
import type { PolicySuite } from '../../manifests/policy-test/policy-suite.ts';
import { besideFile, readPolicySuites } from '../../manifests/policy-test/read-policy-suites.ts';
import { runPolicySuites, type RunnableSuite } from '../../manifests/policy-test/run-policy-suites.ts';
import { testGithubReport, testJunitReport } from '../../manifests/policy-test/test-machine-reports.ts';
import type { TestReport } from '../../manifests/policy-test/test-report.ts';
import { testTextReport } from '../../manifests/policy-test/test-text-report.ts';
import { createObjectReader } from '../../policy/objects/read-object.ts';
import { jsonText } from '../../report-formats/json-text.ts';
import { principalFor } from '../check-principal.ts';
import { loadPolicySet } from '../load-policy-set.ts';
import { fullDateOf, hasColour, type Terminal } from '../terminal.ts';

const outputs = ['text', 'json', 'junit', 'github'] as const;

interface TestOptions {
  readonly run: string;
  readonly output: (typeof outputs)[number];
}

const closing = `
Exit codes:
  0  every case came out as expected
  1  a case did not
  2  something could not be run: an unreadable file, a bad document or option, no case at all; wins over 1

Examples:
  tenantgate test policies/
  tenantgate test policies/ --run network/ --output junit > report.xml`;

/** `tenantgate test PATH…`: tries policies on the operations that PolicyTest documents describe. */
export function testCommand(terminal: Terminal): Command {
  return new Command('test')
    .description('Test policies: run PolicyTest documents and compare what comes out')
    .argument(
      '<path...>',
      'files and folders; in every .yaml, .yml and .json below, documents of kind PolicyTest count',
    )
    .option('--run <text>', 'only cases with this text in SUITE/CASE', '')
    .addOption(new Option('--output <format>', 'format of the report').choices(outputs).default('text'))
    .addHelpText('after', closing)
    .action((paths: readonly string[], options: TestOptions) => {
      const { suites, faults } = readPolicySuites(paths);
      const today = fullDateOf(terminal.now());
      const report = runPolicySuites(
        suites.map((suite) => runnable(suite, today)),
        faults,
        options.run,
      );
      terminal.write(render(report, options, terminal));
      terminal.setExitCode(exitCodeOf(report));
    });
}

/** Loads the documents that a suite names, as `serve` would. */
function runnable(suite: PolicySuite, today: string): RunnableSuite {
  const { tenancy, policies, mode = 'enforce' } = suite.document.spec;
  const loaded = loadPolicySet({
    tenancy: tenancy === undefined ? undefined : besideFile(suite.file, tenancy),
    policies: policies?.map((name) => (isPolicySetName(name) ? name : besideFile(suite.file, name))),
    strongestMode: mode,
  });
  if (!loaded.ok) {
    const faults = loaded.faults.map(({ file, line, column, field, message }) => {
      return { file, line, column, message: field === '' ? message : `${field}: ${message}` };
    });
    return { suite, engine: { faults } };
  }
  const policySet = loaded.value;
  const read = createObjectReader();
  const principalOf = ({ username, groups = [] }: PolicyTestUser) => principalFor(policySet.tenancy, username, groups);
  return { suite, engine: { policySet, read, today, principalOf } };
}

function render(report: TestReport, { output }: TestOptions, terminal: Terminal): string {
  switch (output) {
    case 'text':
      return testTextReport(report, hasColour(terminal));
    case 'json':
      return jsonText(report);
    case 'junit':
      return testJunitReport(report);
    case 'github':
      return testGithubReport(report);
  }
}

function exitCodeOf({ summary }: TestReport): 0 | 1 | 2 {
  if (summary.faults > 0) return 2;
  return summary.failed > 0 ? 1 : 0;
}
