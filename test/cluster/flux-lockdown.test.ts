import t from 'tap';
import { type KubernetesObject } from './cluster.ts';
import { fluxKustomization } from './flux-kustomization.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, gitSource, kustomization, networkPolicy, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { namespaceOf } from './tenants.ts';
import { waitFor } from './wait-for.ts';

/** What Flux's own lockdown flags stop when Tenantgate is not there, and what they let through. */
const cluster = await connectControlPlane();

for (const isLockedDown of [false, true]) {
  const which = isLockedDown ? 'with the lockdown flags' : 'without the lockdown flags';
  t.test(`without Tenantgate, ${which}`, async (t) => {
    const prefix = isLockedDown ? 'lockdown-on' : 'lockdown-off';
    const { tenants, tenantgate, deliver, isThere } = await startTenantOnFlux(t, cluster, { prefix, isLockedDown });
    const { acmeDev, globex } = tenants;
    const app = await deliver(acmeDev, 'app');
    // Suspended: their repositories are wanted, and that there is something to depend on.
    const loot = await deliver(acmeDev, 'loot', { suspend: true });
    const foreign = await deliver(globex, 'foreign', { suspend: true });
    const planted = configMap(globex, 'planted');
    const plans = configMap(acmeDev, 'plans-of-globex', { plan: 'buy acme' });
    await loot.push([planted]);
    await foreign.push([plans]);

    const withoutAccount = (spec: object): KubernetesObject =>
      kustomization(acmeDev, 'nested', { ...gitSource('loot'), serviceAccountName: undefined, ...spec });
    const stealing = kustomization(acmeDev, 'stealing', gitSource('foreign', globex));
    const asking = (name: string, readyExpr: string): KubernetesObject =>
      kustomization(acmeDev, name, {
        ...gitSource('loot'),
        // Where the question is answered with yes, the next thing that fails is this.
        path: './absent',
        dependsOn: [{ name: 'foreign', namespace: globex, readyExpr }],
      });
    const broad = networkPolicy(acmeDev, 'broad', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: {} }] }],
    });
    const onHost = workloads(acmeDev, { hostNetwork: true })[0]!.object;
    const rest = [
      stealing,
      asking('yes', 'dep.spec.suspend == true'),
      asking('no', 'dep.spec.suspend == false'),
      broad,
      onHost,
    ];
    const nested = (name: string): ReturnType<typeof fluxKustomization> => fluxKustomization(cluster, acmeDev, name);
    const untilThere = (object: KubernetesObject): Promise<true> =>
      waitFor(`${object.kind} ${object.metadata.name ?? ''}`, () => isThere(object), { timeoutMs: 30_000 });

    await tenantgate.pause(async () => {
      const condition = await app.outcomeOf(await app.push([withoutAccount({}), ...rest]));
      t.match(condition, { status: 'True' }, 'the tenant may apply all of it');

      if (isLockedDown) {
        t.match(await nested('nested').untilReason('ReconciliationFailed'), {
          message: `User "system:serviceaccount:${acmeDev}:default" cannot patch resource "configmaps"`,
        });
        t.match(await nested('stealing').untilReason('AccessDenied'), {
          message: `can't access 'GitRepository/${globex}/foreign', cross-namespace references have been blocked`,
        });
        t.equal(await isThere(planted), false, 'a Kustomization without service account runs as "default"');
        t.equal(await isThere(plans), false, 'the source of another tenant is out of reach');
      } else {
        t.ok(await untilThere(planted), 'a Kustomization without service account writes into another tenant');
        t.ok(await untilThere(plans), 'the source of another tenant can be read');
      }
      t.match(await nested('yes').untilReason('ArtifactFailed'), { message: 'path not found' });
      t.match(await nested('no').untilReason('DependencyNotReady'), { message: 'is not ready according to readyExpr' });
      t.ok(await isThere(broad), 'a broad NetworkPolicy is applied');
      t.ok(await isThere(onHost), 'a Deployment on the host’s network is applied');
    });

    await app.intervals(2);
    t.match(
      await app.ready(),
      { status: 'True' },
      'with Tenantgate again, what was there and stays as it was is green',
    );
    t.match(await app.outcomeOf(await app.push([withoutAccount({ path: './other' }), ...rest])), {
      status: 'False',
      message: `Kustomization/${acmeDev}/nested dry-run failed (Forbidden): admission webhook "validate.tenantgate.dev" denied`,
    });

    await tenantgate.pause(async () => {
      // Never pruned: the test would lose its namespace with the next revision.
      const annotations = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
      const bare = { ...namespaceOf(acmeDev, 'acme'), metadata: { name: acmeDev, annotations } };
      t.match(await app.outcomeOf(await app.push([bare])), { status: 'True' });
      const label = ['get', 'namespace', acmeDev, '--output=jsonpath={.metadata.labels.tenantgate\\.dev/tenant}'];
      t.equal(expectSuccess(await cluster.kubectl(label)), '', 'a tenant takes the tenant label off its namespace');
    });
  });
}
