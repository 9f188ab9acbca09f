import { readFluxControllers, type FluxControllers } from '../policy/flux-controllers.ts';
import type { Facts } from '../policy/facts.ts';
import { podTemplateFactOf } from '../policy/objects/container-ports.ts';
import { podKinds, type JudgedObject, type Kind } from '../policy/objects/kinds.ts';
import type { NetworkPolicy } from '../policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../policy/objects/quota.ts';
import type { Pod } from '../policy/objects/pod.ts';
import { podFactOf } from '../policy/objects/pod-facts.ts';
import { podViewOf } from '../policy/objects/pod-view.ts';
import type { NamespaceFact } from '../tenancy/owner.ts';
import { isTrustedLabel, namespaceNameLabel, type Tenancy } from '../tenancy/tenancy.ts';
import type { ManifestFault } from './manifest-document.ts';
import type { ManifestObject } from './manifest-object.ts';

type Labels = Readonly<Record<string, string>>;

export interface ManifestFactsInput {
  readonly tenancy: Tenancy;
  /** What is checked. Its Namespaces, NetworkPolicies, Pods, workloads, ResourceQuotas and LimitRanges are facts as well. */
  readonly objects: readonly ManifestObject[];
  /** Namespaces as the operator gave them: they win over those that are checked. */
  readonly givenNamespaces: readonly ManifestObject[];
  /** Whose the namespaces are in which objects are but that nothing declares; undefined: nobody knows. */
  readonly assumedTenant: string | undefined;
  readonly today: string;
  /**
   * What is known to run as it is written. Flux's controllers among it are facts; among manifests that are yet to be built
   * they are not, since a patch may add the flags that count. Absent: nothing.
   */
  readonly running?: readonly ManifestObject[];
}

export interface ManifestFacts extends Facts {
  /** Namespaces that are declared in contradictory ways: what they are is not known. */
  readonly faults: readonly ManifestFault[];
}

/**
 * The facts that manifests give by themselves. A namespace that is neither declared nor the platform's is missing. What
 * is declared unreadably or in two ways is not known, so that whoever needs it stays undecided.
 */
export function createManifestFacts(input: ManifestFactsInput): ManifestFacts {
  const { tenancy, objects, givenNamespaces, assumedTenant, today } = input;
  const given = new NamespaceTable(tenancy, givenNamespaces);
  const declared = new NamespaceTable(tenancy, objects);
  const inUse = new Set(objects.map(({ judged }) => judged?.namespace));
  // The reader gives each object the shape of its kind.
  const policies = objectsByNamespace(objects, ['NetworkPolicy'], (object) => object as NetworkPolicy);
  const pods = objectsByNamespace(objects, ['Pod'], (object) => podFactOf(object as Pod));
  const podTemplates = objectsByNamespace(objects, templateKinds, (object, kind) => {
    const pod = podViewOf(kind, object);
    return pod === undefined ? undefined : podTemplateFactOf(pod);
  });
  const quotas = objectsByNamespace(objects, ['ResourceQuota'], (object) => object as ResourceQuota);
  const limitRanges = objectsByNamespace(objects, ['LimitRange'], (object) => object as LimitRange);
  function namespace(name: string): NamespaceFact | 'missing' | undefined {
    if (given.has(name)) return given.get(name);
    if (declared.has(name)) return declared.get(name);
    if (tenancy.platformNamespaces.has(name)) return namespaceFact(name, {});
    if (assumedTenant === undefined || !inUse.has(name)) return 'missing';
    return namespaceFact(name, { [tenancy.tenantLabel]: assumedTenant });
  }
  const names = new Set([...given.names(), ...declared.names(), ...tenancy.platformNamespaces, ...inUse]);
  const all = allOrNone([...names].map((name) => namespace(name ?? '')));
  return {
    today,
    namespace,
    namespaces: () => all,
    networkPoliciesOf: (name) => answerOf(policies, name),
    podsOf: (name) => answerOf(pods, name),
    podTemplatesOf: (name) => answerOf(podTemplates, name),
    resourceQuotasOf: (name) => answerOf(quotas, name),
    limitRangesOf: (name) => answerOf(limitRanges, name),
    fluxControllers: fluxControllersIn(input.running ?? [], tenancy),
    faults: [...given.faults, ...declared.faults],
  };
}

/** Kinds that pods are made from. */
const templateKinds = podKinds.filter((kind) => kind !== 'Pod');

/** All namespaces that exist, or undefined where one of them is not known. */
function allOrNone(found: readonly (NamespaceFact | 'missing' | undefined)[]): readonly NamespaceFact[] | undefined {
  if (found.includes(undefined)) return undefined;
  return found.filter((one) => one !== undefined && one !== 'missing');
}

/** Flux's controllers where the platform runs them; a Deployment of a tenant may have any name. */
function fluxControllersIn(running: readonly ManifestObject[], tenancy: Tenancy): FluxControllers {
  return readFluxControllers(
    running
      .filter(({ judged }) => judged?.kind === 'Deployment' && tenancy.platformNamespaces.has(judged.namespace ?? ''))
      .map(({ document }) => document.value),
  );
}

/** The API server puts the name on every namespace as a label, whatever the manifest says (KEP-2161). */
function namespaceFact(name: string, labels: Labels): NamespaceFact {
  return { name, labels: { ...labels, [namespaceNameLabel]: name } };
}

/** Namespaces by name; undefined for those that are not known for certain. */
class NamespaceTable {
  readonly faults: ManifestFault[] = [];
  readonly #tenancy: Tenancy;
  readonly #facts = new Map<string, NamespaceFact | undefined>();

  constructor(tenancy: Tenancy, objects: readonly ManifestObject[]) {
    this.#tenancy = tenancy;
    for (const object of objects) if (object.judged?.kind === 'Namespace') this.#add(object);
  }

  has(name: string): boolean {
    return this.#facts.has(name);
  }

  names(): Iterable<string> {
    return this.#facts.keys();
  }

  get(name: string): NamespaceFact | undefined {
    return this.#facts.get(name);
  }

  #add({ document, judged, reference }: ManifestObject): void {
    const { name } = reference;
    const fact =
      judged?.parsed.ok === true ? namespaceFact(name, judged.parsed.value.metadata?.labels ?? {}) : undefined;
    const present = this.#facts.get(name);
    if (!this.#facts.has(name)) {
      this.#facts.set(name, fact);
    } else if (fact === undefined || present === undefined || !this.#isSameProof(present.labels, fact.labels)) {
      this.#facts.set(name, undefined);
      const message = `Namespace ${JSON.stringify(name)} is declared more than once with different labels; whose it is cannot be told`;
      this.faults.push({ file: document.file, ...document.positionOf('metadata.labels'), message });
    }
  }

  /** Whether two label maps prove the same: what tenants may write proves nothing anyway. */
  #isSameProof(a: Labels, b: Labels): boolean {
    const keys = [...Object.keys(a), ...Object.keys(b)].filter((key) => isTrustedLabel(this.#tenancy, key));
    return keys.every((key) => Object.hasOwn(a, key) && Object.hasOwn(b, key) && a[key] === b[key]);
  }
}

interface ObjectsByNamespace<T> {
  readonly known: ReadonlyMap<string, readonly T[]>;
  /** Namespaces with an object that could not be read: nothing certain can be said of them. */
  readonly unknown: ReadonlySet<string>;
}

function objectsByNamespace<K extends Kind, T>(
  objects: readonly ManifestObject[],
  kinds: readonly K[],
  factOf: (object: JudgedObject, kind: K) => T | undefined,
): ObjectsByNamespace<T> {
  const known = new Map<string, T[]>();
  const unknown = new Set<string>();
  for (const { judged } of objects) {
    const kind = kinds.find((one) => one === judged?.kind);
    if (kind === undefined || judged?.namespace === undefined) continue;
    const { namespace, parsed } = judged;
    if (!parsed.ok) {
      unknown.add(namespace);
      continue;
    }
    const fact = factOf(parsed.value, kind);
    const list = known.get(namespace) ?? [];
    if (fact !== undefined) list.push(fact);
    known.set(namespace, list);
  }
  return { known, unknown };
}

function answerOf<T>({ known, unknown }: ObjectsByNamespace<T>, namespace: string): readonly T[] | undefined {
  return unknown.has(namespace) ? undefined : (known.get(namespace) ?? []);
}
