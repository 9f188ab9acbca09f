import { test } from 'tap';

import { compilePolicy } from '../../src/policy/compile-policy.ts';
import { wouldDeny, type Decision, type JudgedViolation } from '../../src/policy/decision.ts';
import { evaluate, unreadable } from '../../src/policy/evaluate.ts';
import { noticeOf, standingIn, strongestOf, type EntryModes } from '../../src/policy/mode-schedule.ts';
import { mutate } from '../../src/policy/mutate.ts';
import type { Mode, PolicyDocument } from '../../src/policy/policy-document.ts';
import { rules } from '../../src/policy/rules/index.ts';
import type { Owner } from '../../src/tenancy/owner.ts';
import { factsOf, twoTenants, type World } from '../support/facts.ts';
import { policyOf, subjectOf, tenancyOf } from '../support/judge.ts';
import { minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import { compiled } from '../support/shipped-policies.ts';

const rule = 'pods/host-network';
const acme: Owner = { kind: 'tenant', tenant: 'acme' };
const globex: Owner = { kind: 'tenant', tenant: 'globex' };

function compile(spec: Manifest, strongestMode: Mode = 'enforce') {
  return compilePolicy(policyOf({ rules: [{ rule }], ...spec }) as unknown as PolicyDocument, rules, strongestMode);
}

function modesOf(spec: Manifest, strongestMode?: Mode): EntryModes {
  const result = compile(spec, strongestMode);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const [entry] = result.value;
  if (entry === undefined) throw new Error('no entry');
  return entry.modes;
}

/** Mode, and the day from which it is enforced, as one text. */
function standing(modes: EntryModes, today: string, namespace = 'acme-dev', owner: Owner | undefined = acme): string {
  const { mode, enforcedFrom } = standingIn(modes, namespace, owner, today);
  return enforcedFrom === undefined ? mode : `${mode} until ${enforcedFrom}`;
}

const eve = '2027-01-30';
const day = '2027-01-31';

test('until its day a rule acts in audit or in the mode beside it, and from that day on it is enforced', (t) => {
  for (const spec of [{ enforceFrom: day }, { mode: 'warn', rules: [{ rule, enforceFrom: day }] }]) {
    t.equal(standing(modesOf(spec), eve), `audit until ${day}`);
    t.equal(standing(modesOf(spec), day), 'enforce');
    t.equal(standing(modesOf(spec), '2030-01-01'), 'enforce');
  }
  t.equal(standing(modesOf({ mode: 'warn', enforceFrom: day }), eve), `warn until ${day}`);
  t.equal(standing(modesOf({ rules: [{ rule, mode: 'warn', enforceFrom: day }] }), eve), `warn until ${day}`);
  t.equal(standing(modesOf({ enforceFrom: day, rules: [{ rule, mode: 'warn' }] }), day), 'warn', 'its own mode wins');
  t.end();
});

test('the strongest mode caps what is planned, and then no day is told', (t) => {
  const spec = { enforceFrom: day };
  t.equal(standing(modesOf(spec, 'warn'), eve), 'audit');
  t.equal(standing(modesOf(spec, 'warn'), day), 'warn');
  t.equal(standing(modesOf(spec, 'audit'), day), 'audit');
  const advice = modesOf({ enforceFrom: day, rules: [{ rule: 'network/selects-nothing' }] });
  t.equal(standing(advice, eve), 'audit', 'advice never denies');
  t.equal(standing(advice, day), 'warn');
  t.end();
});

test('the mode of a place takes the place of the policy’s, whether weaker or stronger', (t) => {
  const modes = modesOf({
    mode: 'audit',
    modes: [
      { namespaces: ['acme-prod'], tenants: ['acme'], mode: 'warn' },
      { namespaces: ['acme-dev', 'acme-prod'], mode: 'enforce' },
      { tenants: ['acme'], enforceFrom: day },
    ],
  });
  t.equal(standing(modes, eve, 'acme-prod'), 'warn', 'all parts fit, and the first counts');
  t.equal(standing(modes, eve, 'acme-prod', globex), 'enforce');
  t.equal(standing(modes, eve, 'acme-dev'), 'enforce');
  t.equal(standing(modes, eve, 'acme-test'), `audit until ${day}`);
  t.equal(standing(modes, day, 'acme-test'), 'enforce');
  t.equal(standing(modes, eve, 'globex-dev', globex), 'audit');
  t.equal(standing(modes, eve, 'default', { kind: 'unmanaged' }), 'audit');
  t.equal(strongestOf(modes), 'enforce', 'the strongest of all');
  t.end();
});

test('a rule with a mode of its own acts in the weaker one, and from the later day', (t) => {
  const place = (mode: Manifest, own: Manifest) =>
    modesOf({ modes: [{ namespaces: ['acme-dev'], ...mode }], rules: [{ rule, ...own }] });
  t.equal(standing(place({ mode: 'enforce' }, { mode: 'warn' }), eve), 'warn');
  t.equal(standing(place({ mode: 'audit' }, { mode: 'enforce' }), eve), 'audit');
  t.equal(standing(place({ mode: 'audit' }, { enforceFrom: '2026-01-01' }), eve), 'audit');
  t.equal(standing(place({ mode: 'warn' }, { enforceFrom: day }), eve), 'audit');
  t.equal(standing(place({ mode: 'warn' }, { enforceFrom: day }), day), 'warn');
  const both = place({ enforceFrom: '2027-03-01' }, { enforceFrom: day });
  t.equal(standing(both, day), 'audit until 2027-03-01');
  t.equal(standing(both, '2027-03-01'), 'enforce');
  t.end();
});

test('where the owner is not known, the strongest of what may hold counts', (t) => {
  const weak = modesOf({ mode: 'enforce', modes: [{ tenants: ['acme'], mode: 'audit' }] });
  t.equal(standingIn(weak, 'acme-dev', undefined, eve).mode, 'enforce');
  const strong = modesOf({ mode: 'audit', modes: [{ tenants: ['acme'], mode: 'enforce' }] });
  t.equal(standingIn(strong, 'acme-dev', undefined, eve).mode, 'enforce');
  const dated = modesOf({ mode: 'audit', modes: [{ tenants: ['acme'], enforceFrom: day }] });
  t.same(standingIn(dated, 'acme-dev', undefined, eve), { mode: 'audit', enforcedFrom: day });
  const twice = modesOf({
    mode: 'audit',
    modes: [
      { tenants: ['acme'], enforceFrom: '2027-03-01' },
      { tenants: ['globex'], enforceFrom: day },
    ],
  });
  t.same(standingIn(twice, 'acme-dev', undefined, eve), { mode: 'audit', enforcedFrom: day }, 'the earlier day');
  const named = modesOf({ mode: 'enforce', modes: [{ namespaces: ['acme-dev'], mode: 'audit' }] });
  t.equal(standingIn(named, 'acme-dev', undefined, eve).mode, 'audit', 'a name needs no owner');
  t.equal(standingIn(named, '', undefined, eve).mode, 'enforce', 'nobody knows where');
  t.equal(standingIn(named, '', acme, eve).mode, 'enforce', 'it is in no namespace');
  t.end();
});

/** All faults of a spec, as `field: message`. */
function faultsOf(spec: Manifest): readonly string[] {
  const result = compile(spec);
  return result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`);
}

test('days that no calendar has and modes that contradict each other are faults', (t) => {
  const noDay = '"2027-02-30" is no day of the calendar; write YYYY-MM-DD';
  const contradiction =
    'contradicts mode "enforce" beside it, which is the mode until that day: audit, when absent, or warn';
  const cases: readonly (readonly [Manifest, readonly string[]])[] = [
    [{ enforceFrom: '2027-02-30' }, [`spec.enforceFrom: ${noDay}`]],
    [{ rules: [{ rule, enforceFrom: '2027-02-30' }] }, [`spec.rules[0].enforceFrom: ${noDay}`]],
    [
      { modes: [{ tenants: ['a'], mode: 'enforce', enforceFrom: '2027-02-30' }] },
      [`spec.modes[0].enforceFrom: ${noDay}`, `spec.modes[0].enforceFrom: ${contradiction}`],
    ],
    [{ mode: 'enforce', enforceFrom: day }, [`spec.enforceFrom: ${contradiction}`]],
    [{ rules: [{ rule, mode: 'enforce', enforceFrom: day }] }, [`spec.rules[0].enforceFrom: ${contradiction}`]],
    [
      { rules: [{ rule: 'network/selects-nothing', enforceFrom: day }] },
      [
        'spec.rules[0].enforceFrom: "network/selects-nothing" advises and never denies: there is no day from which it is enforced',
      ],
    ],
    [{ modes: [{ tenants: ['a'] }] }, ['spec.modes[0]: says nothing: mode, enforceFrom or both are needed']],
    [
      { modes: [{ mode: 'audit' }] },
      ['spec.modes[0]: names neither namespaces nor tenants; the mode of all the others is spec.mode'],
    ],
  ];
  for (const [spec, faults] of cases) t.same(faultsOf(spec), faults, JSON.stringify(spec));
  t.same(faultsOf({ mode: 'warn', enforceFrom: day, modes: [{ tenants: ['a'], mode: 'audit' }] }), []);
  t.end();
});

test('a mode that never holds is a fault', (t) => {
  const beyond = (name: string) => `"${name}" is beyond spec.scope: the policy does not hold there`;
  const scope = { namespaces: { include: ['a', 'b'], exclude: ['b'] }, tenants: ['t'] };
  t.same(faultsOf({ scope, modes: [{ namespaces: ['a', 'b', 'c'], tenants: ['t', 'u'], mode: 'audit' }] }), [
    `spec.modes[0].namespaces[1]: ${beyond('b')}`,
    `spec.modes[0].namespaces[2]: ${beyond('c')}`,
    `spec.modes[0].tenants[1]: ${beyond('u')}`,
  ]);
  const places = [
    { namespaces: ['a'], mode: 'audit' },
    { namespaces: ['b'], tenants: ['t'], mode: 'warn' },
    { namespaces: ['b', 'a'], mode: 'enforce' },
    { tenants: ['t'], mode: 'audit' },
    { tenants: ['t'], mode: 'warn' },
  ];
  t.same(faultsOf({ modes: places }), [
    'spec.modes[2].namespaces[1]: "a" has its mode from spec.modes[0] already: of several that fit the first counts',
    'spec.modes[4].tenants[0]: "t" has its mode from spec.modes[3] already: of several that fit the first counts',
  ]);
  t.end();
});

const badPod = tweak(minimalPod(), 'spec.hostNetwork', true);

function decide(specs: readonly Manifest[], world: World = {}, manifest = badPod): Decision {
  const set = compiled([tenancyOf(), ...specs.map((spec, index) => policyOf(spec, `p${index}`))]);
  return evaluate(subjectOf(manifest), set, factsOf(world));
}

test('a violation is denied from its day on, and says until then when that is', (t) => {
  const spec = { enforceFrom: day, rules: [{ rule }] };
  t.match(decide([spec], { today: eve }), {
    outcome: 'allowed',
    admitted: true,
    violations: [{ mode: 'audit', enforcedFrom: day }],
  });
  t.match(decide([spec], { today: day }), { outcome: 'denied', violations: [{ mode: 'enforce' }] });
  t.equal(decide([spec], { today: day }).violations[0]?.enforcedFrom, undefined);
  t.end();
});

test('of several policies’ readings the one that denies sooner counts', (t) => {
  const specs = [{}, { enforceFrom: '2027-03-01' }, { enforceFrom: day }].map((more) => ({
    mode: 'audit',
    ...more,
    rules: [{ rule }],
  }));
  t.match(decide(specs, { today: eve }).violations, [{ mode: 'audit', enforcedFrom: day, policy: 'p2' }]);
  t.match(decide(specs.toReversed(), { today: eve }).violations, [{ enforcedFrom: day, policy: 'p0' }]);
  const warned = [...specs, { mode: 'warn', rules: [{ rule }] }];
  t.match(decide(warned, { today: eve }).violations, [{ mode: 'warn', policy: 'p3' }]);
  t.end();
});

test('a violation that the operator’s params weaken will not be denied, and no day is told', (t) => {
  const spec = {
    enforceFrom: day,
    rules: [{ rule: 'pods/isolated-before-start', params: { warnOnly: ['acme-dev'] } }],
  };
  const before = decide([spec], { today: eve, networkPolicies: { 'acme-dev': [] } }, minimalPod());
  t.ok(before.violations.length > 0);
  for (const { mode, enforcedFrom } of before.violations) t.same([mode, enforcedFrom], ['audit', undefined]);
  const after = decide([spec], { today: day, networkPolicies: { 'acme-dev': [] } }, minimalPod());
  for (const { mode } of after.violations) t.equal(mode, 'warn');
  t.end();
});

test('what could not be judged says it too', (t) => {
  const spec = { enforceFrom: day, rules: [{ rule }] };
  const world = { today: eve, namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const labelled = tweak(minimalPod(), ['metadata', 'labels', 'tenantgate.dev/tenant'], 'acme');
  const [gap] = decide([{ ...spec, rules: [{ rule: 'pods/tenant-label-matches' }] }], world, labelled).gaps;
  t.match(gap, { mode: 'audit', enforcedFrom: day });
  const set = compiled([tenancyOf(), policyOf(spec)]);
  const faults = [{ field: 'spec', message: 'x' }];
  const where = { namespace: 'acme-dev', today: eve };
  t.match(unreadable('Pod', 'CREATE', set, faults, where), { admitted: true, gaps: [{ enforcedFrom: day }] });
  t.equal(unreadable('Pod', 'CREATE', set, faults, { ...where, today: day }).admitted, false);
  t.end();
});

test('defaults act from their day on, and where their place enforces them', (t) => {
  const patched = (spec: Manifest, world: World): number => {
    const set = compiled([tenancyOf(), policyOf({ rules: [{ rule: 'pods/tenant-label-default' }], ...spec })]);
    return mutate(subjectOf(minimalPod()), set, factsOf(world)).patch.length;
  };
  t.equal(patched({ enforceFrom: day }, { today: eve }), 0);
  t.equal(patched({ enforceFrom: day }, { today: day }), 1);
  t.equal(patched({ modes: [{ namespaces: ['acme-dev'], mode: 'audit' }] }, {}), 0);
  t.equal(patched({ mode: 'audit', modes: [{ tenants: ['acme'], mode: 'enforce' }] }, {}), 1);
  t.end();
});

test('defaults of an unknown owner hold a request back only where they may act', (t) => {
  const admitted = (spec: Manifest): boolean => {
    const set = compiled([tenancyOf(), policyOf({ rules: [{ rule: 'pods/tenant-label-default' }], ...spec })]);
    const world = { today: eve, namespaces: { ...twoTenants, 'acme-dev': undefined } };
    return mutate(subjectOf(minimalPod()), set, factsOf(world)).decision.admitted;
  };
  t.equal(admitted({}), false);
  t.equal(admitted({ enforceFrom: day }), true);
  t.end();
});

test('what is planned is told in words, and what is not needs none', (t) => {
  t.equal(noticeOf({ enforcedFrom: day }), `will be denied from ${day}`);
  t.equal(noticeOf({}), undefined);
  t.end();
});

test('a would-be denial is a violation that nothing but its mode lets pass', (t) => {
  const violation: JudgedViolation = {
    rule,
    severity: 'high',
    policy: 'pods',
    field: 'spec.hostNetwork',
    message: 'true',
    fix: 'Remove it.',
    mode: 'audit',
    leniency: undefined,
  };
  t.equal(wouldDeny(violation), true);
  t.equal(wouldDeny({ ...violation, mode: 'warn' }), true);
  t.equal(wouldDeny({ ...violation, mode: 'enforce' }), false, 'it is one');
  t.equal(wouldDeny({ ...violation, leniency: { kind: 'preexisting' } }), false);
  t.equal(wouldDeny({ ...violation, isAdvice: true }), false);
  t.end();
});
