import { join } from 'node:path';

import { test } from 'tap';

import { stricter } from '../../scripts/generate/policy-sets.ts';
import { warningsOf } from '../../src/admission/encode-response.ts';
import { testCommand } from '../../src/cli/commands/test.ts';
import { loadPolicySet, policyPaths } from '../../src/cli/load-policy-set.ts';
import { policySetNames, type PolicySetName } from '../../src/config/policy-set-names.ts';
import { readServeConfig } from '../../src/config/serve-config.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { modes, type Mode } from '../../src/policy/policy-document.ts';
import type { PolicyEntry, PolicySet } from '../../src/policy/policy-set.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { factsOf } from '../support/facts.ts';
import { fixturesOf, rulesWithFixtures } from '../support/fixtures.ts';
import { subjectOf } from '../support/judge.ts';
import { runCommand } from './recording-terminal.ts';

const ids = rules.map(({ id }) => id).sort();

function load(set: PolicySetName): PolicySet {
  const loaded = loadPolicySet({ policies: [set], strongestMode: 'enforce' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.value;
}

/** The entry of each rule; a set holds each once. */
function entriesOf({ checks, subresourceChecks, defaults }: PolicySet): ReadonlyMap<string, PolicyEntry> {
  const lists = [...checks.values(), ...subresourceChecks.values(), ...defaults.values()].flat();
  return new Map(lists.map((entry) => [entry.rule.id, entry]));
}

const sets = new Map(policySetNames.map((name) => [name, entriesOf(load(name))]));

function modeIn(set: PolicySetName, id: string): Mode {
  const mode = sets.get(set)?.get(id)?.mode;
  if (mode === undefined) throw new Error(`${set} does not hold ${id}`);
  return mode;
}

void test('each set holds the whole catalogue', (t) => {
  for (const [set, entries] of sets) t.strictSame([...entries.keys()].sort(), ids, set);
  t.end();
});

void test('restricted is nowhere weaker than the baseline, and audit-first does nothing but audit', (t) => {
  for (const id of ids) {
    t.ok(modes.indexOf(modeIn('restricted', id)) >= modes.indexOf(modeIn('baseline', id)), id);
    t.equal(modeIn('audit-first', id), 'audit', id);
    const params = (set: PolicySetName) => sets.get(set)?.get(id)?.params;
    t.strictSame(params('audit-first'), params('restricted'), id);
  }
  for (const [id, { mode, params = {} }] of Object.entries(stricter)) {
    if (mode !== undefined) t.equal(modeIn('restricted', id), mode, id);
    t.match(sets.get('restricted')?.get(id)?.params, params, id);
  }
  t.end();
});

void test('what breaks a rule is found by every set, in the mode that the set gives the rule', (t) => {
  for (const set of policySetNames) {
    const policySet = load(set);
    for (const { rule, name, manifest, doing } of rulesWithFixtures().flatMap((id) => fixturesOf(id, 'fail'))) {
      const decision = evaluate(subjectOf(manifest, doing), policySet, factsOf(doing.world));
      const found = decision.violations.find((violation) => violation.rule === rule);
      t.equal(found?.mode, modeIn(set, rule), `${set}: ${rule} ${name}`);
      if (set === 'audit-first') {
        t.ok(decision.admitted, `${rule} ${name} is admitted`);
        t.strictSame(warningsOf(decision), [], `${rule} ${name} passes without a word`);
      }
    }
  }
  t.end();
});

void test('the suites that ship beside the sets pass', async (t) => {
  const { output, exitCode } = await runCommand(testCommand, [join(import.meta.dirname, '../../policies/tests')]);
  for (const set of policySetNames) t.match(output, `${set} (`);
  t.equal(exitCode, 0, output);
});

void test('a set is named where paths are; a path of the same name is written with ./', (t) => {
  t.strictSame(
    policyPaths({ strongestMode: 'enforce' }),
    policyPaths({ policies: ['baseline'], strongestMode: 'enforce' }),
  );
  const paths = policyPaths({ tenancy: 't.yaml', policies: ['./restricted', 'mine.yaml'], strongestMode: 'enforce' });
  t.strictSame(paths, ['t.yaml', './restricted', 'mine.yaml']);
  const both = loadPolicySet({ policies: ['baseline', 'restricted'], strongestMode: 'enforce' });
  t.match(both, { ok: false, faults: [{ message: 'a second Policy named "access"' }] });
  t.match(readServeConfig({ policies: ['audit-first'] }, {}), { ok: true, value: { policies: ['audit-first'] } });
  t.match(readServeConfig({ policies: ['./audit-first'] }, {}), { ok: false });
  t.end();
});
