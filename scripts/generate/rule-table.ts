import type { Rule } from '../../src/policy/rule.ts';
import { code, codeList, prose, table } from './markdown.ts';

/** All rules by id; `base` leads from the page to `docs/rules/`. */
export function ruleTable(rules: readonly Rule[], base: string): string {
  return table(
    ['Rule', 'Severity', 'What it holds', 'Kinds'],
    rules
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((rule) => [
        `[${code(rule.id)}](${base}${rule.id}.md)`,
        rule.severity,
        prose(rule.title),
        rule.kinds.length > 3 ? `${rule.kinds.length} kinds` : codeList(rule.kinds),
      ]),
  );
}
