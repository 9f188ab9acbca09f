import type { Test } from 'tap';

import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { factsOf } from '../support/facts.ts';
import { accountPrincipal, linesOf, subjectOf, type Doing } from '../support/judge.ts';
import { tweak, type Manifest } from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

const shipped = shippedPolicySet();

/** What the documents that ship make of an operation of acme's service account. */
export function decide(manifest: Manifest, doing: Doing = {}): Decision {
  const done = { principal: accountPrincipal, ...doing };
  return evaluate(subjectOf(manifest, done), done.set ?? shipped, factsOf(done.world));
}

/** The operation is refused, by this rule. */
export function denies(t: Test, rule: string, manifest: Manifest, doing: Doing = {}): void {
  const decision = decide(manifest, doing);
  t.equal(decision.admitted, false, `${rule} ${JSON.stringify(manifest)}`);
  t.ok(
    decision.violations.some((one) => one.rule === rule && one.mode === 'enforce' && one.leniency === undefined),
    `${rule} in ${linesOf(decision).join('\n')}`,
  );
}

/** The operation goes on, and no enforced rule has a word to say. */
export function admits(t: Test, manifest: Manifest, doing: Doing = {}): void {
  const decision = decide(manifest, doing);
  t.same(
    decision.violations.filter(({ mode }) => mode === 'enforce').map(({ field, message }) => `${field}: ${message}`),
    [],
    JSON.stringify(manifest),
  );
  t.equal(decision.admitted, true, JSON.stringify(manifest));
}

/** The object with several differences. */
export function changed(object: Manifest, changes: Readonly<Record<string, unknown>>): Manifest {
  return Object.entries(changes).reduce((result, [path, value]) => tweak(result, path, value), object);
}
