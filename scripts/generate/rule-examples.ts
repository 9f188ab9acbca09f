import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Rule } from '../../src/policy/rule.ts';
import { denialText } from './denial-text.ts';
import { block } from './markdown.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures');

/** The rule's fixtures as examples: the manifests that its tests judge, so that no example can be wrong. */
export function ruleExamples(rule: Rule): string | undefined {
  const denied = examplesIn(rule, 'fail');
  const admitted = examplesIn(rule, 'pass');
  if (denied.length + admitted.length === 0) return undefined;
  const [bad, good] = isAdvice(rule) ? ['Warned of', 'Not warned of'] : ['Denied', 'Admitted'];
  return ['## Examples', ...section(bad, denied, rule, true), ...section(good, admitted, rule, false)].join('\n\n');
}

function isAdvice(rule: Rule): boolean {
  return rule.type === 'check' && rule.isAdvice === true;
}

interface Example {
  readonly title: string;
  readonly text: string;
  /** The object before the UPDATE. */
  readonly old: string | undefined;
}

function examplesIn(rule: Rule, folder: 'fail' | 'pass'): readonly Example[] {
  const path = join(fixtures, rule.id, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('.old.yaml'))
    .sort()
    .map((file) => {
      const old = join(path, file.replace(/\.yaml$/, '.old.yaml'));
      return {
        title: sentence(file),
        text: readFileSync(join(path, file), 'utf8'),
        old: existsSync(old) ? readFileSync(old, 'utf8') : undefined,
      };
    });
}

/** `empty-namespace-selector.yaml` reads as `Empty namespace selector`. */
function sentence(file: string): string {
  const words = file.replace(/(\.by-tenant)?\.yaml$/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Denied examples come with the answer to them. */
function section(heading: string, examples: readonly Example[], rule: Rule, isDenied: boolean): readonly string[] {
  if (examples.length === 0) return [];
  return [
    `### ${heading}`,
    ...examples.flatMap(({ title, text, old }) => [
      isDeleted(rule, old) ? `${title} (deleted):` : `${title}:`,
      block('yaml', text),
      ...(old === undefined ? [] : ['The object before the change:', block('yaml', old)]),
      ...(isDenied ? answer(rule, text, old) : []),
    ]),
  ];
}

/** A rule that judges no creations shows what it says of a deletion, unless there is an object to change. */
function isDeleted(rule: Rule, old: string | undefined): boolean {
  return old === undefined && !rule.operations.includes('CREATE');
}

function answer(rule: Rule, text: string, old: string | undefined): readonly string[] {
  const denial = denialText(rule, text, old);
  return denial === undefined ? [] : ['Answer:', block('text', denial)];
}
