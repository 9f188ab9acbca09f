import t from 'tap';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, gitSource, kustomization, networkPolicy, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { namespaceOf } from './tenants.ts';

/** What a tenant of Flux sees of a denial, with Flux's own lockdown flags and without them: the flags change nothing of it. */
const cluster = await connectControlPlane();

for (const isLockedDown of [false, true]) {
  t.test(isLockedDown ? 'with the lockdown flags' : 'without the lockdown flags', async (t) => {
    const prefix = isLockedDown ? 'flux-locked' : 'flux-open';
    const { tenants, deliver, refusalOf, isThere } = await startTenantOnFlux(t, cluster, { prefix, isLockedDown });
    const { acmeDev, globex } = tenants;
    const app = await deliver(acmeDev, 'app');
    const innocent = configMap(acmeDev, 'innocent');
    const broad = networkPolicy(acmeDev, 'broad', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: {} }] }],
    });
    const nested = (spec: object): KubernetesObject =>
      kustomization(acmeDev, 'nested', { ...gitSource('app'), ...spec });
    const foreignDependency = { dependsOn: [{ name: 'app', namespace: globex, readyExpr: 'true' }] };
    const onHost = workloads(acmeDev, { hostNetwork: true })[0]!.object;

    for (const [what, object, rule, field] of [
      ['a broad NetworkPolicy', broad, 'network/confined-peers', 'spec.ingress[0].from[0].namespaceSelector'],
      [
        'a nested Kustomization without service account',
        nested({ serviceAccountName: undefined }),
        'flux/service-account-required',
        'spec.serviceAccountName',
      ],
      [
        'a source of another tenant',
        nested(gitSource('app', globex)),
        'flux/own-tenant-references',
        'spec.sourceRef.namespace',
      ],
      [
        'a dependency on another tenant',
        nested(foreignDependency),
        'flux/own-tenant-references',
        'spec.dependsOn[0].namespace',
      ],
      ['a Deployment on the host’s network', onHost, 'pods/host-network', 'spec.template.spec.hostNetwork'],
    ] as const) {
      t.test(`${what} is denied, with all of our message in the condition`, async (t) => {
        const refusal = await refusalOf(object);
        t.ok(refusal.startsWith('admission webhook "validate.tenantgate.dev" denied the request: '), refusal);
        for (const part of [`${field}: `, `[${rule}]\n  Fix: `]) t.ok(refusal.includes(part), refusal);
        const condition = await app.outcomeOf(await app.push([object, innocent]));
        t.match(condition, { status: 'False', reason: 'ReconciliationFailed' });
        const which = `${object.kind}/${acmeDev}/${object.metadata.name ?? ''}`;
        t.equal(condition.message.trimEnd(), `${which} dry-run failed (Forbidden): ${refusal}`);
        t.equal(await isThere(object), false);
        t.equal(await isThere(innocent), false, 'nothing of its stage is applied');
      });
    }

    t.test('Namespaces go first: what their stage did stays when a later stage is denied', async (t) => {
      const own = namespaceOf(acmeDev, 'acme');
      const annotated = { ...own, metadata: { ...own.metadata, annotations: { 'example.com/owner': 'acme' } } };
      const condition = await app.outcomeOf(await app.push([annotated, broad, innocent]));
      t.match(condition, { status: 'False', message: `NetworkPolicy/${acmeDev}/broad dry-run failed (Forbidden): ` });
      t.match(condition.message, new RegExp(`\\nNamespace/${acmeDev} configured\\n?$`));
      const owner = ['get', 'namespace', acmeDev, '--output=jsonpath={.metadata.annotations.example\\.com/owner}'];
      t.equal(expectSuccess(await cluster.kubectl(owner)), 'acme');
      t.equal(await isThere(innocent), false);
    });

    t.test('a Namespace manifest that lacks the tenant label does not take it away', async (t) => {
      // Flux takes over what kubectl has applied, and the rights of the service account reach its own Namespace.
      const bare = { ...namespaceOf(acmeDev, 'acme'), metadata: { name: acmeDev } };
      t.match(await app.outcomeOf(await app.push([bare])), {
        status: 'False',
        message:
          `Namespace/${acmeDev} dry-run failed (Forbidden): admission webhook "namespaces.validate.tenantgate.dev" denied ` +
          'the request: metadata.labels["tenantgate.dev/tenant"]: is removed (it was "acme")',
      });
      const label = ['get', 'namespace', acmeDev, '--output=jsonpath={.metadata.labels.tenantgate\\.dev/tenant}'];
      t.equal(expectSuccess(await cluster.kubectl(label)), 'acme');
    });
  });
}
