import { type Addons } from './addons.ts';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { type ManagedProcess } from './managed-process.ts';
import { installModuleCrds } from './module-crds.ts';
import { startProcessGroup } from './process-group.ts';

export interface CertManager {
  /** Waits until a Certificate is ready: its Secret is there. */
  untilIssued(namespace: string, certificate: string): Promise<void>;
  /** Waits until every webhook of a configuration has a CA bundle, and returns one of them in PEM. */
  untilInjected(resource: string, name: string): Promise<string>;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/**
 * Starts the controller and the cainjector of cert-manager, after installing the CRDs. Both act as the administrator: what
 * rights they have is no subject of these tests. Its webhook is left out: it only validates what the CRDs' schema does not.
 */
export async function startCertManager(cluster: Cluster, addons: Addons): Promise<CertManager> {
  const crds = { module: 'github.com/cert-manager/cert-manager', folder: 'deploy/crds' };
  const installed = await installModuleCrds(cluster, [crds]);
  if (!installed.ok) throw new Error(installed.message);
  const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cert-manager' } };
  expectSuccess(await cluster.apply([namespace], { serverSide: true }));
  const processes = await startProcessGroup('tenantgate-cert-manager-');
  const start = (name: string, command: string): ManagedProcess =>
    processes.start({ name, command, args: [], env: { KUBECONFIG: cluster.kubeconfig } });
  const controller = start('cert-manager-controller', addons.certManagerController);
  const cainjector = start('cert-manager-cainjector', addons.certManagerCainjector);
  const options = { timeoutMs: TIMEOUT_MS };
  return {
    untilIssued: async (namespace, certificate) => {
      const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
      const get = ['get', 'certificate', certificate, `--namespace=${namespace}`, `--output=${ready}`];
      const isReady = async (): Promise<boolean> => expectSuccess(await cluster.kubectl(get)) === 'True';
      await processes.until(controller, `Certificate ${namespace}/${certificate} to be ready`, isReady, options);
    },
    untilInjected: (resource, name) =>
      processes.until(
        cainjector,
        `the CA bundles of ${resource} ${name}`,
        async () => {
          const text = expectSuccess(await cluster.kubectl(['get', resource, name, '--output=json']));
          const bundles = caBundlesOf(JSON.parse(text) as WebhookConfiguration);
          return bundles.every((bundle) => bundle !== '') && Buffer.from(bundles[0] ?? '', 'base64').toString('utf8');
        },
        options,
      ),
    stop: () => processes.stopAll(),
  };
}

interface WebhookConfiguration {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

function caBundlesOf({ webhooks = [] }: WebhookConfiguration): readonly string[] {
  return webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? '');
}
