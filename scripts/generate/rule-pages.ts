import { kinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { operationsOn, type Rule } from '../../src/policy/rule.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, codeList, page, prose, table } from './markdown.ts';
import { paramTable } from './rule-params.ts';
import { ruleExamples } from './rule-examples.ts';
import { ruleTable } from './rule-table.ts';

/** One page for each rule, `docs/rules/<layer>/<name>.md`, and the list of all. */
export async function rulePages(rules: readonly Rule[]): Promise<readonly Artefact[]> {
  const list = artefactOf('docs/rules/README.md', listPage(rules));
  const pages = rules.map((rule) => artefactOf(`docs/rules/${rule.id}.md`, rulePage(rule)));
  return Promise.all([list, ...pages]);
}

function listPage(rules: readonly Rule[]): string {
  return page(
    '# Rules',
    'Each rule has a permanent id. Which rules hold where, and with which params and mode, is said in [Policy documents](../policies.md). `tenantgate rules <id>` prints the same in a terminal.',
    ruleTable(rules, ''),
    'Severity says how bad a violation is. It decides nothing: the mode in the Policy document does.',
  );
}

function rulePage(rule: Rule): string {
  return page(
    `# ${rule.id}`,
    `**${prose(rule.title)}.**`,
    factsTable(rule),
    judgedWhat(rule),
    '## Why',
    prose(rule.rationale),
    '## How to mend a violation',
    prose(rule.remediation),
    '## Params',
    paramTable(rule.params) ?? 'None.',
    ruleExamples(rule),
    '## References',
    rule.references.map((reference) => `- <${reference}>`).join('\n'),
  );
}

function satisfied(rule: Rule): string {
  if (rule.type === 'check') return '';
  return rule.satisfies === undefined ? 'no rule: what it adds can be changed again' : link(rule.satisfies, rule);
}

function factsTable(rule: Rule): string {
  const groups = rule.kinds.map((kind) => kinds[kind].group);
  const subresources = rule.kinds.flatMap((kind) =>
    subresourcesOf(rule, kind).map((name) => `${kinds[kind].resource}/${name}`),
  );
  const rows: readonly (readonly [string, string])[] = [
    ['Type', rule.type === 'check' ? 'check: finds violations' : 'default: fills in what is absent'],
    ['Satisfies', satisfied(rule)],
    ['Severity', rule.severity],
    ['Since', rule.since],
    ['Kinds', codeList(rule.kinds)],
    ['API groups', codeList([...new Set(groups)].map((group) => (group === '' ? 'core' : group)))],
    ['Operations', operationsText(rule)],
    ['Subresources', codeList(subresources)],
    ['Facts', codeList(rule.facts)],
  ];
  return table(
    ['Property', 'Value'],
    rows.filter(([, value]) => value !== ''),
  );
}

/** The operations, and the kinds of which fewer are judged. */
function operationsText(rule: Rule): string {
  const fewer = Map.groupBy(
    rule.kinds.filter((kind) => operationsOn(rule, kind) !== rule.operations),
    (kind) => codeList(operationsOn(rule, kind)),
  );
  const exceptions = [...fewer].map(([operations, some]) => `${operations} of ${codeList(some)}`);
  return [codeList(rule.operations), ...exceptions].join('; only ');
}

/** The subresources of a kind that the rule judges: its own instead of the object, or those that carry the object. */
function subresourcesOf(rule: Rule, kind: Kind): readonly string[] {
  if (rule.type === 'default' || !rule.operations.includes('UPDATE')) return [];
  return rule.subresources ?? kinds[kind].subresources;
}

/** Relative link from one rule's page to another's. */
function link(id: string, from: Rule): string {
  const up = '../'.repeat(from.id.split('/').length - 1);
  return `[${code(id)}](${up}${id}.md)`;
}

function judgedWhat(rule: Rule): string {
  if (rule.type === 'default') {
    return 'A default changes an object only in mode `enforce`, and only where the field is absent. A value that is present is left alone, whatever it is.';
  }
  if (rule.subresources !== undefined) {
    return 'Only what is written through these subresources is judged, and who writes it. `tenantgate check` never finds this violation.';
  }
  if (rule.isAdvice === true) {
    return 'This is advice: it warns in mode `enforce` as well, and denies nothing. Where a fact is missing it says nothing. `tenantgate check` takes what is not among the manifests to be kept elsewhere, unless `--as` names a user: then what is there is all there is.';
  }
  if (rule.judges === 'state') {
    return 'The object is judged as it is. On an UPDATE a violation that the object had before, and that is no worse now, is a warning, not a denial.';
  }
  return rule.operations.includes('CREATE')
    ? 'The operation itself is judged: what changes, and who changes it. `tenantgate check` judges each object as if it were created, by nobody in particular unless `--as` names a user.'
    : 'The operation itself is judged: what changes, and who changes it. `tenantgate check` judges creations only, so it never finds this violation.';
}
