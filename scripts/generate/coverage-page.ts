import type { Rule } from '../../src/policy/rule.ts';
import { coverageOf, type CoveredCell } from '../../test/support/coverage/coverage.ts';
import { containerLists } from '../../test/support/coverage/transplant.ts';
import { explanations } from '../../test/support/coverage/explanations.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, codeList, page, table } from './markdown.ts';

/** `docs/reference/coverage.md`: which ways into the cluster are tried with each rule. */
export async function coveragePage(rules: readonly Rule[]): Promise<Artefact> {
  const cells = coverageOf(rules);
  const sorted = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return artefactOf(
    'docs/reference/coverage.md',
    page(
      '# Coverage of rules',
      'A rule holds only where it sees. Each cell here is one way into the cluster that a rule is for: a kind, a list of containers where the rule looks at containers, an operation, and the subresource that the object comes through. Nothing in it is kept by hand. For each cell what a fixture of the rule does wrong is put into the least object of that kind, into that list, and judged as if it came that way; the cell is tested where the rule finds a violation there. For a default it is tested whether the least object gets the label.',
      `${cells.length} cells: ${countOf(cells, isTested)} tested, ${countOf(cells, isExplained)} explained, ${countOf(cells, isOpen)} open. The tests fail where one is open, so a rule, a kind, an operation or a subresource that is added comes with what tries it.`,
      '## By rule',
      `Lists of containers are ${codeList(containerLists)}; sidecars are init containers that never end. An operation with a subresource is written as \`UPDATE/status\`.`,
      table(
        ['Rule', 'Kinds', 'Lists', 'Routes', 'Cells', 'Tested', 'Explained'],
        [...sorted.map((rule) => ruleRow(rule, cellsOf(cells, rule))), totalRow(cells)],
      ),
      '## What cannot be broken',
      table(
        ['Rule', 'Where', 'Why'],
        explanations.map((one) => [code(one.cells.rule), whereOf(one.cells), one.reason]),
      ),
      '## By kind and route',
      'Each row is one or more kinds that are covered alike. The number is that of the lists of containers; `–` is explained above.',
      ...sorted.flatMap((rule) => [`### ${rule.id}`, routeTable(cellsOf(cells, rule))]),
    ),
  );
}

const isTested = ({ trial }: CoveredCell): boolean => trial !== undefined;
const isExplained = (cell: CoveredCell): boolean => !isTested(cell) && cell.explanation !== undefined;
const isOpen = (cell: CoveredCell): boolean => !isTested(cell) && !isExplained(cell);

function countOf(cells: readonly CoveredCell[], holds: (cell: CoveredCell) => boolean): number {
  return cells.filter(holds).length;
}

function cellsOf(cells: readonly CoveredCell[], { id }: Rule): readonly CoveredCell[] {
  return cells.filter(({ rule }) => rule === id);
}

function routeOf({ operation, subresource }: CoveredCell): string {
  return subresource === undefined ? operation : `${operation}/${subresource}`;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function ruleRow({ id }: Rule, cells: readonly CoveredCell[]): readonly string[] {
  const counts = [cells.length, countOf(cells, isTested), countOf(cells, isExplained)].map(String);
  const lists = distinct(cells.flatMap(({ list }) => list ?? [])).length;
  const kinds = distinct(cells.map(({ kind }) => kind)).length;
  return [
    `[${code(id)}](../rules/${id}.md)`,
    String(kinds),
    lists === 0 ? '' : String(lists),
    codeList(distinct(cells.map(routeOf))),
    ...counts,
  ];
}

function totalRow(cells: readonly CoveredCell[]): readonly string[] {
  return ['all', '', '', '', ...[cells.length, countOf(cells, isTested), countOf(cells, isExplained)].map(String)];
}

function whereOf({ kinds, lists, operations, subresources }: (typeof explanations)[number]['cells']): string {
  const parts = [kinds, lists, operations, subresources?.map((name) => (name === '' ? 'the object itself' : name))];
  return parts.flatMap((values) => (values === undefined ? [] : [codeList(values)])).join('; ');
}

/** Kinds that are covered alike stand in one row. */
function routeTable(cells: readonly CoveredCell[]): string {
  const routes = distinct(cells.map(routeOf));
  const kindsByRow = new Map<string, string[]>();
  for (const kind of distinct(cells.map((cell) => cell.kind))) {
    const row = JSON.stringify(
      routes.map((route) => cellText(cells.filter((cell) => cell.kind === kind && routeOf(cell) === route))),
    );
    kindsByRow.set(row, [...(kindsByRow.get(row) ?? []), kind]);
  }
  return table(
    ['Kinds', ...routes.map(code)],
    [...kindsByRow].map(([row, kinds]) => [codeList(kinds), ...(JSON.parse(row) as readonly string[])]),
  );
}

function cellText(cells: readonly CoveredCell[]): string {
  if (cells.length === 0) return '';
  if (cells.some(isOpen)) return `open: ${countOf(cells, isOpen)}`;
  if (cells.every(isExplained)) return '–';
  return cells.length === 1 ? 'tested' : `tested: ${countOf(cells, isTested)}`;
}
