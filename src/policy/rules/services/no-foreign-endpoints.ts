import { containsAddress, ipSetsOverlap, isIpSubset, parseAddress, type IpSet } from '../../../algebra/ip-set.ts';
import { isPortSubset, parsePorts } from '../../../algebra/port-set.ts';
import { Type } from '../../../algebra/schema.ts';
import { flowsFor } from '../../../tenancy/tenancy.ts';
import { foreignOwner } from '../../foreign-owner.ts';
import { addressesOfEndpoints, addressesOfSlice, type EndpointView } from '../../objects/endpoint-view.ts';
import type { EndpointPort } from '../../objects/service.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import { actsForPlatform, type Subject } from '../../subject.ts';

/** Other namespaces whose pods are looked at for one object; what more are named is not believed. */
const mostNamespaces = 8;

const fix =
  'Give the Service a selector, and Kubernetes keeps its endpoints. Addresses outside the cluster need an approved egress flow.';

export const noForeignEndpoints = defineCheckRule({
  id: 'services/no-foreign-endpoints',
  title: 'Endpoints are the tenant’s own pods',
  severity: 'critical',
  rationale:
    'Ingress controllers, gateways and load balancers of the platform send to whatever address an Endpoints or EndpointSlice holds. Written by hand it points a tenant’s Service at another tenant’s pods, at nodes or at the metadata service, past the NetworkPolicies that hold the tenant’s own pods (CVE-2021-25740). Addresses have to be those of pods of the tenant, or lie in an approved egress flow on its ports. Whoever may write pods/status could still lie about the address of a pod.',
  remediation:
    'Let Kubernetes make endpoints from the selector of the Service. For something outside the cluster, have the platform approve a flow.',
  kinds: ['Endpoints', 'EndpointSlice'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['podsOf', 'namespace'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors',
    'https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/',
    'https://github.com/kubernetes/kubernetes/issues/103675',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    if (actsForPlatform(subject.principal)) return;
    const pods = new OwnPods(namespaceOf(subject), context);
    for (const view of endpointsOf(subject)) {
      const message = problemOf(view, pods, context);
      if (message !== undefined) yield violationOf(view, message);
    }
  },
});

function endpointsOf({ kind, object }: Subject<'Endpoints' | 'EndpointSlice'>): Iterable<EndpointView> {
  return kind === 'Endpoints' ? addressesOfEndpoints(object) : addressesOfSlice(object);
}

/** On other ports the same address is another violation. */
function violationOf({ field, address, ports }: EndpointView, problem: string): Violation {
  return { field, message: `${JSON.stringify(address)} ${problem}`, fix, basis: ports };
}

/** Addresses of the pods of the tenant, namespace by namespace, as far as endpoints name them. */
class OwnPods {
  readonly #home: string;
  readonly #context: RuleContext<object>;
  readonly #byNamespace = new Map<string, ReadonlySet<string> | undefined>();

  constructor(home: string, context: RuleContext<object>) {
    this.#home = home;
    this.#context = context;
  }

  /** Whether it is certain that no pod of the tenant has the address; where pods are not known, the gap is noted. */
  hasNone(address: string, targetNamespace: string): boolean {
    const namespaces = targetNamespace === '' ? [this.#home] : [this.#home, targetNamespace];
    return namespaces.every((namespace) => this.#addressesIn(namespace)?.has(address) === false);
  }

  #addressesIn(namespace: string): ReadonlySet<string> | undefined {
    if (!this.#byNamespace.has(namespace)) this.#byNamespace.set(namespace, this.#look(namespace));
    return this.#byNamespace.get(namespace);
  }

  #look(namespace: string): ReadonlySet<string> | undefined {
    if (this.#byNamespace.size > mostNamespaces) return new Set();
    const { facts } = this.#context;
    if (namespace !== this.#home) {
      if (facts.namespace(namespace) === undefined) return undefined;
      if (foreignOwner(namespace, this.#home, this.#context) !== undefined) return new Set();
    }
    // A pod on the host's network has the address of its node.
    const pods = facts.podsOf(namespace)?.filter(({ hostNetwork }) => !hostNetwork);
    return pods === undefined ? undefined : new Set(pods.flatMap(({ addresses }) => addresses ?? []));
  }
}

function problemOf(view: EndpointView, pods: OwnPods, context: RuleContext<object>): string | undefined {
  if (view.isName) return 'is a name, which leads wherever its owner likes';
  const parsed = parseAddress(view.address, view.field);
  if (!parsed.ok) return 'is not an IP address that every program reads alike';
  const { forbiddenAddresses } = context.tenancy;
  if (ipSetsOverlap(parsed.value, forbiddenAddresses)) return 'is a forbidden address';
  if (isInFlow(parsed.value, view.ports, context)) return undefined;
  return pods.hasNone(view.address, view.targetNamespace)
    ? `is the address of no pod of the tenant${whereTo(view.address, context)}`
    : undefined;
}

function whereTo(address: string, { tenancy }: RuleContext<object>): string {
  const range = tenancy.clusterRanges.find(({ addresses }) => containsAddress(addresses, address));
  return range === undefined ? '' : ` and lies in the cluster’s ${range.name} range, where it may be anybody’s`;
}

/** Whether the tenant may call the address on each of the ports by an approved flow. */
function isInFlow(address: IpSet, ports: readonly EndpointPort[], { owner, tenancy }: RuleContext<object>): boolean {
  const tenant = owner?.kind === 'tenant' ? owner.tenant : undefined;
  const flows = flowsFor(tenancy, 'egress', tenant).filter(
    ({ addresses }) => addresses !== undefined && isIpSubset(address, addresses),
  );
  if (flows.length === 0) return false;
  const wanted = parsePorts(
    ports.map(({ port, protocol }) => ({ port, protocol })),
    'ports',
  );
  return wanted.ok && flows.some((flow) => isPortSubset(wanted.value, flow.ports));
}
