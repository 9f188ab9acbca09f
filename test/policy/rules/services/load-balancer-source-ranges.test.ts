import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalService, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'services/load-balancer-source-ranges';
const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const balancer = tweak(minimalService(), 'spec.type', 'LoadBalancer');
const from = (...ranges: readonly string[]): Manifest => tweak(balancer, 'spec.loadBalancerSourceRanges', ranges);
const annotated = (text: string): Manifest => tweak(balancer, 'metadata.annotations', { [annotation]: text });
const lines = (manifest: Manifest): readonly string[] => linesOf(judge(rule, manifest));
const missing = ['spec.loadBalancerSourceRanges: is missing, so the load balancer is open to the whole internet'];

test('a load balancer without ranges is open to everybody', (t) => {
  for (const open of [
    balancer,
    from(),
    tweak(balancer, 'spec.loadBalancerSourceRanges', null),
    annotated(''),
    annotated(' '),
  ]) {
    t.same(lines(open), missing);
  }
  t.end();
});

test('other Services have no load balancer', (t) => {
  t.same(lines(minimalService()), []);
  t.same(lines(tweak(from('0.0.0.0/0'), 'spec.type', 'ClusterIP')), []);
  t.same(lines(tweak(minimalService(), 'spec', null)), []);
  t.end();
});

const wide: readonly (readonly [readonly string[], string])[] = [
  [['0.0.0.0/0'], 'opens a /1 block of IPv4 to the load balancer; the largest allowed is /16'],
  [['0.0.0.0/1', '128.0.0.0/1'], 'opens a /1 block of IPv4 to the load balancer; the largest allowed is /16'],
  [['203.0.0.0/15'], 'opens a /15 block of IPv4 to the load balancer; the largest allowed is /16'],
  [['::/0'], 'opens a /1 block of IPv6 to the load balancer; the largest allowed is /48'],
  [['2001:db8::/47'], 'opens a /47 block of IPv6 to the load balancer; the largest allowed is /48'],
  [
    Array.from({ length: 17 }, (_, index) => `200.${index * 2}.0.0/16`),
    'opens more of IPv4 than a /12 block to the load balancer, all ranges together',
  ],
];

for (const [ranges, problem] of wide) {
  test(`${ranges.slice(0, 2).join(' and ')} ${problem.split(' to ')[0] ?? ''}`, (t) => {
    const [line = ''] = lines(from(...ranges));
    t.match(line, /^spec\.loadBalancerSourceRanges: opens /);
    if (!ranges.some((range) => /^(0\.0\.0\.0|::)\//.test(range)))
      t.equal(line, `spec.loadBalancerSourceRanges: ${problem}`);
    t.equal(lines(annotated(ranges.join(', '))).length, 1);
    t.end();
  });
}

test('small blocks and private networks are fine, in the field or in the annotation', (t) => {
  const ranges = ['203.0.113.0/24', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', '2001:db8::/48'];
  t.same(lines(from(...ranges)), []);
  t.same(lines(annotated(ranges.join(','))), []);
  t.end();
});

test('the field wins over the annotation', (t) => {
  const both = tweak(from('203.0.113.0/24'), 'metadata.annotations', { [annotation]: '0.0.0.0/0' });
  t.same(lines(both), []);
  t.end();
});

test('blocks are written in one way', (t) => {
  t.match(lines(from('203.0.113.0/24', '203.0.113.1/24')), [/^spec\.loadBalancerSourceRanges\[1\]: /]);
  t.match(lines(annotated('203.0.113.0/24,')), [/^metadata\.annotations\["service\.beta/]);
  t.end();
});

test('an old open load balancer stays as it is', (t) => {
  t.equal(judge(rule, tweak(balancer, 'metadata.labels', { a: 'b' }), { old: balancer }).outcome, 'allowed');
  t.equal(judge(rule, from('0.0.0.0/0'), { old: from('203.0.113.0/24') }).outcome, 'denied');
  t.equal(judge(rule, from('0.0.0.0/0'), { old: from('0.0.0.0/0', '203.0.113.0/24') }).outcome, 'denied');
  t.end();
});
