import type { FactReader, NamespaceIndex } from '../admission/fact-ports.ts';
import { createManifestFacts } from '../manifests/manifest-facts.ts';
import type { ManifestFault } from '../manifests/manifest-document.ts';
import { readManifestObject } from '../manifests/manifest-object.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { createObjectReader } from '../policy/objects/read-object.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';

/** A cluster made of manifests: what `serve` knows in development mode. */
export interface DevelopmentCluster {
  readonly namespaces: NamespaceIndex;
  readonly reader: FactReader;
  readonly faults: readonly ManifestFault[];
}

/** Reads Namespaces, NetworkPolicies and Pods of the files. What is not there does not exist. */
export function readDevelopmentCluster(paths: readonly string[], tenancy: Tenancy, today: string): DevelopmentCluster {
  const { documents, faults } = readManifests(paths, undefined);
  const read = createObjectReader();
  const objects = documents.map((document) => readManifestObject(document, 'default', read));
  const facts = createManifestFacts({
    tenancy,
    objects,
    givenNamespaces: [],
    assumedTenant: undefined,
    today,
    running: objects,
  });
  const size = objects.filter(({ judged }) => judged?.kind === 'Namespace').length + tenancy.platformNamespaces.size;
  return {
    namespaces: {
      get: (name) => facts.namespace(name),
      all: () => facts.namespaces?.(),
      size,
      fluxControllers: facts.fluxControllers,
    },
    reader: {
      readNamespace: (name) => orUnknown(facts.namespace(name), `namespace ${name}`),
      listNetworkPolicies: (namespace) => orUnknown(facts.networkPoliciesOf(namespace), `policies of ${namespace}`),
      listResourceQuotas: (namespace) => orUnknown(facts.resourceQuotasOf(namespace), `quotas of ${namespace}`),
      listLimitRanges: (namespace) => orUnknown(facts.limitRangesOf(namespace), `limit ranges of ${namespace}`),
      listPodTemplates: (namespace) => orUnknown(facts.podTemplatesOf(namespace), `pod templates of ${namespace}`),
      listPods: (namespace) => orUnknown(facts.podsOf(namespace), `pods of ${namespace}`),
    },
    faults: [...faults, ...facts.faults],
  };
}

function orUnknown<T>(fact: T | undefined, what: string): Promise<T> {
  return fact === undefined
    ? Promise.reject(new Error(`${what} cannot be told from the manifests`))
    : Promise.resolve(fact);
}
