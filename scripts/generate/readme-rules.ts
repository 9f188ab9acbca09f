import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Rule } from '../../src/policy/rule.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { injectRules } from './inject-rules.ts';
import { ruleTable } from './rule-table.ts';

/** README.md with the rules table between its markers; nothing where there is no README. */
export async function readmeRules(rules: readonly Rule[]): Promise<readonly Artefact[]> {
  const path = join(import.meta.dirname, '../../README.md');
  if (!existsSync(path)) return [];
  return [await artefactOf('README.md', injectRules(readFileSync(path, 'utf8'), ruleTable(rules, 'docs/rules/')))];
}
