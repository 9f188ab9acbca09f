import t from 'tap';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, networkPolicy } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { waitFor } from './wait-for.ts';

/** A default-deny that leaves the repository, or whose Kustomization goes: Flux would prune it, and isolation with it. */
const cluster = await connectControlPlane();
const { tenants, tenantgate, deliver, isThere } = await startTenantOnFlux(t, cluster, {
  prefix: 'prune',
  isLockedDown: true,
});
const { acmeDev } = tenants;
const app = await deliver(acmeDev, 'app');
const ownDeny = networkPolicy(acmeDev, 'own-default-deny', { policyTypes: ['Ingress', 'Egress'] });
const settings = configMap(acmeDev, 'settings');

t.before(async () => {
  // Then the delivered one is the last.
  t.match(await app.outcomeOf(await app.push([ownDeny, settings])), { status: 'True' });
  await tenantgate.pause(async () =>
    expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', 'default-deny', `--namespace=${acmeDev}`])),
  );
});

t.test('the last default-deny is not pruned: the reason is PruneFailed, and the rest is applied', async (t) => {
  const changed = configMap(acmeDev, 'settings', { changed: 'yes' });
  t.match(await app.outcomeOf(await app.push([changed])), {
    status: 'False',
    reason: 'PruneFailed',
    message:
      /NetworkPolicy\/prune-acme-dev\/own-default-deny delete failed: admission webhook "validate.tenantgate.dev" denied/,
  });
  t.equal(await isThere(ownDeny), true);
  const data = ['get', 'configmap', 'settings', `--namespace=${acmeDev}`, '--output=jsonpath={.data.changed}'];
  t.equal(expectSuccess(await cluster.kubectl(data)), 'yes');
  await app.intervals(2);
  t.match(await app.ready(), { reason: 'PruneFailed' }, 'it is tried again');
});

t.test('once another policy isolates the namespace, the old one is pruned', async (t) => {
  const other = networkPolicy(acmeDev, 'other-default-deny', { policyTypes: ['Ingress', 'Egress'] });
  t.match(await app.outcomeOf(await app.push([settings, other])), { status: 'True' });
  t.equal(await isThere(ownDeny), false);
});

t.test('a Kustomization with the last default-deny stays in termination until the policy is orphaned', async (t) => {
  const object: KubernetesObject = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: acmeDev },
  };
  const remove = ['delete', 'kustomization', 'app', `--namespace=${acmeDev}`, '--wait=false'];
  expectSuccess(await cluster.kubectl(remove));
  const failed = await waitFor(
    'the failure to prune',
    async () => (await app.events()).find(({ message }) => message === 'pruning for deleted resource failed'),
    { timeoutMs: 30_000 },
  );
  t.equal(failed.type, 'Warning');
  t.equal(await isThere(object), true, 'it waits');
  const orphan = ['patch', 'kustomization', 'app', `--namespace=${acmeDev}`, '--type=merge'];
  expectSuccess(await cluster.kubectl([...orphan, '--patch', '{"spec":{"deletionPolicy":"Orphan"}}']));
  await waitFor('the Kustomization to go', async () => !(await isThere(object)), { timeoutMs: 30_000 });
  t.equal(await isThere(networkPolicy(acmeDev, 'other-default-deny', {})), true);
});
