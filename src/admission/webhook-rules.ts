import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { Rule } from '../policy/rule.ts';
import type { Operation } from '../policy/subject.ts';

/** One rule of a webhook configuration: RuleWithOperations, admissionregistration.k8s.io/v1. */
export interface WebhookRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly Operation[];
  readonly resources: readonly string[];
  readonly scope: 'Cluster' | 'Namespaced';
}

/** A condition of a webhook, in CEL: MatchCondition, admissionregistration.k8s.io/v1. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/**
 * What an entry is about. Namespaces have one of their own: a namespaceSelector is matched against the labels that a Namespace
 * has after the change, so an entry that selects by the tenant label would never see the label go. Other objects of the whole
 * `cluster` have one, since a namespaceSelector exempts none of them: there the platform must be left out by who it is, or
 * nobody could install anything while no server runs.
 */
export type EntrySubject = 'namespaces' | 'cluster' | 'objects';

/** One webhook of a webhook configuration, as far as the rules decide it. */
export interface WebhookEntry {
  /** Fully qualified, as the API server wants it. */
  readonly name: string;
  /** Path of the server that answers. */
  readonly path: '/validate' | '/mutate';
  readonly rules: readonly WebhookRule[];
  readonly matchConditions: readonly MatchCondition[];
  readonly subject: EntrySubject;
}

/** What the API server must send for the rules to be in force. */
export interface WebhookRules {
  readonly validating: readonly WebhookEntry[];
  readonly mutating: readonly WebhookEntry[];
}

/** Every served version: an object must not go round a rule through an older one. */
const everyVersion = ['*'] as const;

const upkeepControllers = [
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'resourcequota-controller',
]
  .map((name) => `'system:serviceaccount:kube-system:${name}'`)
  .join(', ');

/**
 * The API server's own client is the platform's whatever it does. It writes its default ClusterRoles before it is ready,
 * and the status of a ResourceQuota for each pod: it must not wait for a webhook, nor fail with one. Neither must the
 * accounts of the controllers that keep endpoints and the use of quotas, which write nothing else, with each pod that comes or
 * goes.
 */
const matchConditions: readonly MatchCondition[] = [
  { name: 'not-the-api-server', expression: "request.userInfo.username != 'system:apiserver'" },
  { name: 'not-an-upkeep-controller', expression: `!(request.userInfo.username in [${upkeepControllers}])` },
];

const operationOrder: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE'];

/** Derives what the API server must send from the kinds and operations that the rules judge, and nothing beyond it. */
export function webhookRules(rules: readonly Rule[]): WebhookRules {
  return {
    validating: entriesOf('validate', operationsByKind(rules.filter((rule) => rule.type === 'check'))),
    mutating: entriesOf('mutate', operationsByKind(rules.filter((rule) => rule.type === 'default'))),
  };
}

type OperationsByKind = ReadonlyMap<Kind, readonly Operation[]>;

function operationsByKind(rules: readonly Rule[]): OperationsByKind {
  const found = new Map<Kind, Set<Operation>>();
  for (const rule of rules) {
    for (const kind of rule.kinds) {
      found.set(kind, new Set([...(found.get(kind) ?? []), ...rule.operations]));
    }
  }
  return new Map([...found].map(([kind, wanted]) => [kind, operationOrder.filter((one) => wanted.has(one))]));
}

function entriesOf(verb: 'validate' | 'mutate', wanted: OperationsByKind): readonly WebhookEntry[] {
  const entry = (subject: EntrySubject): WebhookEntry => {
    const concerned = [...wanted].filter(([kind]) => subjectOf(kind) === subject);
    const name = subject === 'objects' ? `${verb}.tenantgate.dev` : `${subject}.${verb}.tenantgate.dev`;
    return { name, path: `/${verb}`, rules: rulesOf(concerned, verb), matchConditions, subject };
  };
  return [entry('namespaces'), entry('cluster'), entry('objects')].filter(({ rules }) => rules.length > 0);
}

function subjectOf(kind: Kind): EntrySubject {
  if (kind === 'Namespace') return 'namespaces';
  return kinds[kind].namespaced ? 'objects' : 'cluster';
}

/** Resources with the same group, operations and scope share a rule. All is sorted, so that the rules are stable. */
function rulesOf(
  wanted: readonly (readonly [Kind, readonly Operation[]])[],
  verb: 'validate' | 'mutate',
): readonly WebhookRule[] {
  const rules = new Map<string, WebhookRule>();
  for (const one of wanted.flatMap(([kind, operations]) => rulesOfKind(kind, operations, verb))) {
    const key = [one.apiGroups.join(), one.scope, ruleRank(one)].join('/');
    const resources = [...(rules.get(key)?.resources ?? []), ...one.resources].sort();
    rules.set(key, { ...one, resources });
  }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** Sorts rules of one group by their operations, in the order in which an object meets them. */
function ruleRank({ operations }: WebhookRule): string {
  return operations.map((operation) => operationOrder.indexOf(operation)).join('');
}

/**
 * The resource itself, and its subresources: these are written by UPDATE only, whatever the rule judges else. Defaults
 * are for the object itself; through a subresource it is only judged.
 */
function rulesOfKind(
  kind: Kind,
  operations: readonly Operation[],
  verb: 'validate' | 'mutate',
): readonly WebhookRule[] {
  const { group, resource, namespaced, subresources } = kinds[kind];
  const base = {
    apiGroups: [group],
    apiVersions: everyVersion,
    scope: namespaced ? ('Namespaced' as const) : ('Cluster' as const),
  };
  const whole: WebhookRule = { ...base, operations, resources: [resource] };
  if (subresources.length === 0 || verb === 'mutate' || !operations.includes('UPDATE')) return [whole];
  const parts = subresources.map((subresource) => `${resource}/${subresource}`);
  return [whole, { ...base, operations: ['UPDATE'], resources: parts }];
}
