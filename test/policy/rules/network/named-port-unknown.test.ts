import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import type { World } from '../../../support/facts.ts';
import type { Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/named-port-unknown';
const pod = (app: string, ...ports: readonly { name?: string; containerPort: number; protocol?: string }[]) => ({
  name: app,
  labels: { app },
  hostNetwork: false,
  ports,
});
const http = { name: 'http', containerPort: 80 };
const dns = { name: 'dns', containerPort: 53, protocol: 'UDP' };
const world: World = {
  pods: { 'acme-dev': [pod('web', http, dns)], 'acme-prod': [pod('db', { name: 'pg', containerPort: 5432 })] },
  podTemplates: { 'acme-dev': [], 'acme-prod': [] },
};
const own = { podSelector: {} };
const ingress = (...ports: readonly Manifest[]): Manifest =>
  policyWith({ policyTypes: ['Ingress'], ingress: [{ from: [own], ports }] });
const egress = (to: readonly Manifest[], ...ports: readonly Manifest[]): Manifest =>
  policyWith({ policyTypes: ['Egress'], egress: [{ to, ports }] });
const lines = (manifest: Manifest, given: World = world): readonly string[] =>
  linesOf(judge(rule, manifest, { world: given }));
const unknown = (field: string, name: string, reason: string, protocol = 'TCP', labels = 'app=web'): string =>
  `spec.${field}.port: no ${protocol} port of the pods is called "${name}", so the rule opens nothing by it; looked for in a pod with ${labels}, ${reason}`;

test('for ingress the selected pods have to declare the name', (t) => {
  t.same(lines(ingress({ port: 'http' }, { port: 'https' })), [
    unknown('ingress[0].ports[1]', 'https', 'among "dns", "http"'),
  ]);
  t.same(lines(ingress({ port: 'dns' })), [unknown('ingress[0].ports[0]', 'dns', 'for another protocol only')]);
  t.same(lines(ingress({ port: 'dns', protocol: 'UDP' })), []);
  t.same(lines(ingress({ port: 443 }, { protocol: 'UDP' })), [], 'numbers need no name');
  const bare = { pods: { 'acme-dev': [pod('web', { containerPort: 80 })] } };
  t.same(lines(ingress({ port: 'http', protocol: 'SCTP' }), bare), [
    unknown('ingress[0].ports[0]', 'http', 'among no named ports', 'SCTP'),
  ]);
  const silentPod = { pods: { 'acme-dev': [{ name: 'web', labels: { app: 'web' }, hostNetwork: false }] } };
  t.equal(lines(ingress({ port: 'http' }), silentPod).length, 1, 'containers that declare nothing');
  t.equal(judge(rule, ingress({ port: 'x' }), { world }).outcome, 'allowed');
  const fixOf = (port: Manifest, given = world) => judge(rule, ingress(port), { world: given }).violations[0]?.fix;
  t.match(fixOf({ port: 'x' }), /port: http$/);
  t.match(fixOf({ port: 'x' }, bare), /port: 80$/);
  t.match(fixOf({ port: 'x', protocol: 'SCTP' }), /\[\{name: x, containerPort: NUMBER, protocol: SCTP\}\]$/);
  t.end();
});

test('a template that declares the name is enough', (t) => {
  const given = {
    ...world,
    podTemplates: { 'acme-dev': [pod('next', { name: 'https', containerPort: 443, protocol: 'TCP' })] },
  };
  t.same(lines(ingress({ port: 'https' }), given), []);
  t.end();
});

test('for egress the peers have to declare it, where all of them are known', (t) => {
  const prod = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'acme-prod' } } };
  t.same(lines(egress([prod], { port: 'pg' })), []);
  t.same(lines(egress([prod], { port: 'http' })), [
    unknown('egress[0].ports[0]', 'http', 'among "pg"', 'TCP', 'app=db'),
  ]);
  t.same(lines(egress([prod, own], { port: 'http' })), [], 'one of the peers has it');
  t.same(lines(egress([prod, { ipBlock: { cidr: '203.0.113.0/24' } }], { port: 'http' })).length, 1);
  const kubeSystem = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  t.same(lines(egress([kubeSystem], { port: 'x' })), [], 'what others run is not told');
  t.same(lines(egress([], { port: 'x' })), [], 'everybody');
  t.same(lines(egress([{ podSelector: 7 }], { port: 'x' })), [], 'what cannot be read');
  t.same(
    lines(
      egress(
        Array.from({ length: 9 }, () => own),
        { port: 'x' },
      ),
    ),
    [],
    'more than is looked at',
  );
  t.end();
});

test('an address block has no containers that could name a port', (t) => {
  const partner = { ipBlock: { cidr: '203.0.113.0/24' } };
  t.same(lines(egress([partner], { port: 'https' }), {}), [
    'spec.egress[0].ports[0].port: "https" is a name, and every peer of the rule is an address block, which has no containers to name a port: the rule opens nothing',
  ]);
  t.same(lines(egress([partner], { port: 443 }), {}), []);
  t.same(
    lines(policyWith({ ingress: [{ from: [partner], ports: [{ port: 'http' }] }] })),
    [],
    'ingress is to the pods',
  );
  t.end();
});

test('where nothing is selected or not all is known, nothing is said', (t) => {
  t.same(lines(ingress({ port: 'x' }), { pods: { 'acme-dev': [] } }), [], 'no pod yet');
  t.same(lines(ingress({ port: 'x' }), { pods: {} }), []);
  t.same(lines(ingress({ port: 'x' }), { ...world, podTemplates: {} }), []);
  t.same(linesOf(judge(rule, ingress({ port: 'x' }), { world, principal: { kind: 'unknown' } })), [], 'kept elsewhere');
  t.same(lines(ingress({ port: 'http', endPort: 9 })), [], 'what cannot be read is reported elsewhere');
  t.same(lines(policyWith({ podSelector: 7, ingress: [{ ports: [{ port: 'x' }] }] })), []);
  t.same(judge(rule, ingress({ port: 80 }), { world: { pods: {} } }).adviceFacts, [], 'numbers cost no read');
  t.end();
});
