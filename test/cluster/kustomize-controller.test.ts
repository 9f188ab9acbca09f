import t from 'tap';
import { startArtifactServer } from './artifact-server.ts';
import { createGitRepository } from './git-repository.ts';
import { startKustomizeController } from './kustomize-controller.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, kustomization } from './manifests.ts';
import { requireAddons } from './require-addons.ts';
import { connectControlPlane } from './session.ts';
import { waitFor } from './wait-for.ts';

const cluster = await connectControlPlane();
const addons = requireAddons(t, cluster);
const namespace = 'kustomize-test';
const artifacts = await startArtifactServer();
t.teardown(() => artifacts.close());
const controller = await startKustomizeController(cluster, addons, { isLockedDown: false });
t.teardown(() => controller.stop());

async function untilApplied(revision: string): Promise<void> {
  const path = '--output=jsonpath={.status.lastAppliedRevision}';
  const get = ['get', 'kustomization', 'app', `--namespace=${namespace}`, path];
  const isApplied = async (): Promise<boolean> => expectSuccess(await cluster.kubectl(get)) === revision;
  await waitFor(`${revision} to be applied`, isApplied, { timeoutMs: 30_000 });
}

t.test('it applies what a revision brings, as the service account, and prunes what the next one lacks', async (t) => {
  expectSuccess(await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]));
  const bind = ['create', 'rolebinding', 'deployer', `--namespace=${namespace}`, '--clusterrole=cluster-admin'];
  expectSuccess(await cluster.kubectl([...bind, `--serviceaccount=${namespace}:deployer`]));
  const repository = await createGitRepository(cluster, artifacts, { namespace, name: 'app' });
  const first = await repository.push([configMap(namespace, 'one', { a: '1' }), configMap(namespace, 'two')]);
  expectSuccess(await cluster.apply([kustomization(namespace, 'app', {})]));
  await untilApplied(first);
  const event = await cluster.waitForAuditEvent(
    'the ConfigMap',
    ({ objectRef, verb }) => verb === 'patch' && objectRef?.namespace === namespace && objectRef.name === 'one',
  );
  t.equal(event.user.username, 'system:serviceaccount:flux-system:kustomize-controller');
  t.equal(event.impersonatedUser?.username, `system:serviceaccount:${namespace}:deployer`);

  await untilApplied(await repository.push([configMap(namespace, 'one', { a: '2' })]));
  const get = ['get', 'configmaps', `--namespace=${namespace}`, '--output=jsonpath={.items[*].metadata.name}'];
  t.equal(expectSuccess(await cluster.kubectl(get)), 'kube-root-ca.crt one');
  t.match(await controller.log(), 'server-side apply completed');
});
