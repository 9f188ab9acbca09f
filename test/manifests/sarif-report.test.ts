import { test } from 'tap';

import { reportOf } from '../../src/manifests/check-manifests.ts';
import { checkRulesOf, sarifReport } from '../../src/manifests/sarif-report.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import { sampleOutcome } from './sample-outcome.ts';

const rules = checkRulesOf(shippedPolicySet());

function sarifOf(outcome: typeof sampleOutcome, version: string | undefined = '1.2.3') {
  return JSON.parse(sarifReport(reportOf(outcome), { version, rules })) as {
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number }[];
    }[];
  };
}

function location(uri: string, startLine: number, startColumn: number) {
  return [{ physicalLocation: { artifactLocation: { uri }, region: { startLine, startColumn } } }];
}

void test('the log is SARIF 2.1.0 with one run of the tool', (t) => {
  t.match(sarifOf(sampleOutcome), {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'tenantgate', semanticVersion: '1.2.3' } }, columnKind: 'utf16CodeUnits' }],
  });
  const unversioned = sarifReport(reportOf(sampleOutcome), { version: undefined, rules: [] });
  t.notMatch(unversioned, 'semanticVersion');
  t.end();
});

void test('every rule in force is described once, with a page that helps', (t) => {
  const { rules: described } = sarifOf(sampleOutcome).runs[0]!.tool.driver;
  t.strictSame(
    described.map((rule) => rule.id),
    [...new Set(rules.map((rule) => rule.id))].sort(),
  );
  for (const rule of described) {
    t.match(rule, {
      shortDescription: { text: /./ },
      fullDescription: { text: /./ },
      help: { text: /./ },
      helpUri: /^https:\/\//,
      properties: { tags: ['security'], 'security-severity': /^\d+\.\d$/ },
    });
  }
  t.end();
});

void test('violations are results with rule, level, message and region', (t) => {
  const { results } = sarifOf(sampleOutcome).runs[0]!;
  t.strictSame(
    results.map(({ ruleId, ruleIndex }) => rules[ruleIndex]?.id === ruleId),
    [true, true, true, true],
  );
  t.strictSame(results[0], {
    ruleId: 'network/confined-peers',
    ruleIndex: results[0]?.ruleIndex,
    level: 'error',
    message: {
      text: 'NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in "everybody", 100%\nfix: Pin the peer:\n  from:\n    - podSelector: {}',
    },
    locations: location('k8s/a%20b%2C%20%C3%BC.yaml', 12, 11),
  });
  t.match(results[1], {
    level: 'error',
    suppressions: [
      { kind: 'external', status: 'accepted', justification: 'exempt until 2026-12-31 (ops): until the move' },
    ],
  });
  t.match(results[2], { level: 'warning', locations: location('k8s/node.yaml', 3, 5) });
  t.match(results[3], { level: 'note', locations: location('k8s/node.yaml', 4, 5) });
  t.end();
});

void test('what could not be read or judged is told by the invocation', (t) => {
  t.match(sarifOf(sampleOutcome).runs[0], {
    invocations: [
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          {
            descriptor: { id: 'unreadable-manifest' },
            level: 'error',
            message: { text: 'is not valid YAML: Missing closing "quote' },
            locations: location('file:///tmp/broken.yaml', 2, 7),
          },
          {
            descriptor: { id: 'undecided' },
            associatedRule: { id: 'namespaces/tenant-label-required' },
            level: 'error',
            message: { text: 'Namespace acme-dev metadata.labels: must be of type object' },
            locations: location('k8s/space.yaml', 5, 3),
          },
          {
            descriptor: { id: 'expired-exemption' },
            associatedRule: { id: 'pods/host-network' },
            level: 'warning',
            locations: location('k8s/node.yaml', 1, 1),
          },
        ],
      },
    ],
  });
  t.match(sarifOf({ objects: [], faults: [] }).runs[0], {
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: [] }],
    results: [],
  });
  t.end();
});

void test('a path of another system is a URL too', (t) => {
  const fault = { file: 'C:/k8s/a b.yaml', line: 1, column: 1, message: 'x' };
  t.match(JSON.stringify(sarifOf({ objects: [], faults: [fault] })), '"uri":"file:///C:/k8s/a%20b.yaml"');
  t.end();
});
