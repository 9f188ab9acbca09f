import { test } from 'tap';

import type { CheckRule, Rule } from '../../../src/policy/rule.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { coverageOf, explains, type CoveredCell } from '../../support/coverage/coverage.ts';
import { explanations } from '../../support/coverage/explanations.ts';

const cells = coverageOf(rules);

function textOf({ rule, kind, list, operation, subresource }: CoveredCell): string {
  return [rule, kind, list, subresource === undefined ? operation : `${operation}/${subresource}`]
    .filter((part) => part !== undefined)
    .join(' ');
}

const isOpen = ({ trial, explanation }: CoveredCell): boolean => trial === undefined && explanation === undefined;

test('each way into the cluster that a rule is for is tried, or it is said why nothing can be wrong there', (t) => {
  for (const cell of cells) {
    t.notOk(
      isOpen(cell),
      `${textOf(cell)}: no fixture of the rule, put there, breaks it; add one, or an explanation in test/support/coverage/explanations.ts`,
    );
  }
  t.end();
});

test('an explanation is for a cell that nothing tests', (t) => {
  for (const explanation of explanations) {
    const explained = cells.filter((cell) => explains(explanation, cell));
    t.ok(explained.length > 0, `${explanation.cells.rule}: there is such a cell`);
    for (const cell of explained) t.equal(cell.trial, undefined, `${textOf(cell)} can be tested`);
    t.match(explanation.reason, /^[A-Z].{30,}\.$/, 'a reason');
  }
  t.end();
});

test('what is found is found where it was put', (t) => {
  for (const { list, trial, ...cell } of cells) {
    if (list === undefined || trial?.violation === undefined) continue;
    const member = list === 'sidecars' ? 'initContainers' : list;
    t.match(trial.violation.field, `spec.${member}[`, textOf({ list, trial, ...cell }));
  }
  t.end();
});

test('a rule that overlooks a list of containers, or everything, has open cells', (t) => {
  const hostPorts = rules.find(({ id }) => id === 'pods/host-ports');
  if (hostPorts?.type !== 'check') return void t.fail('there is such a rule');
  const open = (rule: Rule) => coverageOf([rule]).filter(isOpen);
  const check: CheckRule['check'] = (subject, context) =>
    [...hostPorts.check(subject, context)].filter(({ field }) => !field.includes('ephemeralContainers'));
  const overlooking = open({ ...hostPorts, check });
  t.same(new Set(overlooking.map(({ list }) => list)), new Set(['ephemeralContainers']));
  t.same(new Set(overlooking.map(({ kind }) => kind)), new Set(hostPorts.kinds));
  t.equal(open({ ...hostPorts, check: () => [] }).length > 0, true);
  t.same(open(hostPorts), []);
  t.end();
});
