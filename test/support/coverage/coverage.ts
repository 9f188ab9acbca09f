import { kinds, podKinds, type Kind } from '../../../src/policy/objects/kinds.ts';
import { operationsOn, type CheckRule, type DefaultRule, type Rule } from '../../../src/policy/rule.ts';
import type { Cell } from './cell.ts';
import { explanations, type Explanation } from './explanations.ts';
import { tryCheck, tryDefault, type Trial } from './trials.ts';
import { containerLists } from './transplant.ts';

/** A cell with what was found: a trial in which the rule saw what is wrong, a reason why there is none, or nothing. */
export interface CoveredCell extends Cell {
  readonly trial: Trial | undefined;
  readonly explanation: Explanation | undefined;
}

/** Every cell of the rules. For each an object is made that is wrong in this way, and judged. */
export function coverageOf(rules: readonly Rule[]): readonly CoveredCell[] {
  return rules.flatMap((rule) => (rule.type === 'check' ? checkCells(rule) : defaultCells(rule)));
}

function checkCells(rule: CheckRule): readonly CoveredCell[] {
  const judgesContainers = tryCheck.judgesContainers(rule);
  return rule.kinds.flatMap((kind) => {
    const lists = judgesContainers && (podKinds as readonly Kind[]).includes(kind) ? containerLists : [undefined];
    return lists.flatMap((list) =>
      routesOf(rule, kind).map(({ operation, subresource }) => {
        const cell: Cell = { rule: rule.id, kind, list, operation, subresource };
        return covered(cell, tryCheck.cell(rule, cell));
      }),
    );
  });
}

/** Defaults are for the object itself; nothing is filled in through a subresource. */
function defaultCells(rule: DefaultRule): readonly CoveredCell[] {
  return rule.kinds.flatMap((kind) =>
    operationsOn(rule, kind).map((operation) => {
      const cell: Cell = { rule: rule.id, kind, list: undefined, operation, subresource: undefined };
      return covered(cell, tryDefault(rule, cell));
    }),
  );
}

function covered(cell: Cell, trial: Trial | undefined): CoveredCell {
  return {
    ...cell,
    trial,
    explanation: trial === undefined ? explanations.find((one) => explains(one, cell)) : undefined,
  };
}

/** Whether an explanation is about a cell: what it leaves out is any. */
export function explains({ cells }: Explanation, { rule, kind, list, operation, subresource = '' }: Cell): boolean {
  return (
    cells.rule === rule &&
    isAmong(cells.kinds, kind) &&
    (list === undefined ? cells.lists === undefined : isAmong(cells.lists, list)) &&
    isAmong(cells.operations, operation) &&
    isAmong(cells.subresources, subresource)
  );
}

function isAmong<T>(values: readonly T[] | undefined, value: T): boolean {
  return values === undefined || values.includes(value);
}

/** The operations that a rule judges on a kind, each through every path that carries the object. */
function routesOf(rule: CheckRule, kind: Kind): readonly Pick<Cell, 'operation' | 'subresource'>[] {
  const operations = operationsOn(rule, kind);
  const whole = rule.subresources === undefined ? operations : [];
  const parts = rule.subresources ?? kinds[kind].subresources;
  return [
    ...whole.map((operation) => ({ operation, subresource: undefined })),
    ...(operations.includes('UPDATE')
      ? parts.map((subresource) => ({ operation: 'UPDATE' as const, subresource }))
      : []),
  ];
}
