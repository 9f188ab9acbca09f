import { test } from 'tap';

import { ipSetsEqual, isEmptyIpSet, parseCidr } from '../../src/algebra/ip-set.ts';
import { compileTenancy } from '../../src/tenancy/compile-tenancy.ts';
import { apiVersion, type TenancyDocument } from '../../src/tenancy/tenancy-document.ts';
import { flowsFor, isReservedLabel, isTrustedLabel, type Tenancy } from '../../src/tenancy/tenancy.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

function compiled(spec: TenancyDocument['spec']): Tenancy {
  const result = compileTenancy({ apiVersion, kind: 'Tenancy', metadata: { name: 'test' }, spec });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

test('an empty spec is a strict tenancy', (t) => {
  t.match(compiled({}), {
    tenantLabel: 'tenantgate.dev/tenant',
    reservedKeys: new Set(),
    reservedPrefixes: [],
    platformNamespaces: new Set(),
    platformUsers: new Set(),
    platformGroups: new Set(),
    unmanagedNamespaces: 'isolate',
    largestBlock: { ipv4: 16, ipv6: 48 },
    largestTotal: { ipv4: 12, ipv6: 44 },
    flows: [],
  });
  t.end();
});

test('where a document says nothing of addresses, the blocks of the document that ships hold', (t) => {
  const { tenancy } = shippedPolicySet();
  const bare = compiled({});
  t.ok(ipSetsEqual(bare.forbiddenAddresses, tenancy.forbiddenAddresses));
  for (const [index, range] of bare.clusterRanges.entries()) {
    t.ok(ipSetsEqual(range.addresses, tenancy.clusterRanges[index]!.addresses), range.name);
  }
  t.same([bare.largestBlock, bare.largestTotal], [tenancy.largestBlock, tenancy.largestTotal]);
  t.ok(isEmptyIpSet(compiled({ addresses: { forbidden: [] } }).forbiddenAddresses), 'an empty list is an answer');
  t.end();
});

test('service accounts of platform namespaces are the platform’s, and those that are listed', (t) => {
  const { platformUsers, platformGroups } = compiled({
    platform: {
      namespaces: ['flux-system'],
      users: ['root'],
      groups: ['ops'],
      serviceAccounts: [{ namespace: 'tools', name: 'deployer' }],
    },
  });
  t.same(platformUsers, new Set(['root', 'system:serviceaccount:tools:deployer']));
  t.same(platformGroups, new Set(['ops', 'system:serviceaccounts:flux-system']));
  t.end();
});

test('bounds and ranges are taken over', (t) => {
  const tenancy = compiled({
    cluster: { pods: ['10.0.0.0/9', '10.128.0.0/9'] },
    addresses: { largestBlock: { ipv4: 24 }, largestTotal: { ipv6: 32 } },
  });
  t.same(tenancy.largestBlock, { ipv4: 24, ipv6: 48 });
  t.same(tenancy.largestTotal, { ipv4: 12, ipv6: 32 });
  const ten = parseCidr('10.0.0.0/8', '');
  t.ok(ten.ok && ipSetsEqual(tenancy.clusterRanges[0]?.addresses ?? ten.value, ten.value));
  t.same(
    tenancy.clusterRanges.map(({ name }) => name),
    ['pod', 'service', 'node'],
  );
  t.end();
});

test('trusted labels are the tenant label, the name label and the reserved ones', (t) => {
  const tenancy = compiled({ tenantLabel: 'team', reservedLabels: { keys: ['zone'], prefixes: ['platform/'] } });
  for (const key of ['team', 'kubernetes.io/metadata.name', 'zone', 'platform/x'])
    t.ok(isTrustedLabel(tenancy, key), key);
  for (const key of ['env', 'zones', 'xplatform/x', 'constructor']) t.notOk(isTrustedLabel(tenancy, key), key);
  t.ok(isReservedLabel(tenancy, 'zone'));
  t.notOk(isReservedLabel(tenancy, 'team'), 'the tenant label is guarded on its own');
  t.end();
});

test('a namespace of nobody uses the flows that are for all', (t) => {
  const addresses = ['8.8.8.8/32'];
  const tenancy = compiled({
    flows: [
      { name: 'all', direction: 'egress', addresses },
      { name: 'some', direction: 'egress', addresses, tenants: ['acme'] },
      { name: 'in', direction: 'ingress', addresses },
    ],
  });
  const names = (direction: 'ingress' | 'egress', tenant: string | undefined): readonly string[] =>
    flowsFor(tenancy, direction, tenant).map(({ name }) => name);
  t.same(names('egress', 'acme'), ['all', 'some']);
  t.same(names('egress', 'globex'), ['all']);
  t.same(names('egress', undefined), ['all']);
  t.same(names('ingress', 'acme'), ['in']);
  t.end();
});

/** All faults of a document that its schema accepts, as `field: message`. */
function withTenancy(spec: Manifest): readonly string[] {
  const document = { apiVersion, kind: 'Tenancy', metadata: { name: 'test' }, spec } as unknown as TenancyDocument;
  const result = compileTenancy(document);
  return result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`);
}

test('what the schema of a Tenancy cannot see is checked too, all at once', (t) => {
  t.same(withTenancy({ tenantLabel: 'not a label' }), [
    'spec.tenantLabel: "not a label" is not a label key: write a name of 1 to 63 letters, digits, "-", "_" and "." that starts and ends with a letter or digit, such as "app" or "example.com/app"',
  ]);
  t.same(
    withTenancy({
      cluster: { pods: ['10.0.0.1/8'], services: ['x'], nodes: ['192.168.0.0'] },
      addresses: { forbidden: ['169.254.0.0/16', '::ffff:1.2.3.4/128'] },
    }).map((fault) => fault.split(':')[0]),
    ['spec.cluster.pods[0]', 'spec.cluster.services[0]', 'spec.cluster.nodes[0]', 'spec.addresses.forbidden[1]'],
  );
  t.end();
});

test('flows are whole, and stand on labels that prove something', (t) => {
  const flow = (more: Manifest): readonly string[] =>
    withTenancy({
      reservedLabels: { prefixes: ['tenantgate.dev/'] },
      flows: [{ name: 'f', direction: 'egress', ...more }],
    });
  const either = 'spec.flows[0]: a flow has either `namespaces` or `addresses`: who is the peer?';
  t.same(flow({ addresses: ['8.8.8.8/32'] }), []);
  t.same(flow({}), [either]);
  t.same(flow({ namespaces: { names: ['a'] }, addresses: ['8.8.8.8/32'] }), [either]);
  t.same(flow({ addresses: ['8.8.8.8/32'], pods: {} }), ['spec.flows[0].pods: addresses have no pods; remove `pods`']);
  t.same(flow({ addresses: ['8.8.8.8'] }), [
    'spec.flows[0].addresses[0]: "8.8.8.8" has no prefix length: write "8.8.8.8/32"',
  ]);
  t.same(flow({ namespaces: {} }), ['spec.flows[0].namespaces: give either `names` or `selector`']);
  t.same(flow({ namespaces: { names: ['a'], selector: {} } }), [
    'spec.flows[0].namespaces: give either `names` or `selector`',
  ]);
  t.same(flow({ namespaces: { selector: { matchLabels: { 'tenantgate.dev/shared': 'yes' } } } }), []);
  t.same(flow({ namespaces: { selector: { matchLabels: { env: 'prod', team: 'x' } } } }), [
    'spec.flows[0].namespaces.selector: label "env" proves nothing, since tenants may set it on their namespaces; use names, the tenant label or a reserved label',
    'spec.flows[0].namespaces.selector: label "team" proves nothing, since tenants may set it on their namespaces; use names, the tenant label or a reserved label',
  ]);
  t.same(flow({ namespaces: { selector: { matchExpressions: [{ key: 'a b', operator: 'Exists' }] } } }).length, 1);
  t.same(flow({ namespaces: { names: ['a'] }, pods: { matchExpressions: [{ key: 'a', operator: 'In' }] } }), [
    'spec.flows[0].pods.matchExpressions[0].values: must not be empty for In: list the label values, or use Exists or DoesNotExist',
  ]);
  t.same(flow({ namespaces: { names: ['a'] }, ports: [{ port: 10, endPort: 5 }] }), [
    'spec.flows[0].ports[0].endPort: must not be less than port, which is 10',
  ]);
  t.end();
});

test('names that flows go to are no tenant’s to take, like those of the platform', (t) => {
  const flow = { name: 'metrics', direction: 'ingress' as const, namespaces: { names: ['monitoring'] } };
  const { reservedNamespaces } = compiled({ platform: { namespaces: ['ops'] }, flows: [flow] });
  t.same([...reservedNamespaces].sort(), ['monitoring', 'ops']);
  t.end();
});
