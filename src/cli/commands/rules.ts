import { Command, Option } from 'commander';

import { kinds } from '../../policy/objects/kinds.ts';
import { operationsOn, type Rule } from '../../policy/rule.ts';
import { rules } from '../../policy/rules/index.ts';
import type { Terminal } from '../terminal.ts';

/** `tenantgate rules [ID]`: the catalogue from the rules' metadata. */
export function rulesCommand(terminal: Terminal): Command {
  return new Command('rules')
    .description('List the rules, or explain one')
    .argument('[id]', 'rule id, such as network/confined-peers')
    .addOption(new Option('--output <format>', 'format of the list').choices(['text', 'json']).default('text'))
    .action((id: string | undefined, options: { readonly output: string }) => {
      const chosen = id === undefined ? rules : rules.filter((rule) => rule.id === id);
      if (chosen.length === 0) {
        terminal.writeError(`There is no rule ${JSON.stringify(id)}. \`tenantgate rules\` lists them.\n`);
        terminal.setExitCode(2);
      } else if (options.output === 'json') terminal.write(`${JSON.stringify(chosen.map(ruleData), undefined, 2)}\n`);
      else if (id === undefined) terminal.write(listOf(chosen));
      else terminal.write(chosen.map(pageOf).join('\n'));
    });
}

function ruleData(rule: Rule): object {
  const { id, type, title, severity, rationale, remediation, operations, facts, params, references, since } = rule;
  return {
    id,
    type,
    title,
    severity,
    kinds: rule.kinds,
    operations,
    facts,
    rationale,
    remediation,
    params,
    references,
    since,
  };
}

function listOf(chosen: readonly Rule[]): string {
  const width = Math.max(...chosen.map((rule) => rule.id.length));
  return chosen.map((rule) => `${rule.id.padEnd(width)}  ${rule.severity.padEnd(8)}  ${rule.title}\n`).join('');
}

function pageOf(rule: Rule): string {
  const exceptions = rule.kinds
    .filter((kind) => operationsOn(rule, kind) !== rule.operations)
    .map((kind) => `${kind}: ${operationsOn(rule, kind).join(', ')}`);
  const resources = rule.kinds.map((kind) => `${kind} (${kinds[kind].group === '' ? 'core' : kinds[kind].group})`);
  return [
    `${rule.id}: ${rule.title}`,
    '',
    `Severity:    ${rule.severity}`,
    `Since:       ${rule.since}`,
    `Kinds:       ${resources.join(', ')}`,
    `Operations:  ${[rule.operations.join(', '), ...exceptions].join('; ')}`,
    ...(rule.type === 'default' ? [`Satisfies:   ${rule.satisfies ?? 'no rule'}`] : []),
    '',
    `Why:  ${rule.rationale}`,
    '',
    `Fix:  ${rule.remediation}`,
    '',
    'Params:',
    ...paramLines(rule),
    '',
    'References:',
    ...rule.references.map((reference) => `  ${reference}`),
    '',
  ].join('\n');
}

function paramLines(rule: Rule): readonly string[] {
  const properties = rule.params.properties as Readonly<
    Record<string, { readonly description?: string; readonly default?: unknown }>
  >;
  const lines = Object.entries(properties).map(
    ([name, { description, default: value }]) => `  ${name} (default ${JSON.stringify(value)}): ${description ?? ''}`,
  );
  return lines.length === 0 ? ['  none'] : lines;
}
