import { test } from 'tap';

import { twoTenants, type World } from '../../../support/facts.ts';
import { judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalNetworkPolicy, tweak, type Manifest } from '../../../support/minimal-objects.ts';
import type { NetworkPolicy } from '../../../../src/policy/objects/network-policy.ts';

const rule = 'network/bounded-addresses';

type Block = string | Manifest;

const peerOf = (block: Block): Manifest => ({ ipBlock: typeof block === 'string' ? { cidr: block } : block });
const to = (...blocks: readonly Block[]): Manifest =>
  tweak(minimalNetworkPolicy(), 'spec.egress', [{ to: blocks.map(peerOf) }]);
const from = (...blocks: readonly Block[]): Manifest =>
  tweak(minimalNetworkPolicy(), 'spec.ingress', [{ from: blocks.map(peerOf) }]);
const called = (manifest: Manifest, name: string): NetworkPolicy =>
  tweak(manifest, 'metadata.name', name) as unknown as NetworkPolicy;
/** Other policies of the namespace. */
const beside = (...policies: readonly NetworkPolicy[]): World => ({ networkPolicies: { 'acme-dev': policies } });
/** Blocks of a size, next to each other in public space. */
const blocks16 = (count: number, first = 20): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${first + Math.floor(index / 128)}.${(index % 128) * 2}.0.0/16`);

const block = 'spec.egress[0].to[0].ipBlock';
const union = 'all address blocks of the policy together: the union';

test('blocks that are large, or hold what no tenant may reach, are refused', (t) => {
  const cases: Readonly<Record<string, readonly [Manifest, readonly string[]]>> = {
    'all of IPv4': [
      to('0.0.0.0/0'),
      [
        `${block}: {cidr: "0.0.0.0/0"} holds a forbidden address; counterexample: 0.0.0.0`,
        `${block}: {cidr: "0.0.0.0/0"} overlaps the cluster’s pod range, where other tenants live; counterexample: 10.0.0.0`,
        `${block}: {cidr: "0.0.0.0/0"} overlaps the cluster’s node range, where other tenants live; counterexample: 172.16.0.0`,
        `${block}: {cidr: "0.0.0.0/0"} contains a /0 of IPv4; the largest block allowed is /16`,
      ],
    ],
    'all of IPv6': [
      to('::/0'),
      [
        `${block}: {cidr: "::/0"} holds a forbidden address; counterexample: ::`,
        `${block}: {cidr: "::/0"} overlaps the cluster’s pod range, where other tenants live; counterexample: fc00::`,
        `${block}: {cidr: "::/0"} contains a /0 of IPv6; the largest block allowed is /48`,
      ],
    ],
    'one size too large': [
      to('20.0.0.0/15'),
      [`${block}: {cidr: "20.0.0.0/15"} contains a /15 of IPv4; the largest block allowed is /16`],
    ],
    'one size too large for IPv6': [
      to('2001:db8::/47'),
      [`${block}: {cidr: "2001:db8::/47"} contains a /47 of IPv6; the largest block allowed is /48`],
    ],
    'for ingress as well': [
      from('20.0.0.0/15'),
      [
        'spec.ingress[0].from[0].ipBlock: {cidr: "20.0.0.0/15"} contains a /15 of IPv4; the largest block allowed is /16',
      ],
    ],
    'the metadata address': [
      to('169.254.169.254/32'),
      [`${block}: {cidr: "169.254.169.254/32"} holds a forbidden address; counterexample: 169.254.169.254`],
    ],
    'a block around a metadata address': [
      to('168.63.0.0/16'),
      [`${block}: {cidr: "168.63.0.0/16"} holds a forbidden address; counterexample: 168.63.129.16`],
    ],
    'the metadata address of IPv6, which lies in the pod range': [
      to('fd00:ec2::254/128'),
      [
        `${block}: {cidr: "fd00:ec2::254/128"} holds a forbidden address; counterexample: fd00:ec2::254`,
        `${block}: {cidr: "fd00:ec2::254/128"} overlaps the cluster’s pod range, where other tenants live; counterexample: fd00:ec2::254`,
      ],
    ],
    'the pod range by its address': [
      to('10.244.0.0/16'),
      [
        `${block}: {cidr: "10.244.0.0/16"} overlaps the cluster’s pod range, where other tenants live; counterexample: 10.244.0.0`,
      ],
    ],
    'one pod by its address': [
      from('10.1.2.3/32'),
      [
        'spec.ingress[0].from[0].ipBlock: {cidr: "10.1.2.3/32"} overlaps the cluster’s pod range, where other tenants live; counterexample: 10.1.2.3',
      ],
    ],
    'a node': [
      to('192.168.1.1/32'),
      [
        `${block}: {cidr: "192.168.1.1/32"} overlaps the cluster’s node range, where other tenants live; counterexample: 192.168.1.1`,
      ],
    ],
    'everything except a few': [
      to({ cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'] }),
      [
        `${block}: {cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]} holds a forbidden address; counterexample: 0.0.0.0`,
        `${block}: {cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]} contains a /3 of IPv4; the largest block allowed is /16`,
      ],
    ],
  };
  for (const [name, [manifest, lines]] of Object.entries(cases)) t.same(linesOf(judge(rule, manifest)), lines, name);
  t.end();
});

test('small blocks away from the cluster are admitted', (t) => {
  const admitted: Readonly<Record<string, Manifest>> = {
    'one address': to('8.8.8.8/32'),
    'the largest block allowed': to('20.0.0.0/16'),
    'the largest block allowed of IPv6': to('2001:db8::/48'),
    'a block whose forbidden part is left out': to({ cidr: '168.63.0.0/16', except: ['168.63.129.16/32'] }),
    'as many blocks as the total allows': to(...blocks16(16)),
    'the same block many times': to(...Array.from({ length: 40 }, () => '20.0.0.0/16')),
    'peers by selector are another rule’s': tweak(minimalNetworkPolicy(), 'spec.ingress', [
      { from: [{ namespaceSelector: {} }] },
    ]),
    'a null ipBlock is none': tweak(minimalNetworkPolicy(), 'spec.ingress', [
      { from: [{ podSelector: {}, ipBlock: null }] },
    ]),
    'a direction that is not isolated': tweak(to('0.0.0.0/0'), 'spec.policyTypes', ['Ingress']),
  };
  for (const [name, manifest] of Object.entries(admitted)) t.same(linesOf(judge(rule, manifest)), [], name);
  t.end();
});

test('blocks that are too large only together are refused, whatever pieces they come in', (t) => {
  const halves = (count: number, prefix: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${index * (256 / count)}.0.0.0/${prefix}`);
  const large = (manifest: Manifest): readonly string[] =>
    linesOf(judge(rule, manifest)).filter((line) => !/forbidden|overlaps/.test(line));
  t.same(
    large(to(...halves(2, 1))),
    [
      'spec.egress[0].to[0].ipBlock: {cidr: "0.0.0.0/1"} contains a /1 of IPv4; the largest block allowed is /16',
      'spec.egress[0].to[1].ipBlock: {cidr: "128.0.0.0/1"} contains a /1 of IPv4; the largest block allowed is /16',
    ],
    'halves',
  );
  t.equal(large(to(...halves(4, 2))).length, 4, 'quarters');
  t.equal(large(to('::/1', '8000::/1')).length, 2, 'halves of IPv6');
  t.same(large(to('20.0.0.0/16', '20.1.0.0/16')), [
    `spec.egress: ${union} contains a /15 of IPv4; the largest block allowed is /16`,
  ]);
  t.same(
    large(
      tweak(minimalNetworkPolicy(), 'spec.egress', [{ to: [peerOf('20.0.0.0/16')] }, { to: [peerOf('20.1.0.0/16')] }]),
    ),
    [`spec.egress: ${union} contains a /15 of IPv4; the largest block allowed is /16`],
    'spread over rules',
  );
  t.same(large(to(...blocks16(17))), [
    `spec.egress: ${union} adds up to more IPv4 addresses than a /12, which is the most allowed`,
  ]);
  t.same(large(from('2001:db8::/48', '2001:db8:1::/48')), [
    'spec.ingress: all address blocks of the policy together: the union contains a /47 of IPv6; the largest block allowed is /48',
  ]);
  t.same(
    large(tweak(to('20.0.0.0/16'), 'spec.ingress', [{ from: [peerOf('20.1.0.0/16')] }])),
    [],
    'the two directions stay apart',
  );
  t.end();
});

test('an except list with holes all over does not make a large block small', (t) => {
  const except = Array.from({ length: 4096 }, (_, index) => `20.${index >> 4}.${(index & 15) * 16}.0/32`);
  const lines = linesOf(judge(rule, to({ cidr: '20.0.0.0/8', except })));
  t.ok(
    lines.every((line) => line.length < 400),
    'the message is bounded',
  );
  t.match(lines.at(-1), '… adds up to more IPv4 addresses than a /12, which is the most allowed');
  t.equal(lines.length, 1);
  t.end();
});

test('what one peer leaves out another may not add again', (t) => {
  const lines = linesOf(judge(rule, to({ cidr: '168.63.0.0/16', except: ['168.63.129.16/32'] }, '168.63.129.16/32')));
  t.same(lines, [
    'spec.egress[0].to[1].ipBlock: {cidr: "168.63.129.16/32"} holds a forbidden address; counterexample: 168.63.129.16',
  ]);
  t.end();
});

test('blocks that cannot be read strictly are violations with the right form', (t) => {
  const cases: readonly (readonly [Block, string])[] = [
    ['20.0.0.1/16', `${block}.cidr: "20.0.0.1/16" has bits set beyond its prefix (host bits): write "20.0.0.0/16"`],
    [
      '020.0.0.0/16',
      `${block}.cidr: "020.0.0.0/16" has leading zeros, which some programs read as octal: write "20.0.0.0/16"`,
    ],
    [
      '::ffff:20.0.0.0/112',
      `${block}.cidr: "::ffff:20.0.0.0/112" is an IPv4-mapped IPv6 address, which engines treat differently: write "20.0.0.0/16"`,
    ],
    ['20.0.0.0', `${block}.cidr: "20.0.0.0" has no prefix length: write "20.0.0.0/32"`],
    [{ cidr: null }, `${block}.cidr: must be a CIDR block such as "10.0.0.0/8" or "fd00::/8", not nothing`],
    [
      { cidr: '20.0.0.0/16', except: ['20.0.0.0/16'] },
      `${block}.except[0]: "20.0.0.0/16" is not a strict subset of the cidr "20.0.0.0/16": remove it, or write a smaller block inside`,
    ],
  ];
  for (const [given, line] of cases) t.same(linesOf(judge(rule, to(given))), [line]);
  t.equal(
    judge(rule, to('20.0.0.1/16')).violations[0]?.fix,
    'Write the block in its canonical form; network plugins read sloppy ones differently.',
  );
  t.end();
});

test('blocks add up over the policies of the namespace', (t) => {
  const together = 'spec.egress: together with the other policies of the namespace: the union';
  const policy = to('20.0.0.0/16');
  const lines = (world: World, manifest = policy): readonly string[] => linesOf(judge(rule, manifest, { world }));
  t.same(lines(beside()), []);
  t.same(lines(beside(called(to('20.4.0.0/16'), 'other'))), []);
  t.same(lines(beside(called(to('20.1.0.0/16'), 'other'))), [
    `${together} contains a /15 of IPv4; the largest block allowed is /16`,
  ]);
  t.same(lines(beside(called(to(...blocks16(16, 30)), 'other'))), [
    `${together} adds up to more IPv4 addresses than a /12, which is the most allowed`,
  ]);
  t.same(lines(beside(called(from('20.1.0.0/16'), 'other'))), [], 'another direction');
  t.same(lines(beside(called(to('20.1.0.0/16'), 'web'))), [], 'the policy itself, as it was');
  t.same(lines(beside(called(to('20.1.0.1/16'), 'other'))), [], 'unreadable ones are refused on their own');
  t.end();
});

test('a policy that is too large alone neither hides what others add up to nor refuses them', (t) => {
  const exempted = called(to('0.0.0.0/0'), 'platform-made');
  t.same(linesOf(judge(rule, to('20.0.0.0/16'), { world: beside(exempted) })), []);
  t.same(
    linesOf(judge(rule, to('20.0.0.0/16'), { world: beside(exempted, called(to(...blocks16(16, 30)), 'other')) })),
    [
      'spec.egress: together with the other policies of the namespace: the union adds up to more IPv4 addresses than a /12, which is the most allowed',
    ],
  );
  t.end();
});

test('what the other policies allow anyway adds nothing', (t) => {
  const world = beside(called(to(...blocks16(16, 20)), 'one'), called(to(...blocks16(16, 30)), 'two'));
  t.same(linesOf(judge(rule, to('20.0.0.0/24'), { world })), []);
  t.equal(linesOf(judge(rule, to('40.0.0.0/24'), { world })).length, 1);
  t.end();
});

test('without the other policies the union is undecided', (t) => {
  const world: World = { networkPolicies: { 'acme-dev': undefined } };
  const decision = judge(rule, to('20.0.0.0/16'), { world });
  t.equal(decision.outcome, 'undecided');
  t.same(decision.missingFacts, [{ fact: 'networkPoliciesOf', namespace: 'acme-dev' }]);
  t.match(decision.gaps, [{ message: 'the NetworkPolicies of namespace "acme-dev" could not be read' }]);
  t.equal(judge(rule, to('20.0.0.0/15'), { world }).outcome, 'denied', 'what is certain stays certain');
  t.equal(judge(rule, minimalNetworkPolicy(), { world }).outcome, 'allowed', 'without blocks nothing is asked');
  t.end();
});

const office = { name: 'office', direction: 'egress', addresses: ['10.20.0.0/16'], ports: [{ port: 443 }] };
const withFlows = (...flows: readonly Manifest[]): Doing => ({ set: setOf(rule, undefined, { flows }) });
const on = (manifest: Manifest, ports: unknown): Manifest =>
  tweak(manifest, ['spec', 'egress'], [{ ...(manifest['spec'] as { egress: Manifest[] }).egress[0], ports }]);

test('an approved flow of addresses admits its blocks on its ports', (t) => {
  const doing = withFlows(office);
  const outcome = (manifest: Manifest): string => judge(rule, manifest, doing).outcome;
  t.equal(outcome(on(to('10.20.0.0/16'), [{ port: 443 }])), 'allowed');
  t.equal(outcome(on(to('10.20.4.0/24', '20.0.0.0/16'), [{ port: 443 }])), 'allowed');
  t.equal(outcome(on(to('10.20.0.0/16'), [{ port: 22 }])), 'denied', 'another port');
  t.equal(outcome(to('10.20.0.0/16')), 'denied', 'every port');
  t.equal(outcome(on(to('10.20.0.0/16'), [{ port: 'https' }])), 'denied', 'a named port may be any');
  t.equal(outcome(on(to('10.20.0.0/16'), [{ port: 0 }])), 'denied', 'unreadable ports mean every port');
  t.equal(outcome(on(to('10.16.0.0/12'), [{ port: 443 }])), 'denied', 'more than the flow has');
  t.equal(outcome(from('10.20.0.0/16')), 'denied', 'another direction');
  t.end();
});

test('a flow of addresses for some tenants is for those only, and needs to know the tenant', (t) => {
  const doing = withFlows({ ...office, tenants: ['acme'] });
  const policy = on(to('10.20.0.0/16'), [{ port: 443 }]);
  t.equal(judge(rule, policy, doing).outcome, 'allowed');
  t.equal(judge(rule, tweak(policy, 'metadata.namespace', 'globex-dev'), doing).outcome, 'denied');
  const world: World = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(judge(rule, policy, { ...doing, world }).outcome, 'undecided');
  t.equal(judge(rule, to('0.0.0.0/0'), { ...doing, world }).outcome, 'denied', 'refused for every tenant');
  t.equal(judge(rule, to('20.0.0.0/16'), { ...doing, world }).outcome, 'allowed', 'admitted for every tenant');
  t.equal(
    judge(rule, policy, { ...withFlows({ ...office, tenants: ['acme'] }, { ...office, name: 'all' }), world }).outcome,
    'allowed',
  );
  t.equal(judge(rule, policy, { ...withFlows(), world }).outcome, 'denied', 'without such flows nothing depends on it');
  t.end();
});

test('a flow of namespaces grants no addresses', (t) => {
  t.equal(judge(rule, on(to('10.20.0.0/16'), [{ port: 53 }])).outcome, 'denied');
  t.end();
});

test('many blocks are judged in time', (t) => {
  const many = Array.from({ length: 5000 }, (_, index) => `20.0.${index >> 8}.${index & 255}/32`);
  const ports = Array.from({ length: 5000 }, (_, index) => ({ port: `p${index.toString(36)}` }));
  t.equal(judge(rule, on(to(...many), ports)).outcome, 'allowed');
  t.match(linesOf(judge(rule, on(to(...many.slice(1), '0.0.0.0/0'), ports))), [
    /^spec.egress\[0\].to\[4999\].ipBlock: /,
  ]);
  t.end();
});

test('another policy that is too large to be judged hides nothing and adds nothing', (t) => {
  const large = called(
    to(...Array.from({ length: 5001 }, (_, index) => `20.0.${index >> 8}.${index & 255}/32`)),
    'other',
  );
  t.equal(judge(rule, to('20.1.0.0/16'), { world: beside(large) }).outcome, 'allowed');
  t.end();
});

test('IPv6 blocks that stand for IPv4 addresses are forbidden', (t) => {
  for (const cidr of ['64:ff9b::/96', '64:ff9b::a9fe:a9fe/128', '2002:a9fe:a9fe::/48', '::10.0.0.0/104', '::/48']) {
    t.match(linesOf(judge(rule, to(cidr))), [/holds a forbidden address/], cidr);
  }
  t.end();
});
