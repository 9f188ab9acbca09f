import { intersectIpSets, ipSetsOverlap, parseAddress, type IpSet } from '../../../algebra/ip-set.ts';
import { Type } from '../../../algebra/schema.ts';
import type { Tenancy } from '../../../tenancy/tenancy.ts';
import { displayOwner } from '../../display-owner.ts';
import { foreignOwner } from '../../foreign-owner.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

const names = (preset: readonly string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: [...preset], description });

type Context = RuleContext<{
  readonly clusterDomains: readonly string[];
  readonly forbiddenNames: readonly string[];
  readonly allowedNames: readonly string[];
}>;

const field = 'spec.externalName';
const fix = 'Name a Service of the tenant’s own namespaces, or a name outside the cluster.';

export const noForeignExternalName = defineCheckRule({
  id: 'services/no-foreign-external-name',
  title: 'ExternalName Services lead to nobody else’s Services, nor to metadata services',
  severity: 'high',
  rationale:
    'An ExternalName Service is an alias that ingress controllers, gateways and other proxies follow with their own network access. An alias for another tenant’s Service, for the API server or for the metadata service of the cloud lets the tenant in where its NetworkPolicies do not reach. Names are judged as resolvers read them: in any case, with a final dot, and completed by the search domains of a pod.',
  remediation: 'Name a Service of the tenant’s own namespaces, or a name outside the cluster.',
  kinds: ['Service'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      clusterDomains: names(
        ['cluster.local', 'clusterset.local'],
        'Domains under which the Services of the cluster have their names.',
      ),
      forbiddenNames: names(
        [
          'instance-data.ec2.internal',
          'localhost',
          'metadata.azure.internal',
          'metadata.goog',
          'metadata.google.internal',
          'metadata.tencentyun.com',
        ],
        'Names that no Service may lead to, and all names below them.',
      ),
      allowedNames: names([], 'Names that are fine whatever they are, such as a Service that the platform shares.'),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/service/#externalname',
    'https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#namespaces-of-services',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    const { type, externalName } = subject.object.spec ?? {};
    if (type !== 'ExternalName' || externalName === undefined || externalName === null || externalName === '') return;
    const name = plain(externalName);
    if (context.params.allowedNames.some((allowed) => plain(allowed) === name)) return;
    const problem = problemOf(name, namespaceOf(subject), context);
    if (problem === undefined) return;
    const violation: Violation = { field, message: `${JSON.stringify(externalName)} ${problem}`, fix };
    yield violation;
  },
});

/** Names are compared without case, and a final dot only says that the name is complete (RFC 1034 section 3.1). */
function plain(name: string): string {
  let end = name.length;
  while (name.charAt(end - 1) === '.') end -= 1;
  return name.slice(0, end).toLowerCase();
}

function problemOf(name: string, home: string, context: Context): string | undefined {
  const labels = name.split('.');
  if (isNumeric(lastOf(labels))) return addressProblem(name, context.tenancy);
  const forbidden = context.params.forbiddenNames.map(plain).find((one) => isAtOrBelow(name, one));
  if (forbidden !== undefined) return `is ${JSON.stringify(forbidden)} or below it, which no Service may lead to`;
  const domain = context.params.clusterDomains.map(plain).find((one) => isAtOrBelow(name, one));
  if (domain !== undefined) {
    return clusterProblem(name.slice(0, Math.max(0, name.length - domain.length - 1)).split('.'), home, context);
  }
  return relativeProblem(labels, home, context);
}

function lastOf(labels: readonly string[]): string {
  return labels.slice(-1).join('');
}

function isAtOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/** Whether resolvers take the name for an IPv4 address: its last part is a number, in whichever notation. */
function isNumeric(label: string): boolean {
  return /^(\d+|0x[0-9a-f]*)$/.test(label);
}

function addressProblem(name: string, tenancy: Tenancy): string | undefined {
  const address = parseAddress(name, field);
  if (!address.ok) return 'is an address in a notation that programs read differently';
  if (ipSetsOverlap(address.value, tenancy.forbiddenAddresses)) return 'is a forbidden address';
  const range = rangeOf(address.value, tenancy);
  return range === undefined ? undefined : `is an address of the cluster’s ${range} range`;
}

function rangeOf(address: IpSet, tenancy: Tenancy): string | undefined {
  return tenancy.clusterRanges.find(({ addresses }) => ipSetsOverlap(intersectIpSets(address, addresses), address))
    ?.name;
}

/** A name below a cluster domain, without it: the namespace stands before `svc` or `pod`. */
function clusterProblem(labels: readonly string[], home: string, context: Context): string | undefined {
  const kind = labels.at(-1);
  const namespace = labels.at(-2) ?? '';
  if ((kind !== 'svc' && kind !== 'pod') || namespace === '') return 'is a name of the cluster that is no Service’s';
  const other = foreignOwner(namespace, home, context);
  if (other === undefined) return undefined;
  const quoted = JSON.stringify(namespace);
  return other === 'missing'
    ? `leads to namespace ${quoted}, which does not exist; whoever creates it would be meant`
    : `leads to namespace ${quoted}, which ${displayOwner(other)}`;
}

/** A name that the search domains of a pod may complete: its own namespace's, `svc.<domain>` and `<domain>`. */
function relativeProblem(labels: readonly string[], home: string, context: Context): string | undefined {
  const last = lastOf(labels);
  if (labels.length === 1) return 'is a Service in the namespace of whoever follows it';
  if (last === 'svc' || last === 'pod') return clusterProblem(labels, home, context);
  // <service>.<namespace> or <endpoint>.<service>.<namespace>; only a namespace that there is can be meant.
  if (labels.length > 3) return undefined;
  const other = foreignOwner(last, home, context);
  if (other === undefined || other === 'missing') return undefined;
  return `is a Service in namespace ${JSON.stringify(last)} for whoever follows it from a pod, and that ${displayOwner(other)}`;
}
