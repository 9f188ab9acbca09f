import { test } from 'tap';

import { judge } from '../support/judge.ts';
import {
  minimalKustomization,
  minimalNetworkPolicy,
  minimalObject,
  tweak,
  type Manifest,
} from '../support/minimal-objects.ts';

/** What is done to an object that violates a rule already: which one, from what, to what. */
type Change = readonly [rule: string, old: Manifest, now: Manifest];

const peers = 'network/confined-peers';
const addresses = 'network/bounded-addresses';

const web = { matchLabels: { app: 'web' } };
const open = { namespaceSelector: {} };
const labelled = (labels: Manifest): Manifest => ({ namespaceSelector: { matchLabels: labels } });
const named = (name: string): Manifest => labelled({ 'kubernetes.io/metadata.name': name });
const block = (cidr: string, ...except: readonly string[]): Manifest => ({
  ipBlock: except.length === 0 ? { cidr } : { cidr, except },
});
/** A policy with one rule for each list of peers. */
const ingress = (podSelector: unknown, ...rules: readonly Manifest[]): Manifest =>
  tweak(tweak(minimalNetworkPolicy(), 'spec.podSelector', podSelector), 'spec.ingress', rules);
const egress = (podSelector: unknown, ...rules: readonly Manifest[]): Manifest =>
  tweak(tweak(minimalNetworkPolicy(), 'spec.podSelector', podSelector), 'spec.egress', rules);
const from = (...items: readonly Manifest[]): Manifest => ({ from: items });
const to = (...items: readonly Manifest[]): Manifest => ({ to: items });
const on = (rule: Manifest, ...ports: readonly unknown[]): Manifest => ({ ...rule, ports });
const touch = (manifest: Manifest): Manifest => tweak(manifest, 'metadata.annotations', { touched: 'yes' });
/** Any change that only touches annotations. */
const touched = (rule: string, old: Manifest): Change => [rule, old, touch(old)];

const sloppy = block('1.2.3.4/0');
const notIn = { key: 'env', operator: 'NotIn', values: ['!bad'] };
const invalidSelector = (...expressions: readonly Manifest[]): Manifest => ({
  namespaceSelector: { matchExpressions: [...expressions, notIn] },
});
const ofAcme = { key: 'tenantgate.dev/tenant', operator: 'In', values: ['acme'] };
const metadataService = to(block('169.254.169.254/32'));
const https = { port: 443 };
const unreadablePods = (...expressions: readonly Manifest[]): Manifest => ({
  matchExpressions: [...expressions, notIn],
});
/** Blocks on one port each: fine alone, too many together. */
const spread = (count: number, size: number): Manifest =>
  egress(
    {},
    ...Array.from({ length: count }, (_, index) => on(to(block(`20.${2 * index}.0.0/${size}`)), { port: index + 1 })),
  );
const crowd = (count: number): readonly Manifest[] =>
  Array.from({ length: count }, (_, index) => named(`globex-${index}`));

const foreign = { name: 'public', namespace: 'globex-dev' };
const kustomization = (spec: Manifest): Manifest => tweak(minimalKustomization(), 'spec', spec);
const configMap = (name: string): Manifest => ({ kubeConfig: { configMapRef: { name } } });
const account = 'flux/service-account-required';
const references = 'flux/own-tenant-references';
const applied = { sourceRef: { kind: 'GitRepository', name: 'apps' }, path: './apps', interval: '5m' };
const depending = { ...applied, dependsOn: [foreign] };

const denied: Readonly<Record<string, Change>> = {
  'the policy selects more pods': [peers, ingress(web, from(open)), ingress({}, from(open))],
  'the policy selects other pods': [
    peers,
    ingress(web, from(open)),
    ingress({ matchLabels: { app: 'db' } }, from(open)),
  ],
  'the policy’s pods, which could not be read, become others': [
    peers,
    ingress(unreadablePods(), from(open)),
    ingress({}, from(open)),
  ],
  'a requirement goes beside one that cannot be read': [
    peers,
    ingress(unreadablePods({ key: 'app', operator: 'Exists' }), from(open)),
    ingress(unreadablePods(), from(open)),
  ],
  'an address is reached on more ports': [
    addresses,
    egress({}, on(metadataService, https)),
    egress({}, metadataService),
  ],
  'more pods reach an address block': [
    addresses,
    egress(web, to(block('10.0.0.0/8'))),
    egress({}, to(block('10.0.0.0/8'))),
  ],
  'an address is reached on ports that cannot be read': [
    addresses,
    egress({}, on(metadataService, https)),
    egress({}, on(metadataService, { port: 'HTTPS!' })),
  ],
  'blocks that are too many together are reached on more ports': [
    addresses,
    egress({}, on(to(...Array.from({ length: 17 }, (_, index) => block(`20.${2 * index}.0.0/16`))), https)),
    egress({}, to(...Array.from({ length: 17 }, (_, index) => block(`20.${2 * index}.0.0/16`)))),
  ],
  'one comes to blocks on more ports than are told apart': [addresses, spread(101, 18), spread(102, 18)],
  'exceptions and ports of a sloppy block go': [
    addresses,
    egress({}, on(to(block('1.2.3.4/0', '0.0.0.0/1')), https)),
    egress({}, to(sloppy)),
  ],
  'the ports of a sloppy block change': [addresses, egress({}, on(to(sloppy), https)), egress({}, to(sloppy))],
  'the pods behind a sloppy block change': [addresses, egress(web, to(sloppy)), egress({}, to(sloppy))],
  'a requirement of an invalid selector goes': [
    peers,
    ingress({}, from(invalidSelector(ofAcme))),
    ingress({}, from(invalidSelector())),
  ],
  'a peer comes beside invalid ports': [
    peers,
    ingress({}, on(from({ podSelector: {} }), { port: 0 })),
    ingress({}, on(from({ podSelector: {} }, open), { port: 0 })),
  ],
  'all pods become everybody': [peers, ingress({}, from(open)), ingress({}, {})],
  'what was for one direction is for the other': [peers, ingress({}, from(open)), egress({}, to(open))],
  'one foreign namespace becomes another': [
    peers,
    ingress({}, from(named('globex-dev'))),
    ingress({}, from(named('globex-prod'))),
  ],
  'a source without a service account is another': [
    account,
    kustomization(applied),
    kustomization({ ...applied, sourceRef: { kind: 'GitRepository', name: 'evil' } }),
  ],
  'a path without a service account is another': [
    account,
    kustomization(applied),
    kustomization({ ...applied, path: './cluster-admin' }),
  ],
  'values without a service account are others': [
    account,
    tweak(minimalObject('HelmRelease'), 'spec', { values: { a: 1 } }),
    tweak(minimalObject('HelmRelease'), 'spec', { values: { a: 2 } }),
  ],
  'a spec comes where there was none': [account, tweak(minimalKustomization(), 'spec', null), kustomization(applied)],
  'another config map tells where to connect': [
    'flux/no-kube-config',
    kustomization(configMap('good')),
    kustomization(configMap('evil')),
  ],
  'another object of a foreign namespace is the source': [
    references,
    kustomization({ sourceRef: foreign }),
    kustomization({ sourceRef: { ...foreign, name: 'secrets' } }),
  ],
  'an expression reads a foreign dependency': [
    references,
    kustomization(depending),
    kustomization({ ...applied, dependsOn: [{ ...foreign, readyExpr: 'dep.spec.path.startsWith("a")' }] }),
  ],
  'a suspended object is resumed': [account, kustomization({ ...applied, suspend: true }), kustomization(applied)],
};

const admitted: Readonly<Record<string, Change>> = {
  'the policy selects fewer pods': [peers, ingress({}, from(open)), ingress(web, from(open))],
  'nothing changes where the policy’s pods cannot be read': touched(peers, ingress(unreadablePods(), from(open))),
  'an address is reached on fewer ports': [
    addresses,
    egress({}, metadataService),
    egress({}, on(metadataService, https)),
  ],
  'fewer pods reach an address block': [
    addresses,
    egress({}, to(block('10.0.0.0/8'))),
    egress(web, to(block('10.0.0.0/8'))),
  ],
  'nothing changes but ports cannot be read': touched(addresses, egress({}, on(metadataService, { port: 'HTTPS!' }))),
  'nothing changes of more ports than are told apart': touched(addresses, spread(101, 18)),
  'nothing changes of a sloppy block': touched(addresses, egress({}, to(sloppy))),
  'nothing changes of an invalid selector': touched(peers, ingress({}, from(invalidSelector(ofAcme)))),
  'a rule moves that cannot be read': [
    peers,
    ingress({}, from(invalidSelector()), from({ podSelector: {} })),
    ingress({}, from({ podSelector: {} }), from(invalidSelector())),
  ],
  'peers change places': [
    peers,
    ingress({}, from(open, labelled({ env: 'prod' }))),
    ingress({}, from(labelled({ env: 'prod' }), open)),
  ],
  'a block is written as its halves': [
    addresses,
    egress({}, to(block('0.0.0.0/0'))),
    egress({}, to(block('0.0.0.0/1'), block('128.0.0.0/1'))),
  ],
  'everybody becomes all pods': [peers, ingress({}, {}), ingress({}, from(open))],
  'all pods become those of one foreign namespace': [
    peers,
    ingress({}, from(open)),
    ingress({}, from(named('globex-dev'))),
  ],
  'all pods become those of the platform': [peers, egress({}, to(open)), egress({}, to(named('kube-system')))],
  'only the interval changes': [account, kustomization(applied), kustomization({ ...applied, interval: '1m' })],
  'an object is suspended': [references, kustomization(depending), kustomization({ ...depending, suspend: true })],
  'an annotation asks for reconciliation': touched('flux/no-kube-config', kustomization(configMap('good'))),
  'no spec stays no spec': touched(account, tweak(minimalKustomization(), 'spec', null)),
  'only annotations change above more peers than are looked at': touched(peers, ingress({}, from(...crowd(201)))),
};

for (const [name, [rule, old, now]] of Object.entries(denied)) {
  test(`denied: ${name}`, (t) => {
    t.not(judge(rule, old).outcome, 'allowed', 'a violation stood there before');
    t.equal(judge(rule, now, { old }).outcome, 'denied');
    t.end();
  });
}

test('undecided: more peers than are looked at change', (t) => {
  const old = ingress({}, from(...crowd(201)));
  t.match(judge(peers, ingress({}, from(...crowd(202))), { old }), { outcome: 'undecided', admitted: false });
  t.end();
});

for (const [name, [rule, old, now]] of Object.entries(admitted)) {
  test(`admitted with a warning: ${name}`, (t) => {
    t.equal(judge(rule, old).outcome, 'denied', 'a violation stood there before');
    const decision = judge(rule, now, { old });
    t.equal(decision.outcome, 'allowed');
    t.ok(decision.violations.length > 0);
    t.ok(decision.violations.every(({ leniency }) => leniency?.kind === 'preexisting'));
    t.end();
  });
}
