import { test } from 'tap';

import { displayLabels } from '../../src/policy/display.ts';
import type { PodFact } from '../../src/policy/facts.ts';
import type { NetworkPolicy } from '../../src/policy/objects/network-policy.ts';
import type { World } from '../support/facts.ts';
import { judge } from '../support/judge.ts';
import { minimalNetworkPolicy, minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import { randomOf, type Random } from '../support/random.ts';

const rule = 'network/isolation-kept';
type Labels = PodFact['labels'];
const runs = 1500;

/** `other` stands for every value that no selector names, so that these label maps stand for all there are. */
const values = [undefined, 'x', 'y', 'other'] as const;
const universe = values.flatMap((a) => values.map((b): Labels => labelsOf({ a, b })));

function labelsOf(entries: Readonly<Record<string, string | undefined>>): Labels {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** One requirement with its meaning, written down without the algebra. */
interface Requirement {
  readonly key: 'a' | 'b';
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

function holds({ key, operator, values: listed = [] }: Requirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && listed.includes(value);
    case 'NotIn':
      return value === undefined || !listed.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

interface Policy {
  readonly name: string;
  readonly requirements: readonly Requirement[];
  readonly types: readonly string[];
}

function requirementOf(random: Random): Requirement {
  const operator = random.pick(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const);
  const key = random.pick(['a', 'b'] as const);
  return operator === 'Exists' || operator === 'DoesNotExist'
    ? { key, operator }
    : { key, operator, values: random.pick([['x'], ['y'], ['x', 'y']]) };
}

function policyOf(random: Random, name: string): Policy {
  const requirements = Array.from({ length: random.below(3) }, () => requirementOf(random));
  return { name, requirements, types: random.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]) };
}

function manifestOf({ name, requirements, types }: Policy): Manifest {
  const named = tweak(minimalNetworkPolicy(), 'metadata.name', name);
  return tweak(tweak(named, 'spec.podSelector', { matchExpressions: requirements }), 'spec.policyTypes', types);
}

function isIsolated(policies: readonly Policy[], type: string, labels: Labels): boolean {
  return policies.some(
    ({ requirements, types }) => types.includes(type) && requirements.every((one) => holds(one, labels)),
  );
}

function worldOf(policies: readonly Policy[], pods: readonly Labels[] = []): World {
  return {
    networkPolicies: { 'acme-dev': policies.map((policy) => manifestOf(policy) as unknown as NetworkPolicy) },
    pods: { 'acme-dev': pods.map((labels, index) => ({ name: `p-${index}`, labels, hostNetwork: false })) },
  };
}

const types = [
  ['Ingress', 'ingress'],
  ['Egress', 'egress'],
] as const;

/** Whether what was found is what brute force finds in each direction, and each counterexample is one. */
function isRight(found: readonly string[], lostBy: (type: string) => readonly Labels[]): boolean {
  return types.every(([type, direction]) => {
    const message = found.find((text) => text.includes(` ${direction} `));
    const lost = lostBy(type);
    if (message === undefined || lost.length === 0) return message === undefined && lost.length === 0;
    const named = /pod (?:"[^"]*" )?with (.*?) (?:would|without)/.exec(message)?.[1];
    return lost.some((labels) => displayLabels(labels) === named);
  });
}

function messagesOf(manifest: Manifest, doing: Parameters<typeof judge>[2]): readonly string[] {
  return judge(rule, manifest, doing).violations.map(({ message }) => message);
}

test('a change or deletion of a policy is refused where brute force finds a pod that loses its isolation', (t) => {
  const wrong: object[] = [];
  let denied = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed);
    const others = Array.from({ length: random.below(4) }, (_, index) => policyOf(random, `other-${index}`));
    const old = policyOf(random, 'judged');
    const now = random.oneIn(2) ? undefined : policyOf(random, 'judged');
    const pods = universe.filter(() => random.oneIn(4));
    const [before, after] = [[...others, old], now === undefined ? others : [...others, now]];
    const world = worldOf(before, pods);
    const found =
      now === undefined
        ? messagesOf(manifestOf(old), { operation: 'DELETE', world })
        : messagesOf(manifestOf(now), { old: manifestOf(old), world });
    const lostBy = (type: string): readonly Labels[] => {
      const isCovered = universe.every((labels) => isIsolated(before, type, labels));
      return (isCovered ? universe : pods).filter(
        (labels) => isIsolated(before, type, labels) && !isIsolated(after, type, labels),
      );
    };
    denied += found.length > 0 ? 1 : 0;
    if (!isRight(found, lostBy)) wrong.push({ seed, old, now, others, pods, found });
  }
  t.same(wrong, []);
  t.ok(denied > runs / 10 && denied < runs, 'both answers are met');
  t.end();
});

test('a pod is refused other labels where brute force finds that it loses its isolation', (t) => {
  const wrong: object[] = [];
  let denied = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed);
    const policies = Array.from({ length: random.below(4) }, (_, index) => policyOf(random, `p-${index}`));
    const [from, to] = [random.pick(universe), random.pick(universe)];
    const podWith = (labels: Labels): Manifest => tweak(minimalPod(), 'metadata.labels', labels);
    const found = messagesOf(podWith(to), { old: podWith(from), world: worldOf(policies) });
    const expected = types
      .filter(([type]) => isIsolated(policies, type, from) && !isIsolated(policies, type, to))
      .map(([, direction]) => direction);
    denied += found.length > 0 ? 1 : 0;
    const told = types
      .map(([, direction]) => direction)
      .filter((direction) => found.some((text) => text.includes(` ${direction} `)));
    if (told.join() !== expected.join()) wrong.push({ seed, policies, from, to, found });
  }
  t.same(wrong, []);
  t.ok(denied > runs / 20 && denied < runs, 'both answers are met');
  t.end();
});
