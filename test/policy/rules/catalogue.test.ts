import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import { test } from 'tap';

import { paramDefaults } from '../../../src/policy/compile-policy.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { kinds } from '../../../src/policy/objects/kinds.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { factsOf } from '../../support/facts.ts';
import { fixturesFolder, fixturesOf, foldersIn, rulesWithFixtures } from '../../support/fixtures.ts';
import { subjectOf } from '../../support/judge.ts';
import { shippedDocuments, shippedPolicySet } from '../../support/shipped-policies.ts';

const rulesFolder = join(import.meta.dirname, '../../../src/policy/rules');
const ids = rules.map(({ id }) => id);
const checks = rules.filter((rule) => rule.type === 'check');

function filesOf(folder: string, ending: string): readonly string[] {
  return foldersIn(folder).flatMap((layer) =>
    readdirSync(join(folder, layer))
      .filter((file) => file.endsWith(ending))
      .map((file) => `${layer}/${file.slice(0, -ending.length)}`),
  );
}

test('the list of rules is the folder of rules: one file for each id, named like it', (t) => {
  t.same(new Set(filesOf(rulesFolder, '.ts')), new Set(ids));
  t.equal(new Set(ids).size, ids.length, 'ids are unique');
  for (const id of ids) {
    t.match(id, /^[a-z]+\/[a-z]+(-[a-z]+)*$/);
    t.match(readFileSync(join(rulesFolder, `${id}.ts`), 'utf8'), `id: '${id}'`);
  }
  t.end();
});

test('every rule has a test of its own', (t) => {
  t.same(new Set(filesOf(import.meta.dirname, '.test.ts')), new Set(ids));
  t.end();
});

test('every rule says what it is for', (t) => {
  for (const rule of rules) {
    t.match(rule.title, /^[A-Z].*[^.]$/, `${rule.id}: a title`);
    t.match(rule.rationale, /^.{40,}\.$/s, `${rule.id}: a rationale`);
    t.match(rule.remediation, /^.{20,}\.$/s, `${rule.id}: a remediation`);
    t.match(rule.since, /^\d+\.\d+\.\d+$/, `${rule.id}: a release`);
    t.ok(rule.references.length > 0, `${rule.id}: references`);
    for (const reference of rule.references) t.ok(new URL(reference).protocol === 'https:', `${rule.id}: ${reference}`);
    t.ok(rule.kinds.length > 0 && rule.kinds.every((kind) => Object.hasOwn(kinds, kind)), `${rule.id}: kinds`);
    t.ok(rule.operations.length > 0, `${rule.id}: operations`);
  }
  t.end();
});

test('params are closed, described, and valid by default', (t) => {
  const ajv = new Ajv({ strict: true, allErrors: true });
  for (const { id, params } of rules) {
    const validate = ajv.compile(params);
    t.ok(validate(paramDefaults(params)), `${id}: ${JSON.stringify(validate.errors)}`);
    t.notOk(validate({ ...paramDefaults(params), 'not-a-param': 1 }), `${id} is closed`);
    for (const [name, schema] of Object.entries(params.properties)) {
      const { description = '', default: given } = schema as { description?: string; default?: unknown };
      t.match(description, /\.$/, `${id}: ${name} is described`);
      t.not(given, undefined, `${id}: ${name} has a default`);
    }
  }
  t.end();
});

test('a default that names the check rule which holds it names one that exists', (t) => {
  for (const rule of rules) {
    if (rule.type === 'default' && rule.satisfies !== undefined)
      t.ok(
        checks.some(({ id }) => id === rule.satisfies),
        `${rule.id}: ${rule.satisfies}`,
      );
  }
  t.end();
});

test('the policies that ship hold every rule once', (t) => {
  const held = [...shippedDocuments().values()]
    .map((document) => (document as { readonly spec: { readonly rules?: readonly { readonly rule: string }[] } }).spec)
    .flatMap((spec) => (spec.rules ?? []).map(({ rule }) => rule));
  t.same(held.toSorted(), ids.toSorted());
  t.end();
});

test('every check rule has fixtures, and every fixture has a rule', (t) => {
  t.same(new Set(rulesWithFixtures()), new Set(checks.map(({ id }) => id)));
  for (const id of rulesWithFixtures()) {
    t.same(foldersIn(join(fixturesFolder, id)), ['fail', 'pass'], id);
    t.ok(fixturesOf(id, 'pass').length > 0 && fixturesOf(id, 'fail').length > 0, id);
  }
  t.end();
});

/** Whether the policies that ship hold the rule in a mode that denies nothing. */
function isWeak(id: string): boolean {
  return [...shippedPolicySet().checks.values()].flat().some(({ rule, mode }) => rule.id === id && mode !== 'enforce');
}

test('a fixture that fails breaks its own rule and no other; one that passes breaks none', (t) => {
  const set = shippedPolicySet();
  for (const fixture of rulesWithFixtures().flatMap((id) => [...fixturesOf(id, 'fail'), ...fixturesOf(id, 'pass')])) {
    const { rule, expected, name, manifest, doing } = fixture;
    const decision = evaluate(subjectOf(manifest, doing), set, factsOf(doing.world));
    const told = decision.violations.filter((one) => one.mode === 'enforce' || one.rule === rule);
    const broken = [...new Set(told.map((violation) => violation.rule))];
    t.same(broken, expected === 'fail' ? [rule] : [], `${rule}/${expected}/${name}`);
    // A rule that ships in a weaker mode than enforce says what it found, and denies nothing.
    const isEnforced = decision.violations.some(({ mode }) => mode === 'enforce');
    t.equal(isEnforced, expected === 'fail' && !isWeak(rule), `${rule}/${expected}/${name}`);
    t.equal(decision.outcome, isEnforced ? 'denied' : 'allowed', `${rule}/${expected}/${name}`);
  }
  t.end();
});
