import { type ArtifactServer } from './artifact-server.ts';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';

/** A GitRepository whose content a test decides. */
export interface GitRepository {
  readonly namespace: string;
  readonly name: string;
  /** Makes these manifests its newest revision, which has Flux reconcile what depends on it. Returns the revision. */
  push(objects: readonly KubernetesObject[]): Promise<string>;
}

/** Makes the object and reports its artifacts as source-controller would, which is not there to contradict. */
export async function createGitRepository(
  cluster: Cluster,
  artifacts: ArtifactServer,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<GitRepository> {
  const repository: KubernetesObject = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace },
    spec: { interval: '1h', url: `https://git.example/${namespace}/${name}.git` },
  };
  expectSuccess(await cluster.apply([repository]));
  let commits = 0;
  return {
    namespace,
    name,
    push: async (objects) => {
      const artifact = await artifacts.publish(objects);
      commits += 1;
      const revision = `main@sha1:${String(commits).padStart(40, '0')}`;
      const status = { artifact: { ...artifact, revision, lastUpdateTime: new Date().toISOString() } };
      const patch = ['patch', 'gitrepository', name, `--namespace=${namespace}`, '--subresource=status'];
      expectSuccess(await cluster.kubectl([...patch, '--type=merge', '--patch', JSON.stringify({ status })]));
      return revision;
    },
  };
}
