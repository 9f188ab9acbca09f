import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import {
  minimalIngress,
  minimalReferenceGrant,
  minimalRoute,
  tweak,
  type Manifest,
} from '../../../support/minimal-objects.ts';

const rule = 'services/route-within-tenant';
const routeKinds = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'] as const;
const named = (namespace: unknown): Manifest => ({ name: 'web', namespace });

/** Where a backend may stand in a route. */
const backends: Readonly<Record<string, (namespace: unknown) => Manifest>> = {
  'backendRefs[1]': (namespace) => ({ backendRefs: [named(undefined), named(namespace)] }),
  'filters[0].requestMirror.backendRef': (namespace) => ({
    filters: [{ requestMirror: { backendRef: named(namespace) } }],
  }),
  'filters[0].externalAuth.backendRef': (namespace) => ({
    filters: [{ externalAuth: { backendRef: named(namespace) } }],
  }),
  'backendRefs[0].filters[0].requestMirror.backendRef': (namespace) => ({
    backendRefs: [{ name: 'web', filters: [{ requestMirror: { backendRef: named(namespace) } }] }],
  }),
};

for (const kind of routeKinds) {
  test(`a ${kind} sends to Services of its tenant only`, (t) => {
    for (const [place, make] of Object.entries(backends)) {
      const lines = (namespace: unknown, doing: Doing = {}): readonly string[] =>
        linesOf(judge(rule, tweak(minimalRoute(kind), 'spec.rules', [make(namespace)]), doing));
      const field = `spec.rules[0].${place}.namespace`;
      for (const own of [undefined, null, '', 'acme-dev', 'acme-prod'])
        t.same(lines(own), [], `${place} ${String(own)}`);
      t.same(lines('globex-dev'), [
        `${field}: "globex-dev" belongs to tenant "globex", and the route would send there`,
      ]);
      t.same(lines('kube-system'), [`${field}: "kube-system" belongs to the platform, and the route would send there`]);
      t.same(lines('nowhere'), [`${field}: "nowhere" does not exist, and the route would send there`]);
      t.same(lines('kube-system', { set: setOf(rule, { allowedNamespaces: ['kube-system'] }) }), []);
    }
    t.end();
  });

  test(`a ${kind} attaches to Gateways of its tenant or of the platform`, (t) => {
    const lines = (namespace: unknown): readonly string[] =>
      linesOf(judge(rule, tweak(minimalRoute(kind), 'spec.parentRefs', [named(namespace)])));
    for (const fine of [undefined, 'acme-prod', 'kube-system']) t.same(lines(fine), []);
    t.same(lines('globex-dev'), [
      'spec.parentRefs[0].namespace: "globex-dev" belongs to tenant "globex", and the route would attach to what is there',
    ]);
    t.same(lines('nowhere'), [
      'spec.parentRefs[0].namespace: "nowhere" does not exist, and the route would attach to what is there',
    ]);
    t.end();
  });
}

test('every served version of a route is the route, and one without a spec leads nowhere', (t) => {
  const bad = tweak(minimalRoute('TCPRoute'), 'spec.rules', [{ backendRefs: [named('globex-dev')] }]);
  for (const version of ['v1alpha2', 'v1beta1', 'v1']) {
    t.equal(judge(rule, { ...bad, apiVersion: `gateway.networking.k8s.io/${version}` }).outcome, 'denied', version);
  }
  t.same(linesOf(judge(rule, tweak(minimalRoute('HTTPRoute'), 'spec', null))), []);
  t.same(linesOf(judge(rule, tweak(minimalRoute('HTTPRoute'), 'spec.rules', [{ filters: null }]))), []);
  t.end();
});

test('a ReferenceGrant lets the tenant and the platform in, and nobody else', (t) => {
  const lines = (namespace: string): readonly string[] =>
    linesOf(judge(rule, tweak(minimalReferenceGrant(), 'spec.from', [named(namespace)])));
  for (const fine of ['acme-dev', 'acme-prod', 'flux-system']) t.same(lines(fine), []);
  t.same(lines('globex-dev'), [
    'spec.from[0].namespace: "globex-dev" belongs to tenant "globex", and what is there would be let in',
  ]);
  t.equal(lines('default').length, 1);
  t.same(lines('nowhere'), ['spec.from[0].namespace: "nowhere" does not exist, and what is there would be let in']);
  t.same(linesOf(judge(rule, tweak(minimalReferenceGrant(), 'spec', null))), []);
  t.end();
});

const owned = {
  hosts: [
    { host: 'shop.example.com', tenants: ['acme'] },
    { host: '*.Acme.example.com', tenants: ['acme'] },
    { host: '*.globex.example.com.', tenants: ['globex'] },
    { host: '*.{tenant}.apps.example.com' },
    { host: 'status.example.com' },
  ],
};

const hosts: readonly (readonly [string, boolean])[] = [
  ['shop.example.com', true],
  ['SHOP.example.com.', true],
  ['a.acme.example.com', true],
  ['a.b.acme.example.com', true],
  ['*.acme.example.com', true],
  ['*.b.acme.example.com', true],
  ['web.acme.apps.example.com', true],
  ['status.example.com', true],
  ['acme.example.com', false],
  ['x.shop.example.com', false],
  ['evilacme.example.com', false],
  ['a.globex.example.com', false],
  ['web.globex.apps.example.com', false],
  ['*.example.com', false],
  ['*.apps.example.com', false],
  ['.acme.example.com', false],
];

for (const [host, isOwn] of hosts) {
  test(`${host} is ${isOwn ? 'the tenant’s' : 'not the tenant’s'}`, (t) => {
    const set = setOf(rule, owned);
    const message = `${JSON.stringify(host)} is not among the hosts of tenant "acme"`;
    const expected = (field: string): readonly string[] => (isOwn ? [] : [`${field}: ${message}`]);
    const ingress = tweak(minimalIngress(), 'spec.rules', [{ host: 'shop.example.com' }, { host }]);
    t.same(linesOf(judge(rule, ingress, { set })), expected('spec.rules[1].host'));
    const tls = tweak(minimalIngress(), 'spec', { tls: [{}, { hosts: [host] }] });
    t.same(linesOf(judge(rule, tls, { set })), expected('spec.tls[1].hosts[0]'));
    for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute'] as const) {
      const route = tweak(minimalRoute(kind), 'spec.hostnames', [host]);
      t.same(linesOf(judge(rule, route, { set })), expected('spec.hostnames[0]'));
    }
    t.end();
  });
}

test('who names no host claims all of them', (t) => {
  const set = setOf(rule, owned);
  const all = 'stands for every host, those of other tenants too';
  t.same(linesOf(judge(rule, tweak(minimalIngress(), 'spec', { rules: [{}], defaultBackend: {} }), { set })), [
    `spec.defaultBackend: ${all}`,
    `spec.rules[0].host: ${all}`,
  ]);
  t.same(linesOf(judge(rule, minimalRoute('HTTPRoute'), { set })), [`spec.hostnames: ${all}`]);
  t.same(linesOf(judge(rule, minimalRoute('TCPRoute'), { set })), []);
  t.same(linesOf(judge(rule, tweak(minimalIngress(), 'spec', null), { set })), []);
  t.same(linesOf(judge(rule, tweak(minimalIngress(), 'spec', { defaultBackend: null }), { set })), []);
  t.end();
});

test('without a list hosts are not judged', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalIngress(), 'spec.rules', [{ host: 'a.globex.example.com' }]))), []);
  t.end();
});

test('hosts need an owner: nobody’s namespace has only those that are for all', (t) => {
  const set = setOf(rule, owned);
  const at = (host: string, namespace: string, doing: Doing = {}) =>
    judge(rule, tweak(tweak(minimalIngress(), 'spec.rules', [{ host }]), 'metadata.namespace', namespace), {
      set,
      ...doing,
    });
  t.equal(at('status.example.com', 'default').outcome, 'allowed');
  t.same(linesOf(at('shop.example.com', 'default')), [
    'spec.rules[0].host: "shop.example.com" is not among the hosts of a namespace of no tenant',
  ]);
  t.equal(at('x.{tenant}.apps.example.com', 'default').outcome, 'denied');
  t.equal(
    at('shop.example.com', 'acme-dev', { world: { namespaces: { ...twoTenants, 'acme-dev': undefined } } }).outcome,
    'undecided',
  );
  const dotted = { namespaces: { dotted: { 'tenantgate.dev/tenant': 'x.acme' } } };
  t.equal(
    at('web.x.acme.apps.example.com', 'dotted', { world: dotted }).outcome,
    'denied',
    'a dot could reach into another’s',
  );
  t.end();
});

test('annotations that write the controller’s configuration are refused', (t) => {
  const annotated = (annotations: Manifest): readonly string[] =>
    linesOf(judge(rule, tweak(minimalIngress(), 'metadata.annotations', annotations)));
  t.same(
    annotated({
      'nginx.ingress.kubernetes.io/server-snippet': '…',
      'nginx.org/location-snippets': '…',
      'haproxy-ingress.github.io/config-backend': '…',
      'nginx.ingress.kubernetes.io/rewrite-target': '/',
      'example.com/snippet-of-text': 'a',
    }),
    [
      'haproxy-ingress.github.io/config-backend',
      'nginx.ingress.kubernetes.io/server-snippet',
      'nginx.org/location-snippets',
    ].map(
      (key) => `metadata.annotations["${key}"]: writes into the configuration of a controller that all tenants share`,
    ),
  );
  const set = setOf(rule, { forbiddenAnnotations: ['example.com/raw'] });
  t.equal(
    linesOf(judge(rule, tweak(minimalRoute('HTTPRoute'), 'metadata.annotations', { 'example.com/raw': 'x' }), { set }))
      .length,
    1,
  );
  t.end();
});

test('an old snippet stays as it is', (t) => {
  const withSnippet = (text: string): Manifest =>
    tweak(minimalIngress(), 'metadata.annotations', { 'nginx.org/server-snippets': text });
  const old = withSnippet('a');
  t.equal(judge(rule, tweak(old, 'metadata.labels', { a: 'b' }), { old }).outcome, 'allowed');
  t.equal(judge(rule, withSnippet('b'), { old }).outcome, 'denied');
  t.end();
});
