import t from 'tap';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, networkPolicy } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { registerWebhooks, removeWebhooks } from './webhook.ts';
import { startWebhookServer } from './webhook-server.ts';

/**
 * With `spec.force` Flux deletes an object whose change the API server calls a conflict, invalid, or immutable, and makes it
 * anew. A webhook that denies in such words has Flux delete what is running, and denies what would replace it.
 */
const cluster = await connectControlPlane();
const { tenants, deliver, isThere } = await startTenantOnFlux(t, cluster, { prefix: 'force', isLockedDown: true });
const { acmeDev } = tenants;

async function identityOf({ kind, metadata: { namespace = '', name = '' } }: KubernetesObject): Promise<string> {
  const path = '--output=jsonpath={.metadata.uid} {.metadata.resourceVersion}';
  return expectSuccess(await cluster.kubectl(['get', kind, name, `--namespace=${namespace}`, path]));
}

t.test('a denial by Tenantgate leaves the live object alone, at every interval', async (t) => {
  const app = await deliver(acmeDev, 'forced', { force: true });
  const web = (peer: object): KubernetesObject =>
    networkPolicy(acmeDev, 'web', { policyTypes: ['Ingress'], ingress: [{ from: [peer] }] });
  t.match(await app.outcomeOf(await app.push([web({ podSelector: {} })])), { status: 'True' });
  await app.intervals(1);
  const before = await identityOf(web({}));
  t.match(await app.outcomeOf(await app.push([web({ namespaceSelector: {} })])), {
    status: 'False',
    message: `NetworkPolicy/${acmeDev}/web dry-run failed (Forbidden): admission webhook "validate.tenantgate.dev" denied`,
  });
  await app.intervals(3);
  t.equal(await identityOf(web({})), before);
  const deletions = (await cluster.readAuditLog()).filter(
    ({ verb, objectRef }) => verb === 'delete' && objectRef?.namespace === acmeDev && objectRef.name === 'web',
  );
  t.same(deletions, []);
});

t.test('a webhook that denies in other words has Flux delete it', async (t) => {
  const answers = {
    forbidden: { code: 403, reason: 'Forbidden', message: 'no' },
    invalid: { code: 422, reason: 'Invalid', message: 'no' },
    conflict: { code: 409, reason: 'Conflict', message: 'no' },
    immutable: { code: 403, reason: 'Forbidden', message: 'spec.level is immutable' },
  };
  const stub = await startWebhookServer({
    answer: (_, { name, object }) => {
      const isBad = (object?.['data'] as Record<string, string> | undefined)?.['level'] === 'bad';
      return isBad ? { allowed: false, status: answers[name as keyof typeof answers] } : { allowed: true };
    },
  });
  t.teardown(stub.close);
  t.teardown(() => removeWebhooks(cluster, 'strict'));
  const bad = (name: string): KubernetesObject => configMap(acmeDev, name, { level: 'bad' });
  await registerWebhooks(
    cluster,
    {
      name: 'strict',
      endpoint: { url: `https://127.0.0.1:${stub.port}` },
      caBundle: stub.caBundle,
      entries: [
        {
          name: 'validate.strict.test',
          path: '/validate',
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': acmeDev } },
        },
      ],
    },
    [{ object: bad('forbidden'), until: 'refused' }],
  );
  for (const name of Object.keys(answers)) {
    const app = await deliver(acmeDev, name, { force: true });
    const live = configMap(acmeDev, name, { level: 'good' });
    t.match(await app.outcomeOf(await app.push([live])), { status: 'True' });
    t.match(await app.outcomeOf(await app.push([bad(name)])), { status: 'False' });
    t.equal(await isThere(live), name === 'forbidden', name);
  }
});
