import { test } from 'tap';

import {
  isToBeServed,
  planSecret,
  renewalOf,
  type CertificateView,
  type SecretStep,
} from '../../src/server/certificate-plan.ts';
import { makePair, type ManagedPair, type PairReading } from '../../src/server/managed-pair.ts';

const now = new Date('2030-06-01T00:00:00Z');
const dayMs = 86_400_000;
const at = (days: number) => new Date(now.getTime() + days * dayMs);
const pairAged = (days: number, names: readonly string[] = ['a.svc']) => makePair(names, at(-days), 90 * dayMs);

const young = await pairAged(1);
const due = await pairAged(60.1);
const expired = await pairAged(91);
const otherExpired = await pairAged(92);
const unborn = await pairAged(-1);
const following = await pairAged(0);
const elsewhere = await pairAged(2, ['b.svc']);

const usable = (pair: ManagedPair): PairReading => ({ state: 'usable', pair });
const broken: PairReading = { state: 'broken', reason: 'half of it' };
const foreign: PairReading = { state: 'foreign', reason: 'theirs' };
const absent: PairReading = { state: 'absent' };

/** A replica in the middle of its life: what it serves is in the Secret, and API servers trust that alone. */
function viewOf(change: Partial<CertificateView>): CertificateView {
  const current = change.current ?? usable(young);
  const trusted = current.state === 'usable' ? current.pair.caFingerprint : undefined;
  return {
    now,
    current,
    next: absent,
    served: current.state === 'usable' ? current.pair : undefined,
    names: ['a.svc'],
    isTrusted: (ca) => ca === trusted,
    hasRivals: (ca) => trusted !== undefined && ca !== trusted,
    ...change,
  };
}

const trustAll = { isTrusted: () => true };
const trustNone = { isTrusted: () => false, hasRivals: () => false };
const make = (slot: 'current' | 'next', reason: RegExp | string, names = ['a.svc']) => ({
  kind: 'make',
  slot,
  names,
  reason,
});

const cases: readonly (readonly [string, Partial<CertificateView>, Partial<SecretStep> | object, ManagedPair?])[] = [
  ['a pair that is in order stays', {}, { kind: 'keep' }],
  [
    'a pair stays until two thirds of its validity are over',
    { now: new Date(renewalOf(young).getTime() - 1) },
    { kind: 'keep' },
  ],
  ['then the next one is made', { now: renewalOf(young) }, make('next', 'it was time')],
  [
    'a next pair waits until every API server trusts it',
    { current: usable(due), next: usable(following) },
    { kind: 'keep' },
  ],
  [
    'a next pair that is trusted takes over',
    { current: usable(due), next: usable(following), ...trustAll },
    { kind: 'promote', pair: following },
  ],
  [
    'a next pair takes over whether the current one is due or not',
    { next: usable(following), ...trustAll },
    { kind: 'promote', pair: following },
  ],
  [
    'a next pair that is not valid yet waits, whoever trusts it',
    { current: usable(due), next: usable(unborn), ...trustAll },
    { kind: 'keep' },
  ],
  [
    'a next pair that has expired is made anew',
    { current: usable(due), next: usable(expired) },
    make('next', 'it was time'),
  ],
  [
    'half a next pair is made anew when it is needed',
    { current: usable(due), next: broken },
    make('next', 'it was time'),
  ],
  ['half a next pair disturbs nobody before', { next: broken }, { kind: 'keep' }],
  [
    'an empty Secret is filled at once where API servers trust nobody else',
    { current: absent, ...trustNone },
    make('current', 'the Secret held none'),
  ],
  [
    'an empty Secret gets a next pair where API servers trust another CA: somebody may be serving',
    { current: absent, hasRivals: () => true },
    make('next', 'the Secret held none'),
  ],
  [
    'that pair takes over once it is trusted',
    { current: absent, next: usable(following), hasRivals: () => true, ...trustAll },
    { kind: 'promote', pair: following },
  ],
  [
    'or when no other is trusted any more',
    { current: absent, next: usable(following), ...trustNone },
    { kind: 'promote', pair: following },
  ],
  [
    'and waits until then',
    { current: absent, next: usable(following), isTrusted: () => false, hasRivals: () => true },
    { kind: 'keep' },
  ],
  [
    'what the Secret has lost is put back by who serves it, and a next one is made',
    { current: absent, served: young },
    make('next', 'the Secret held none'),
    young,
  ],
  [
    'half a pair is replaced in the same way',
    { current: broken, served: young },
    make('next', 'the Secret held no usable one: half of it'),
    young,
  ],
  [
    'it is put back beside a next pair that waits already',
    { current: broken, served: young, next: usable(following), isTrusted: () => false },
    { kind: 'keep' },
    young,
  ],
  [
    'a pair that has expired is replaced at once where its CA was the only one',
    { current: usable(expired), ...trustNone },
    make('current', 'it was time'),
  ],
  [
    'an expired pair in the Secret does not replace a good one that is served',
    { current: usable(expired), served: young },
    { kind: 'keep' },
    young,
  ],
  ['what somebody else has made is left alone', { current: foreign }, { kind: 'leave', reason: 'theirs' }],
  ['whatever is served', { current: foreign, served: due }, { kind: 'leave', reason: 'theirs' }],
  ['whatever waits', { current: foreign, next: usable(following), ...trustAll }, { kind: 'leave', reason: 'theirs' }],
  [
    'a pair without a name that is needed is renewed with the names that it has',
    { current: usable(elsewhere) },
    make('next', 'it lacks a name', ['b.svc', 'a.svc']),
  ],
  [
    'so is a next pair, with those that it has',
    { next: usable(elsewhere), ...trustAll },
    make('next', 'it lacks a name', ['b.svc', 'a.svc']),
  ],
  [
    'regular renewal drops names that are no longer asked for',
    { current: usable(due) },
    make('next', 'it was time', ['a.svc']),
  ],
];

void test('what becomes of the Secret', (t) => {
  for (const [what, change, step, restore] of cases) {
    const plan = planSecret(viewOf(change));
    t.match(plan.step, step, what);
    t.equal(plan.restore?.fingerprint, restore?.fingerprint, what);
  }
  t.end();
});

void test('two replicas with different names settle on a pair with both', async (t) => {
  const [one, other] = [['a.svc'], ['b.svc']];
  const both = await makePair(['b.svc', 'a.svc'], now, 90 * dayMs);
  for (const names of [one, other]) {
    t.match(planSecret(viewOf({ names, next: usable(both) })).step, { kind: 'keep' });
    t.match(planSecret(viewOf({ names, current: usable(both) })).step, { kind: 'keep' });
  }
});

void test('when a pair is taken into service', (t) => {
  const no = { isTrusted: () => false };
  const served = [
    ['the first, whoever trusts it', young, { served: undefined, ...no }, true],
    ['one that is not valid yet, rather than none', unborn, { served: undefined, ...no }, true],
    ['none that has expired', expired, { served: undefined, ...trustAll }, false],
    ['none that is served already', young, { served: young, ...trustAll }, false],
    ['another when it is trusted', following, { served: young, ...trustAll }, true],
    ['no other before', following, { served: young, ...no }, false],
    ['no other before it is valid', unborn, { served: young, ...trustAll }, false],
    ['any other when nothing else is left', unborn, { served: expired, ...no }, true],
    ['none that has expired, even then', otherExpired, { served: expired, ...trustAll }, false],
  ] as const;
  for (const [what, pair, view, expected] of served) t.equal(isToBeServed(pair, { now, ...view }), expected, what);
  t.end();
});
