import type { FactReader } from '../admission/fact-ports.ts';
import type { PodFact, PodTemplateFact } from '../policy/facts.ts';
import { podTemplateFactOf, portsOfPodSpec } from '../policy/objects/container-ports.ts';
import { kinds, type Kind, type ObjectByKind } from '../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';
import { templateFactKinds } from '../policy/objects/pod-facts.ts';
import { podViewOf } from '../policy/objects/pod-view.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { itemsOf, labelsOf, namespaceFactOf, property } from './namespace-fact.ts';

/** Reads facts from the API server, each when it is asked for. */
export class LiveFactReader implements FactReader {
  readonly #client: ApiServerClient;
  readonly #read = createObjectReader();

  constructor(client: ApiServerClient) {
    this.#client = client;
  }

  async readNamespace(name: string, signal: AbortSignal): Promise<NamespaceFact | 'missing'> {
    // A name that no namespace can have needs no question; it must not become part of another path either.
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return 'missing';
    try {
      const fact = namespaceFactOf(await this.#client.getJson(`/api/v1/namespaces/${name}`, signal));
      if (fact === undefined) throw new Error('the API server’s answer is no Namespace');
      return fact;
    } catch (error) {
      if (error instanceof ApiServerError && error.statusCode === 404) return 'missing';
      throw error;
    }
  }

  listNetworkPolicies(namespace: string, signal: AbortSignal): Promise<readonly NetworkPolicy[]> {
    return this.#list('NetworkPolicy', 'networking.k8s.io/v1', namespace, signal);
  }

  listResourceQuotas(namespace: string, signal: AbortSignal): Promise<readonly ResourceQuota[]> {
    return this.#list('ResourceQuota', 'v1', namespace, signal);
  }

  listLimitRanges(namespace: string, signal: AbortSignal): Promise<readonly LimitRange[]> {
    return this.#list('LimitRange', 'v1', namespace, signal);
  }

  async listPods(namespace: string, signal: AbortSignal): Promise<readonly PodFact[]> {
    const selector = encodeURIComponent('status.phase!=Succeeded,status.phase!=Failed');
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?fieldSelector=${selector}`;
    return itemsOf(await this.#client.getJson(path, signal)).map(podFactOf);
  }

  async listPodTemplates(namespace: string, signal: AbortSignal): Promise<readonly PodTemplateFact[]> {
    const lists = await Promise.all(
      templateFactKinds.map(async (kind) => {
        const objects = await this.#list(kind, `${kinds[kind].group}/v1`, namespace, signal);
        return objects.map((object) => podViewOf(kind, object)).filter((pod) => pod !== undefined);
      }),
    );
    return lists.flat().map(podTemplateFactOf);
  }

  async #list<K extends Kind>(
    kind: K,
    apiVersion: string,
    namespace: string,
    signal: AbortSignal,
  ): Promise<readonly ObjectByKind[K][]> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const path = `${root}/namespaces/${encodeURIComponent(namespace)}/${kinds[kind].resource}`;
    return itemsOf(await this.#client.getJson(path, signal)).map((item) => {
      // Items of a list carry neither apiVersion nor kind.
      const object = this.#read(kind, { ...(item as object), apiVersion, kind });
      if (!object.ok) throw new Error(`the API server’s list holds something that is no ${kind}`);
      return object.value;
    });
  }
}

function podFactOf(item: unknown): PodFact {
  const metadata = property(item, 'metadata');
  const spec = property(item, 'spec');
  return {
    name: String(property(metadata, 'name')),
    labels: labelsOf(metadata),
    hostNetwork: property(spec, 'hostNetwork') === true,
    ports: portsOfPodSpec(spec),
    addresses: addressesOf(property(item, 'status')),
  };
}

function addressesOf(status: unknown): readonly string[] {
  const podIps = property(status, 'podIPs');
  const addresses = (Array.isArray(podIps) ? podIps : []).map((entry: unknown) => property(entry, 'ip'));
  return addresses.filter((address) => typeof address === 'string');
}
