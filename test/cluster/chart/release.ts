import { setTimeout as delay } from 'node:timers/promises';

import { type Addons } from '../addons.ts';
import { type ApplyOptions, type Cluster } from '../cluster.ts';
import { helmFor } from '../helm.ts';
import { expectSuccess, type KubectlOutcome } from '../kubectl.ts';
import { networkPolicy } from '../manifests.ts';
import { chartFolder, type Webhook } from './rendered-chart.ts';

/** A webhook configuration as it is stored. */
export interface Configuration {
  readonly metadata: { readonly uid: string; readonly annotations: Readonly<Record<string, string>> };
  readonly webhooks: readonly Webhook[];
}

/** What a loop of requests met. */
export interface LoopOutcome {
  readonly attempts: number;
  /** What kubectl said of each request that did not succeed. */
  readonly failures: readonly string[];
}

export const releaseNamespace = 'tenantgate-system';

/** A port that needs no privilege on this machine, and a short drain: the rest are the chart's defaults. */
export const testValues = ['--set=service.port=8443', '--set=server.drainSeconds=2'];

const inRelease = [`--namespace=${releaseNamespace}`, '--timeout=90s'];
const longEnough = { timeoutMs: 180_000 };
export const everyNamespace = { ingress: [{ from: [{ namespaceSelector: {} }] }] };
const ownPods = { ingress: [{ from: [{ podSelector: {} }] }] };

/** The chart as a release on a cluster, and a tenant who tries what it admits and what it denies. */
export function releaseOn(
  cluster: Cluster,
  addons: Addons,
  tenant: { readonly namespace: string; readonly as: ApplyOptions },
) {
  const helm = helmFor(cluster, addons);
  const tryPolicy = (name: string, spec: object): Promise<KubectlOutcome> =>
    cluster.apply([networkPolicy(tenant.namespace, name, spec)], { ...tenant.as, dryRun: true });
  const tryGoodPolicy = (): Promise<KubectlOutcome> => tryPolicy('good', ownPods);
  return {
    /**
     * Takes away what other tests have left: the Service by which those without the chart have called their server, since Helm
     * adopts none, and the Secrets, which cert-manager keeps after their Certificates.
     */
    makeRoom: async (): Promise<void> => {
      const left = ['service/tenantgate', 'secret/tenantgate-tls', 'secret/tenantgate-ca'];
      const remove = ['delete', ...left, `--namespace=${releaseNamespace}`, '--ignore-not-found'];
      expectSuccess(await cluster.kubectl(remove));
    },
    install: (...args: readonly string[]) =>
      helm(
        ['install', 'tenantgate', chartFolder, ...inRelease, '--create-namespace', ...testValues, ...args],
        longEnough,
      ),
    upgrade: (...args: readonly string[]) =>
      helm(['upgrade', 'tenantgate', chartFolder, ...inRelease, '--wait', ...args], longEnough),
    rollback: (...args: readonly string[]) =>
      helm(['rollback', 'tenantgate', ...args, ...inRelease, '--wait'], longEnough),
    uninstall: (...args: readonly string[]) => helm(['uninstall', 'tenantgate', ...inRelease, ...args], longEnough),
    /** A policy that lets every tenant in, applied by a tenant in dry run: what the webhook says shows, and nothing is kept. */
    tryBroadPolicy: () => tryPolicy('broad', everyNamespace),
    tryGoodPolicy,
    registration: async (kind: 'validating' | 'mutating' = 'validating'): Promise<Configuration | undefined> => {
      const get = ['get', `${kind}webhookconfiguration`, 'tenantgate', '--ignore-not-found', '--output=json'];
      const text = expectSuccess(await cluster.kubectl(get));
      return text === '' ? undefined : (JSON.parse(text) as Configuration);
    },
    /** Applies good policies until told to stop. */
    applyInLoop: (): { stop(): Promise<LoopOutcome> } => {
      const over = new AbortController();
      let attempts = 0;
      const failures: string[] = [];
      const loop = (async () => {
        while (!over.signal.aborted) {
          const { code, stderr } = await tryGoodPolicy();
          attempts += 1;
          if (code !== 0) failures.push(stderr);
          await delay(100);
        }
      })();
      return {
        stop: async () => {
          over.abort();
          await loop;
          return { attempts, failures };
        },
      };
    },
  };
}
