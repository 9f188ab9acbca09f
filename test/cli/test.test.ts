import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { Ajv } from 'ajv';
import { test, type Test } from 'tap';

import { testCommand } from '../../src/cli/commands/test.ts';
import type { TestReport } from '../../src/manifests/policy-test/test-report.ts';
import { runCommand } from './recording-terminal.ts';

const root = join(import.meta.dirname, '../..');
const run = (...args: readonly string[]) => runCommand(testCommand, args);

const pod = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: acme-dev}
spec:
  hostNetwork: true
  containers: [{name: web, image: "web:1"}]
`;

/** A suite over the documents that ship; `cases` are YAML below `cases:`. */
function suiteOf(cases: string, spec = ''): string {
  const facts =
    '  facts: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: acme-dev, labels: {tenantgate.dev/tenant: acme}}}]}\n';
  const quota = '  policies: [policy.yaml]\n';
  return `apiVersion: tenantgate.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: sample}\nspec:\n${quota}${facts}${spec}  cases:\n${cases}`;
}

const policy =
  'apiVersion: tenantgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec: {rules: [{rule: pods/host-network}, {rule: pods/host-ports, mode: warn}]}\n';

function suiteFolder(t: Test, cases: string, spec?: string): string {
  return t.testdir({ 'suite.yaml': suiteOf(cases, spec), 'policy.yaml': policy, manifests: { 'pod.yaml': pod } });
}

async function reportOf(folder: string, ...more: readonly string[]) {
  const { output, exitCode } = await run(folder, '--output', 'json', ...more);
  return { report: JSON.parse(output) as TestReport, exitCode };
}

const denied =
  'decision: denied, violations: [{rule: pods/host-network, field: spec.hostNetwork, message: node, mode: enforce}]';

void test('the examples pass', async (t) => {
  const { output, errors, exitCode } = await run(join(root, 'examples/policy-tests'));
  t.match(output, /^2 suites, \d+ cases: (\d+) passed, 0 failed, 0 faults$/m);
  t.strictSame([errors, exitCode], ['', 0], output);
});

void test('a case passes where all that is expected came out, and nothing else', async (t) => {
  const folder = suiteFolder(t, `    - {name: one, objectFile: manifests/pod.yaml, expect: {${denied}}}\n`);
  const { report, exitCode } = await reportOf(folder);
  t.strictSame(report.summary, { suites: 1, cases: 1, passed: 1, failed: 0, skipped: 0, faults: 0 });
  t.equal(exitCode, 0);
});

const wrong: readonly (readonly [
  expectation: string,
  field: string,
  expected: RegExp | null,
  actual: RegExp | null,
])[] = [
  ['decision: allowed, violations: [{rule: pods/host-network}]', 'expect.decision', /^allowed$/, /^denied$/],
  ['decision: denied', 'expect.violations', null, /^pods\/host-network \(enforce\) spec\.hostNetwork: /],
  [
    'decision: denied, violations: [{rule: pods/host-network}, {rule: pods/host-ports}]',
    'expect.violations[1]',
    /^pods\/host-ports \*: \*$/,
    null,
  ],
  [
    'decision: denied, violations: [{rule: pods/host-network, field: spec}]',
    'expect.violations[0]',
    /^pods\/host-network spec: \*$/,
    /^pods\/host-network \(enforce\) spec\.hostNetwork: /,
  ],
  [
    'decision: denied, violations: [{rule: pods/host-network, message: the moon}]',
    'expect.violations[0]',
    /the moon/,
    /^pods\/host-network/,
  ],
  [
    'decision: denied, violations: [{rule: pods/host-network, mode: warn}]',
    'expect.violations[0]',
    /\(warn\)/,
    /\(enforce\)/,
  ],
  ['decision: denied, violations: [{rule: pods/host-network}], labels: {a: b}', 'expect.labels', /^a: b$/, null],
  [
    'decision: denied, violations: [{rule: pods/host-network}], undecided: [{rule: pods/host-network}]',
    'expect.undecided[0]',
    /^pods\/host-network: \*$/,
    null,
  ],
];

void test('each thing that came out otherwise is a difference of its own, with its place', async (t) => {
  for (const [expectation, field, expected, actual] of wrong) {
    const cases = `    - name: one\n      objectFile: manifests/pod.yaml\n      expect: {${expectation}}\n`;
    const { report, exitCode } = await reportOf(suiteFolder(t, cases));
    t.equal(exitCode, 1, expectation);
    const [difference, ...others] = report.results[0]?.differences ?? [];
    t.strictSame(others, [], expectation);
    t.equal(difference?.field, field);
    t.equal(difference?.line, 10, 'the line of the expectation');
    for (const [wanted, given] of [
      [expected, difference?.expected],
      [actual, difference?.actual],
    ] as const) {
      if (wanted === null) t.equal(given, null, expectation);
      else t.match(given, wanted, expectation);
    }
  }
});

void test('further violations may be let be', async (t) => {
  const expectation = 'decision: denied, otherViolations: allow';
  const folder = suiteFolder(t, `    - {name: one, objectFile: manifests/pod.yaml, expect: {${expectation}}}\n`);
  t.equal((await run(folder)).exitCode, 0);
});

void test('a namespace that nobody declares leaves the decision open; labels of a case declare it', async (t) => {
  const selector = '{matchLabels: {tenantgate.dev/tenant: acme}}';
  const object = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: other}, spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: ${selector}}]}]}}`;
  const labels = 'namespaceLabels: {tenantgate.dev/tenant: acme}';
  const gap = 'undecided: [{rule: network/confined-peers, message: whose it is}]';
  const folder = t.testdir({
    'policy.yaml': policy.replace('pods/host-network', 'network/confined-peers'),
    'suite.yaml': suiteOf(
      `    - {name: unknown, object: ${object}, expect: {decision: undecided, ${gap}}}\n` +
        `    - {name: known, ${labels}, object: ${object}, expect: {decision: allowed}}\n` +
        `    - {name: gap, object: ${object}, expect: {decision: undecided, undecided: []}}\n`,
    ),
  });
  const { report } = await reportOf(folder);
  t.strictSame(
    report.results.map(({ passed }) => passed),
    [true, true, false],
  );
  t.match(report.results[2]?.differences, [{ field: 'expect.undecided', expected: null, actual: /whose it is/ }]);
});

void test('a kind that no rule in force judges is unjudged, so that a misspelt one does not pass', async (t) => {
  const object = '{apiVersion: v1, kind: pod, metadata: {name: web, namespace: acme-dev}}';
  const folder = suiteFolder(t, `    - {name: one, object: ${object}, expect: {decision: allowed}}\n`);
  const { output, exitCode } = await run(folder);
  t.match(output, /- allowed\n\s+\+ unjudged\n/);
  t.equal(exitCode, 1);
});

void test('labels that defaults add are compared, and judged with the object', async (t) => {
  const labelPolicy = policy.replace('pods/host-network', 'pods/tenant-label-default');
  const folder = t.testdir({
    'policy.yaml': labelPolicy,
    'pod.yaml': pod,
    'suite.yaml': suiteOf(
      '    - {name: one, objectFile: pod.yaml, expect: {decision: allowed, labels: {tenantgate.dev/tenant: acme}}}\n' +
        '    - {name: two, objectFile: pod.yaml, expect: {decision: allowed, labels: {}}}\n',
    ),
  });
  const { report } = await reportOf(folder);
  t.strictSame(
    report.results.map(({ passed }) => passed),
    [true, false],
  );
  t.match(report.results[1]?.differences, [{ expected: null, actual: 'tenantgate.dev/tenant: acme' }]);
});

void test('--run leaves out cases by a part of SUITE/CASE; a run of nothing is a fault', async (t) => {
  const one = `objectFile: manifests/pod.yaml, expect: {${denied}}`;
  const folder = suiteFolder(t, `    - {name: first, ${one}}\n    - {name: second, ${one}}\n`);
  const { report } = await reportOf(folder, '--run', 'sample/fir');
  t.strictSame([report.results.map((result) => result.case), report.summary.skipped], [['first'], 1]);
  const { output, exitCode } = await run(folder, '--run', 'third');
  t.match(output, 'no case of any suite has "third" in its name');
  t.equal(exitCode, 2);
});

void test('all faults are told at once, each with its place, and win over failures', async (t) => {
  const folder = t.testdir({
    'a.yaml': suiteOf(
      '    - {name: same, object: {apiVersion: v1, kind: Pod}, operation: DELETE, expect: {decision: denied}}\n' +
        '    - {name: same, objectFile: missing.yaml, expect: {decision: denied}}\n' +
        '    - {name: both, objectFile: b.yaml, object: {apiVersion: v1, kind: Pod}, expect: {decision: denied}}\n',
    ),
    'b.yaml':
      'apiVersion: tenantgate.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: b}\nspec: {cases: [], more: 1}\n',
    'c.yaml': suiteOf('    - {name: fails, object: {apiVersion: v1, kind: Pod}, expect: {decision: denied}}\n'),
    'd.yaml': suiteOf('    - {name: x, object: {apiVersion: v1, kind: Pod}, expect: {decision: denied}}\n').replace(
      'policy.yaml',
      'bad.txt',
    ),
    'e.yaml': 'a: [',
    'bad.txt': policy.replace('pods/host-network', 'pods/unheard-of'),
    'policy.yaml': policy,
  });
  const { report, exitCode } = await reportOf(folder);
  t.equal(exitCode, 2);
  const faults = report.faults.map(({ file, line, message }) => `${relative(folder, file)}:${line} ${message}`);
  for (const wanted of [
    /^a\.yaml:8 spec\.cases\[0\]\.oldObject is missing: DELETE needs it$/,
    /^a\.yaml:8 spec\.cases\[0\]\.object does not go with DELETE$/,
    /^a\.yaml:9 spec\.cases\[1\]\.name is taken: a second case "same"$/,
    /^missing\.yaml:1 does not exist$/,
    /^a\.yaml:10 spec\.cases\[2\]\.objectFile and object exclude each other$/,
    /^b\.yaml:4 spec\.more is not a known field/,
    /^b\.yaml:4 spec\.cases must NOT have fewer than 1 items$/,
    /^bad\.txt:4 spec\.rules\[0\]\.rule: "pods\/unheard-of" is not a rule/,
    /^e\.yaml:1 is not valid YAML/,
  ]) {
    t.ok(
      faults.some((fault) => wanted.test(fault)),
      `${String(wanted)} in\n${faults.join('\n')}`,
    );
  }
  t.strictSame(report.summary.failed, 1, 'suites without a fault run nevertheless');
});

void test('facts that cannot be read, or contradict each other, are faults', async (t) => {
  const cases = `    - name: one
      objectFile: manifests/pod.yaml
      facts:
        objects:
          - {apiVersion: v1, kind: Namespace, metadata: {name: acme-dev, labels: {tenantgate.dev/tenant: globex}}}
          - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: []}
      expect: {${denied}}
`;
  const { report, exitCode } = await reportOf(suiteFolder(t, cases));
  t.equal(exitCode, 2);
  t.match(
    report.faults.map(({ line, message }) => `${line} ${message}`),
    [/^12 Namespace "acme-dev" is declared more than once/, /^13 fact NetworkPolicy: spec must be of type/],
  );
});

void test('labels of a Namespace are told by the object alone', async (t) => {
  const object = '{apiVersion: v1, kind: Namespace, metadata: {name: acme-dev}}';
  const cases = `    - {name: one, object: ${object}, namespaceLabels: {}, expect: {decision: denied}}\n`;
  const { report } = await reportOf(suiteFolder(t, cases));
  t.match(report.faults, [{ line: 8, message: /^spec\.cases\[0\]\.namespaceLabels does not go with a Namespace/ }]);
});

void test('a path without a PolicyTest is a fault, and so is a file with several objects for one', async (t) => {
  const empty = t.testdir({ 'pod.yaml': pod });
  const { output, exitCode } = await run(empty);
  t.match(output, 'holds no PolicyTest');
  t.equal(exitCode, 2);
  const folder = t.testdir({
    'two.yaml': `${pod}---\n${pod}`,
    'policy.yaml': policy,
    'suite.yaml': suiteOf(`    - {name: one, objectFile: two.yaml, expect: {${denied}}}\n`),
  });
  t.match((await reportOf(folder)).report.faults, [
    { message: /must name a file with one object; two\.yaml holds 2$/ },
  ]);
});

void test('JSON keeps to its schema, and JUnit and GitHub tell the same', async (t) => {
  const folder = suiteFolder(t, '    - {name: "<one>", objectFile: manifests/pod.yaml, expect: {decision: allowed}}\n');
  const { report } = await reportOf(folder);
  const schema = JSON.parse(readFileSync(join(root, 'schemas/test-report.schema.json'), 'utf8')) as object;
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  t.ok(validate(report), JSON.stringify(validate.errors));
  const junit = await run(folder, '--output', 'junit');
  t.match(junit.output, '<testsuites name="tenantgate test" tests="1" failures="1" errors="0" skipped="0">');
  t.match(junit.output, 'name="sample/&lt;one&gt;"');
  t.match(junit.output, 'message="expect.decision: expected allowed, not denied"');
  t.equal(junit.exitCode, 1);
  const github = await run(folder, '--output', 'github');
  t.match(github.output, `::error file=${folder}/suite.yaml,line=8,col=`);
  t.match(github.output, 'title=sample/<one>::expect.decision: expected allowed, not denied%0A- allowed%0A+ denied');
});

void test('faults and text of cases cannot move the terminal or fake a line', async (t) => {
  const folder = suiteFolder(
    t,
    '    - {name: "a\\n::error::x\\e[2J", objectFile: manifests/pod.yaml, expect: {decision: allowed}}\n',
  );
  for (const output of ['text', 'github', 'junit']) {
    const run_ = await run(folder, '--output', output);
    t.notMatch(run_.output, /\u001b/, output);
    t.notMatch(run_.output, /^::error::x/m, output);
  }
});

void test('a suite pins the day by which rules come to be enforced', async (t) => {
  const planned = policy.replace('spec: {', "spec: {mode: warn, enforceFrom: '2027-01-31', ");
  const cases = (expect: string) => `    - {name: a, objectFile: manifests/pod.yaml, expect: {${expect}}}\n`;
  const found = (more: string) => `violations: [{rule: pods/host-network${more}}], otherViolations: allow`;
  const outcomes = async (today: string, expect: string) => {
    const folder = t.testdir({
      'suite.yaml': suiteOf(cases(expect), `  today: '${today}'\n`),
      'policy.yaml': planned,
      manifests: { 'pod.yaml': pod },
    });
    const { report, exitCode } = await reportOf(folder);
    return [exitCode, report.results[0]?.decision, ...(report.results[0]?.differences ?? [])];
  };
  t.same(await outcomes('2027-01-30', `decision: warned, ${found(", enforcedFrom: '2027-01-31', mode: warn")}`), [
    0,
    'warned',
  ]);
  t.same(await outcomes('2027-01-31', `decision: denied, ${found('')}`), [0, 'denied']);
  t.match(await outcomes('2027-01-30', `decision: warned, ${found(", enforcedFrom: '2027-02-28'")}`), [
    1,
    'warned',
    {
      expected: 'pods/host-network (will be denied from 2027-02-28) *: *',
      actual: /^pods\/host-network \(warn, will be denied from 2027-01-31\) spec\.hostNetwork/,
    },
  ]);
});
