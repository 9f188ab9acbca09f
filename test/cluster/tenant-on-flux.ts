import { type Test } from 'tap';
import { startArtifactServer } from './artifact-server.ts';
import { type KubernetesObject } from './cluster.ts';
import { startFluxDelivery, type FluxDelivery } from './flux-delivery.ts';
import { startKustomizeController, type KustomizeController } from './kustomize-controller.ts';
import { expectSuccess } from './kubectl.ts';
import { requireAddons } from './require-addons.ts';
import { type ConnectedCluster } from './session.ts';
import { createTenants, type Tenants } from './tenants.ts';
import { startTenantgate, type RunningTenantgate, type TenantgateOptions } from './tenantgate.ts';

/** A cluster with Flux and Tenantgate, and tenants who deliver through Flux. All of it ends with the test. */
export interface TenantOnFlux {
  readonly tenants: Tenants;
  readonly tenantgate: RunningTenantgate;
  readonly controller: KustomizeController;
  /** A repository of a tenant, which Flux brings into that namespace as the tenant's service account. */
  readonly deliver: (namespace: string, name: string, spec?: object) => Promise<FluxDelivery>;
  /** What the API server says when the tenant applies the object with kubectl: the refusal, as Flux gets it too. */
  readonly refusalOf: (object: KubernetesObject) => Promise<string>;
  readonly isThere: (object: KubernetesObject) => Promise<boolean>;
}

export interface TenantOnFluxOptions {
  /** Of the namespaces; each test has its own. */
  readonly prefix: string;
  readonly isLockedDown: boolean;
  readonly mode?: TenantgateOptions['mode'];
}

export async function startTenantOnFlux(
  t: Test,
  cluster: ConnectedCluster,
  { prefix, isLockedDown, mode = 'enforce' }: TenantOnFluxOptions,
): Promise<TenantOnFlux> {
  const addons = requireAddons(t, cluster);
  const artifacts = await startArtifactServer();
  t.teardown(() => artifacts.close());
  const controller = await startKustomizeController(cluster, addons, { isLockedDown });
  t.teardown(() => controller.stop());
  const tenantgate = await startTenantgate(cluster, { mode });
  t.teardown(() => tenantgate.stop());
  const tenants = await createTenants(cluster, prefix);
  return {
    tenants,
    tenantgate,
    controller,
    deliver: (namespace, name, spec = {}) => startFluxDelivery(cluster, artifacts, { namespace, name, spec }),
    refusalOf: async (object) => {
      const { stderr } = await cluster.apply([object], { ...tenants.asAcme, dryRun: true, serverSide: true });
      return stderr.slice(Math.max(0, stderr.indexOf('admission webhook '))).trimEnd();
    },
    isThere: async ({ kind, metadata: { namespace = '', name = '' } }) => {
      const get = ['get', kind, name, `--namespace=${namespace}`, '--ignore-not-found', '--output=name'];
      return expectSuccess(await cluster.kubectl(get)) !== '';
    },
  };
}
