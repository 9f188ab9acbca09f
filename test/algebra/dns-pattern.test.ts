import { test } from 'tap';

import { isDnsPatternSubset, parseDnsPattern, type DnsPattern } from '../../src/algebra/dns-pattern.ts';
import { randomOf, type Random } from '../support/random.ts';

function patternOf(text: string): DnsPattern {
  const pattern = parseDnsPattern(text);
  if (pattern === undefined) throw new Error(`${text} is no pattern`);
  return pattern;
}

const isWithin = (a: string, b: string): boolean => isDnsPatternSubset(patternOf(a), patternOf(b));

test('names and patterns are read as Cilium reads them', (t) => {
  t.same(parseDnsPattern('WWW.Example.com.'), parseDnsPattern('www.example.com'));
  t.same(parseDnsPattern('**'), parseDnsPattern('*'));
  for (const text of ['', 'a..b', 'a b', '.a', 'a.**.b', '**a.b', '***.a', 'a'.repeat(256)]) {
    t.equal(parseDnsPattern(text), undefined, text);
  }
  t.end();
});

test('a pattern lies within another when each of its names does', (t) => {
  const within = [
    ['a.test', 'a.test'],
    ['a.test', '*.test'],
    ['a.test', '*'],
    ['*', '*'],
    ['a.b.test', '**.test'],
    ['**.b.test', '**.test'],
    ['*.test', '**.test'],
    ['ab*c.test', 'a*.test'],
    ['a.test', 'a*.test'],
    ['axb.test', '*a*b*.test'],
    ['xtest', '*test'],
  ] as const;
  for (const [a, b] of within) t.ok(isWithin(a, b), `${a} in ${b}`);
  const outside = [
    ['test', '*.test'],
    ['test', '**.test'],
    ['a.b.test', '*.test'],
    ['**.test', '*.test'],
    ['**.test', 'a.test'],
    ['**.test', '**.b.test'],
    ['*', '**.test'],
    ['a*.test', 'a.test'],
    ['*a.test', 'a*.test'],
    ['b.test', 'a.test'],
    ['a.test.other', 'a.test'],
  ] as const;
  for (const [a, b] of outside) t.notOk(isWithin(a, b), `${a} not in ${b}`);
  t.end();
});

/** The names of a pattern, by the regular expression that Cilium makes of it. */
function expressionOf({ isEvery, isDeep, labels }: DnsPattern): RegExp {
  if (isEvery) return /^/;
  const rest = labels.map((one) => one.replaceAll('*', '[xyz]*')).join('[.]');
  return new RegExp(`^${isDeep ? '(?:[xyz]+[.])+' : ''}${rest}$`);
}

const parts = ['x', 'y', 'z', 'xy', 'yx', 'xyz', 'zz'];
const names = [...parts, ...parts.flatMap((a) => parts.map((b) => `${a}.${b}`)), ...parts.map((a) => `x.y.${a}`)];

function randomPattern(random: Random): string {
  const label = (): string => Array.from({ length: 1 + random.below(3) }, () => random.pick(['x', 'y', '*'])).join('');
  const labels = Array.from({ length: 1 + random.below(2) }, label).map((one) => one.replaceAll(/\*+/g, '*'));
  return [...(random.oneIn(3) ? ['**'] : []), ...labels].join('.');
}

test('no name of a pattern is outside one that it lies within', (t) => {
  const wrong: string[] = [];
  let within = 0;
  for (let seed = 1; seed <= 4000; seed += 1) {
    const random = randomOf(seed);
    const [a, b] = [randomPattern(random), randomPattern(random)].map(patternOf);
    if (a === undefined || b === undefined) continue;
    const [ofA, ofB] = [expressionOf(a), expressionOf(b)];
    const counterexample = names.find((name) => ofA.test(name) && !ofB.test(name));
    if (isDnsPatternSubset(a, b)) {
      within += 1;
      if (counterexample !== undefined) wrong.push(`${JSON.stringify([a, b])}: ${counterexample}`);
    }
  }
  t.same(wrong, []);
  t.ok(within > 100, 'both answers are met');
  t.end();
});
