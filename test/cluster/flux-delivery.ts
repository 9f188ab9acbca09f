import { type ArtifactServer } from './artifact-server.ts';
import { type Cluster } from './cluster.ts';
import { fluxKustomization, type FluxKustomization } from './flux-kustomization.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';
import { expectSuccess } from './kubectl.ts';
import { gitSource, kustomization } from './manifests.ts';

/** A tenant's repository and the Kustomization that brings it into the tenant's namespace. */
export type FluxDelivery = GitRepository & FluxKustomization;

/** Reconciled, and tried again after a failure, every other second, so that a test sees several intervals. */
const interval = '2s';

export async function startFluxDelivery(
  cluster: Cluster,
  artifacts: ArtifactServer,
  { namespace, name, spec }: { readonly namespace: string; readonly name: string; readonly spec: object },
): Promise<FluxDelivery> {
  const repository = await createGitRepository(cluster, artifacts, { namespace, name });
  const settings = { interval, retryInterval: interval, ...gitSource(name), ...spec };
  expectSuccess(await cluster.apply([kustomization(namespace, name, settings)]));
  return { ...repository, ...fluxKustomization(cluster, namespace, name) };
}
