import t from 'tap';
import { installFluxCrds } from './flux-crds.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';

t.test('the API server knows the kinds of Flux once their CRDs are installed', async (t) => {
  const cluster = await connectControlPlane();
  const installed = await installFluxCrds(cluster);
  if (!installed.ok) {
    t.pass('installed', { skip: installed.message });
    return;
  }
  for (const kind of ['kustomizations.kustomize.toolkit.fluxcd.io', 'helmreleases.helm.toolkit.fluxcd.io']) {
    expectSuccess(await cluster.kubectl(['get', kind, '--all-namespaces', '--output=name']));
  }
  const spec = { interval: '5m', prune: true, sourceRef: { kind: 'GitRepository', name: 'app' } };
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'default' },
    spec,
  };
  t.equal((await cluster.apply([{ ...kustomization, spec: { ...spec, prune: 'yes' } }], { dryRun: true })).code, 1);
  expectSuccess(await cluster.apply([kustomization], { dryRun: true }));
});
