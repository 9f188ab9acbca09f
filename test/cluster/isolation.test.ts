import t from 'tap';

import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** Isolation that pods have is kept, whichever object would take it, on a real API server. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeProd, asAcme } = await createTenants(cluster, 'isolation');

t.test('a pod, a template or a selector cannot leave the isolation that pods have', async (t) => {
  const rule = '[network/isolation-kept]';
  const web = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'] };
  expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', '--all', '-n', acmeProd]));
  expectSuccess(await cluster.apply([networkPolicy(acmeProd, 'web', web)], asAcme));
  expectSuccess(await cluster.apply([pod(acmeProd, 'web-0', {}, { app: 'web' })], asAcme));
  const label = (...labels: readonly string[]) => ['label', 'pod', 'web-0', '-n', acmeProd, '--overwrite', ...labels];
  expectSuccess(await cluster.kubectl(label('tier=front'), asAcme));
  isDenied(
    t,
    await cluster.kubectl(label('app=db'), asAcme),
    rule,
    'the change takes pod "web-0" out of ingress isolation: NetworkPolicy "web" isolates what has app=web',
  );
  isDenied(t, await cluster.kubectl(label('app-'), asAcme), rule, 'out of egress isolation');

  const deployment = (labels: object): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: acmeProd },
    spec: {
      replicas: 0,
      selector: { matchLabels: { tier: 'front' } },
      template: {
        metadata: { labels: { tier: 'front', ...labels } },
        spec: { containers: [{ name: 'app', image: 'registry.example/app:1.0' }] },
      },
    },
  });
  expectSuccess(await cluster.apply([deployment({ app: 'web' })], asAcme));
  expectSuccess(await cluster.apply([deployment({ app: 'web', version: '2' })], asAcme));
  isDenied(
    t,
    await cluster.apply([deployment({ app: 'db' })], asAcme),
    rule,
    'spec.template.metadata.labels',
    'the next pods of Deployment "web"',
  );

  const narrow = JSON.stringify({ spec: { podSelector: { matchLabels: { tier: 'back' } } } });
  const patch = ['patch', 'networkpolicy', 'web', '-n', acmeProd, '--type=merge', '-p', narrow];
  isDenied(t, await cluster.kubectl(patch, asAcme), rule, 'leaves pod "web-0" with app=web');
  const widen = JSON.stringify({ spec: { podSelector: { matchLabels: { app: null } } } });
  expectSuccess(await cluster.kubectl([...patch.slice(0, -1), widen], asAcme));
  expectSuccess(await cluster.kubectl(label('app=db'), asAcme));
  expectSuccess(await cluster.apply([deployment({ app: 'db' })], asAcme));
});

t.test('two policies that isolate every pod together are a default-deny together', async (t) => {
  const half = (operator: string) => ({
    podSelector: { matchExpressions: [{ key: 'app', operator, values: ['a'] }] },
    policyTypes: ['Ingress'],
  });
  const halves = [networkPolicy(acmeProd, 'app-a', half('In')), networkPolicy(acmeProd, 'app-not-a', half('NotIn'))];
  expectSuccess(await cluster.apply(halves, asAcme));
  const remove = (name: string) => ['delete', 'networkpolicy', name, '-n', acmeProd];
  expectSuccess(await cluster.kubectl(remove('web')));
  isDenied(t, await cluster.kubectl(remove('app-not-a'), asAcme), 'counterexample: a pod with no labels');
  isDenied(t, await cluster.kubectl(remove('app-a'), asAcme), 'counterexample: a pod with app=a');
});

t.test('labels do not change through the status either, and a status without that is not sent', async (t) => {
  const web = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] };
  expectSuccess(await cluster.apply([networkPolicy(acmeProd, 'status', web)], asAcme));
  expectSuccess(await cluster.apply([pod(acmeProd, 'status-0', {}, { app: 'web' })], asAcme));
  const patch = (change: object) => [
    ...['patch', 'pod', 'status-0', '-n', acmeProd, '--subresource=status', '--type=merge'],
    `--patch=${JSON.stringify(change)}`,
  ];
  const relabelled = await cluster.kubectl(patch({ metadata: { labels: { app: 'db' } } }), asAcme);
  isDenied(t, relabelled, '[network/isolation-kept]', 'out of egress isolation');
  expectSuccess(await cluster.kubectl(patch({ status: { message: 'seen' } }), asAcme));
  expectSuccess(await cluster.kubectl(patch({ metadata: { labels: { version: '2' } } }), asAcme));
  const sent = (await tenantgate.decisions()).filter(({ subresource }) => subresource === 'status');
  t.same(
    sent.map(({ outcome }) => outcome),
    ['denied', 'allowed'],
    'the two that change labels',
  );
  expectSuccess(await cluster.kubectl(['delete', 'pod', 'status-0', '-n', acmeProd, '--grace-period=0', '--force']));
  expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', 'status', '-n', acmeProd]));
});
