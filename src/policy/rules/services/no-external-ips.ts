import { Type } from '../../../algebra/schema.ts';
import type { LoadBalancerIngress, Service } from '../../objects/service.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import type { Subject } from '../../subject.ts';

export const noExternalIps = defineCheckRule({
  id: 'services/no-external-ips',
  title: 'Services take over no addresses',
  severity: 'critical',
  rationale:
    'Every node sends what goes to an external IP of a Service to the pods of that Service, whoever the address belongs to: a tenant that sets one receives what others send there (CVE-2020-8554). The load balancer’s addresses in the status do the same, and may be written by whoever may update services/status.',
  remediation: 'Use a Service of type LoadBalancer, an Ingress or a route; their controllers write the status.',
  kinds: ['Service'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/service/#external-ips',
    'https://github.com/kubernetes/kubernetes/issues/97076',
    'https://github.com/kubernetes/enhancements/issues/5707',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject) {
    for (const [index, address] of (subject.object.spec?.externalIPs ?? []).entries()) {
      yield {
        field: `spec.externalIPs[${index}]`,
        message: `${JSON.stringify(address)} draws to this Service what anybody in the cluster sends to that address`,
        fix: 'Remove the address; expose the Service by a load balancer, an Ingress or a route.',
      };
    }
    yield* judgeStatus(subject);
  },
});

/** Addresses that the old object did not have: those that a controller has written are no matter of later updates. */
function* judgeStatus({ object, old, principal }: Subject<'Service'>): Iterable<Violation> {
  if (principal.kind !== 'tenant' || old === undefined) return;
  const before = new Set(ingressesOf(old).map(keyOf));
  for (const [index, ingress] of ingressesOf(object).entries()) {
    if (before.has(keyOf(ingress))) continue;
    yield {
      field: `status.loadBalancer.ingress[${index}]`,
      message: `${JSON.stringify(ingress.ip ?? ingress.hostname ?? '')} is written by a tenant, and draws to this Service what others send there; only the controller of load balancers knows its addresses`,
      fix: 'Leave the status to the controller.',
    };
  }
}

function ingressesOf({ status }: Service): readonly LoadBalancerIngress[] {
  return status?.loadBalancer?.ingress ?? [];
}

function keyOf({ ip, hostname }: LoadBalancerIngress): string {
  return JSON.stringify([ip ?? '', hostname ?? '']);
}
