import { Type } from '../../../algebra/schema.ts';
import type { Owner } from '../../../tenancy/owner.ts';
import { displayOwner } from '../../display-owner.ts';
import { foreignOwner } from '../../foreign-owner.ts';
import { ownsHost, type OwnedHost } from '../../objects/host-owner.ts';
import type { Kind } from '../../objects/kinds.ts';
import type { Ingress, ReferenceGrant, Route, RouteReference } from '../../objects/route.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import type { Subject } from '../../subject.ts';

const routeKinds = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'] as const satisfies readonly Kind[];

type RouteKind = (typeof routeKinds)[number];

const strings = (preset: readonly string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: [...preset], description });

interface Params {
  readonly hosts: readonly OwnedHost[];
  readonly allowedNamespaces: readonly string[];
  readonly forbiddenAnnotations: readonly string[];
}

type Context = RuleContext<Params>;

export const routeWithinTenant = defineCheckRule({
  id: 'services/route-within-tenant',
  title: 'Ingresses and routes stay in their tenant',
  severity: 'high',
  rationale:
    'Ingress controllers and gateways are shared. A tenant that claims the host of another gets its traffic; a route whose backend is in another namespace sends there; a ReferenceGrant lets others in; and a snippet annotation writes the configuration of the shared controller, with its rights. Who owns which host is a list in the params, since the order in which Ingresses were made proves nothing: without a list hosts are not judged. A Gateway of the platform decides by its own allowedRoutes whom it lets in.',
  remediation:
    'Use hosts of the tenant, and refer to Gateways of the platform or of the tenant, and to Services of the tenant.',
  kinds: ['Ingress', ...routeKinds, 'ReferenceGrant'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      hosts: Type.Array(
        Type.Object(
          {
            host: Type.String({ minLength: 1 }),
            tenants: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
          },
          { additionalProperties: false },
        ),
        {
          default: [],
          description:
            'Who owns which hosts: `host` such as `shop.example.com`, or `*.shop.example.com` for all below it, and `tenants`. `{tenant}` in a host stands for the name of the tenant. Empty: hosts are not judged.',
        },
      ),
      allowedNamespaces: strings([], 'Namespaces beyond the tenant that routes and grants may name.'),
      forbiddenAnnotations: strings(
        ['haproxy-ingress.github.io/config-backend', 'haproxy-ingress.github.io/config-frontend'],
        'Annotations that write the configuration of a controller, beside all whose name ends in `-snippet` or `-snippets`.',
      ),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://gateway-api.sigs.k8s.io/api-types/referencegrant/',
    'https://gateway-api.sigs.k8s.io/concepts/security-model/',
    'https://kubernetes.io/docs/concepts/services-networking/ingress/',
    'https://github.com/kubernetes/ingress-nginx/issues/7837',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    const home = namespaceOf(subject);
    yield* judgeAnnotations(subject, context.params.forbiddenAnnotations);
    if (subject.kind === 'Ingress') {
      yield* judgeHosts(hostsOfIngress(subject.object as Ingress), context);
    } else if (subject.kind === 'ReferenceGrant') {
      for (const [index, from] of ((subject.object as ReferenceGrant).spec?.from ?? []).entries()) {
        yield* judgeGrant(from, `spec.from[${index}].namespace`, home, context);
      }
    } else {
      yield* judgeRoute(subject.kind, subject.object as Route, home, context);
    }
  },
});

function* judgeAnnotations({ object }: Subject, forbidden: readonly string[]): Iterable<Violation> {
  const annotations = object.metadata?.annotations ?? {};
  for (const key of Object.keys(annotations).sort()) {
    if (!forbidden.includes(key) && !key.endsWith('-snippet') && !key.endsWith('-snippets')) continue;
    yield {
      field: `metadata.annotations[${JSON.stringify(key)}]`,
      message: 'writes into the configuration of a controller that all tenants share',
      fix: 'Remove the annotation.',
      basis: annotations[key],
    };
  }
}

/** A host with the path of its field; an empty one stands for every host. */
type Host = readonly [field: string, host: string];

function hostsOfIngress({ spec }: Ingress): readonly Host[] {
  const rules = (spec?.rules ?? []).map(({ host }, index): Host => [`spec.rules[${index}].host`, host ?? '']);
  const tls = (spec?.tls ?? []).flatMap(({ hosts }, index) =>
    (hosts ?? []).map((host, place): Host => [`spec.tls[${index}].hosts[${place}]`, host]),
  );
  const isCatchAll = spec?.defaultBackend !== undefined && spec.defaultBackend !== null;
  return [...(isCatchAll ? [['spec.defaultBackend', ''] as const] : []), ...rules, ...tls];
}

function* judgeHosts(hosts: readonly Host[], context: Context): Iterable<Violation> {
  const { owner, params } = context;
  if (params.hosts.length === 0 || hosts.length === 0) return;
  if (owner === undefined) {
    context.ownerNeeded();
    return;
  }
  const tenant = owner.kind === 'tenant' ? owner.tenant : undefined;
  for (const [field, host] of hosts) {
    if (host !== '' && ownsHost(host, tenant, params.hosts)) continue;
    const who = tenant === undefined ? 'a namespace of no tenant' : `tenant ${JSON.stringify(tenant)}`;
    const message = `${JSON.stringify(host)} is not among the hosts of ${who}`;
    yield {
      field,
      message: host === '' ? 'stands for every host, those of other tenants too' : message,
      fix: 'Use a host of the tenant, or have the platform assign this one.',
    };
  }
}

function* judgeRoute(kind: RouteKind, { spec }: Route, home: string, context: Context): Iterable<Violation> {
  for (const [index, parent] of (spec?.parentRefs ?? []).entries()) {
    yield* judgeParent(parent, `spec.parentRefs[${index}].namespace`, home, context);
  }
  for (const [field, backend] of backendsOf(spec)) yield* judgeBackend(backend, `${field}.namespace`, home, context);
  // Those two have no hostnames.
  if (kind === 'TCPRoute' || kind === 'UDPRoute') return;
  const hostnames = spec?.hostnames ?? [];
  // Without hostnames a route takes every host of its Gateway's listener.
  const hosts = hostnames.map((host, index): Host => [`spec.hostnames[${index}]`, host]);
  yield* judgeHosts(hosts.length === 0 ? [['spec.hostnames', '']] : hosts, context);
}

type Backend = readonly [field: string, reference: RouteReference | null | undefined];

function* backendsOf(spec: Route['spec']): Iterable<Backend> {
  for (const [index, rule] of (spec?.rules ?? []).entries()) {
    yield* backendsOfFilters(rule.filters, `spec.rules[${index}]`);
    for (const [place, backend] of (rule.backendRefs ?? []).entries()) {
      const field = `spec.rules[${index}].backendRefs[${place}]`;
      yield [field, backend];
      yield* backendsOfFilters(backend.filters, field);
    }
  }
}

type Filters = NonNullable<NonNullable<NonNullable<Route['spec']>['rules']>[number]['filters']>;

/** Filters send copies of requests, or ask for leave, elsewhere. */
function* backendsOfFilters(filters: Filters | null | undefined, field: string): Iterable<Backend> {
  for (const [index, { requestMirror, externalAuth }] of (filters ?? []).entries()) {
    yield [`${field}.filters[${index}].requestMirror.backendRef`, requestMirror?.backendRef];
    yield [`${field}.filters[${index}].externalAuth.backendRef`, externalAuth?.backendRef];
  }
}

/** Attaching to a Gateway of the platform is for the Gateway to allow. */
function* judgeParent(reference: RouteReference, field: string, home: string, context: Context): Iterable<Violation> {
  const other = otherThan(reference, home, context);
  if (other === undefined || isPlatform(other)) return;
  yield {
    field,
    message: `${namedOther(reference, other)}, and the route would attach to what is there`,
    fix: 'Attach to a Gateway of the platform, or of the tenant.',
  };
}

function* judgeBackend(reference: Backend[1], field: string, home: string, context: Context): Iterable<Violation> {
  const other = otherThan(reference, home, context);
  if (other === undefined) return;
  yield {
    field,
    message: `${namedOther(reference, other)}, and the route would send there`,
    fix: 'Send to Services of the tenant’s own namespaces.',
  };
}

/** The platform is in already; anybody else would be let in. */
function* judgeGrant(reference: RouteReference, field: string, home: string, context: Context): Iterable<Violation> {
  const other = otherThan(reference, home, context);
  if (other === undefined || isPlatform(other)) return;
  yield {
    field,
    message: `${namedOther(reference, other)}, and what is there would be let in`,
    fix: 'Grant to namespaces of the tenant only.',
  };
}

type Other = Owner | 'missing';

/** Whose the namespace of a reference is, where it is somebody else's; an absent one is the object's own. */
function otherThan(reference: Backend[1], home: string, context: Context): Other | undefined {
  const namespace = reference?.namespace ?? '';
  if (namespace === '' || context.params.allowedNamespaces.includes(namespace)) return undefined;
  return foreignOwner(namespace, home, context);
}

function isPlatform(other: Other): boolean {
  return other !== 'missing' && other.kind === 'platform';
}

function namedOther(reference: Backend[1], other: Other): string {
  return `${JSON.stringify(reference?.namespace)} ${other === 'missing' ? 'does not exist' : displayOwner(other)}`;
}
