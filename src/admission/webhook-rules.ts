import { kinds, type Kind } from '../policy/objects/kinds.ts';
import { operationsOn, type Rule } from '../policy/rule.ts';
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
 * nobody could install anything while no server runs. The Namespaces of the `platform` have one too, since every other entry
 * leaves them out by name: this one sends what tenants do to them, and never waits for the platform or the control plane.
 */
export type EntrySubject = 'namespaces' | 'platform' | 'cluster' | 'objects';

/** The subjects on which the platform is left out by who it is; who that is, the installation says. */
export const subjectsWithoutPlatform: ReadonlySet<EntrySubject> = new Set(['platform', 'cluster']);

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

/**
 * Who keeps the cluster running, whatever the Tenancy document says: no mistake in it may make the control plane, the nodes
 * or the administrators wait for a webhook before they write a Namespace such as kube-system.
 */
export const notTheControlPlane: MatchCondition = {
  name: 'not-the-control-plane',
  expression:
    "!(request.userInfo.username in ['system:cloud-controller-manager', 'system:kube-controller-manager', 'system:kube-scheduler']) && !request.userInfo.groups.exists(group, group in ['system:masters', 'system:nodes', 'system:serviceaccounts:kube-system'])",
};

/** Nodes write the status of each pod all the time; what matters in it is that labels can be changed there too. */
const labelsOfStatus: MatchCondition = {
  name: 'not-a-status-that-keeps-labels',
  expression:
    "!(request.resource.resource == 'pods' && has(request.subResource) && request.subResource == 'status') || (has(object.metadata.labels) ? object.metadata.labels : {}) != (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})",
};

const operationOrder: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE'];

/** Derives what the API server must send from the kinds and operations that the rules judge, and nothing beyond it. */
export function webhookRules(rules: readonly Rule[]): WebhookRules {
  return {
    validating: entriesOf(
      'validate',
      rules.filter((rule) => rule.type === 'check'),
    ),
    mutating: entriesOf(
      'mutate',
      rules.filter((rule) => rule.type === 'default'),
    ),
  };
}

/** What the API server must send of one kind: operations on the object, and subresources beyond those that carry it. */
interface Wanted {
  readonly operations: readonly Operation[];
  readonly subresources: readonly string[];
}

type WantedByKind = ReadonlyMap<Kind, Wanted>;

function wantedByKind(rules: readonly Rule[]): WantedByKind {
  const kindsInUse = new Set(rules.flatMap((rule) => rule.kinds));
  return new Map(
    [...kindsInUse].map((kind) => {
      const concerned = rules.filter((rule) => rule.kinds.includes(kind));
      return [kind, wantedOf(concerned, kind)];
    }),
  );
}

function wantedOf(rules: readonly Rule[], kind: Kind): Wanted {
  const ofObject = new Set(
    rules.filter((rule) => partsOf(rule).length === 0).flatMap((rule) => operationsOn(rule, kind)),
  );
  return {
    operations: operationOrder.filter((one) => ofObject.has(one)),
    subresources: [...new Set(rules.flatMap(partsOf))],
  };
}

/** The subresources that a rule judges instead of the object. */
function partsOf(rule: Rule): readonly string[] {
  return rule.type === 'check' ? (rule.subresources ?? []) : [];
}

function entriesOf(verb: 'validate' | 'mutate', rules: readonly Rule[]): readonly WebhookEntry[] {
  const subjects: readonly EntrySubject[] = ['namespaces', 'cluster', 'objects', 'platform'];
  return subjects
    .map((subject): WebhookEntry => {
      const wanted = wantedByKind(rules.filter((rule) => guardsPlatform(rule) === (subject === 'platform')));
      const concerned = [...wanted].filter(([kind]) => subject === 'platform' || subjectOf(kind) === subject);
      const entryRules = rulesOf(concerned, verb);
      return {
        name: entryName(subject, verb),
        path: `/${verb}`,
        rules: entryRules,
        matchConditions: [
          ...matchConditions,
          ...(subject === 'platform' ? [notTheControlPlane] : []),
          ...(entryRules.some(({ resources }) => resources.includes('pods/status')) ? [labelsOfStatus] : []),
        ],
        subject,
      };
    })
    .filter((entry) => entry.rules.length > 0);
}

/** Name of the entry on a subject. */
export function entryName(subject: EntrySubject, verb: 'validate' | 'mutate'): string {
  return subject === 'objects' ? `${verb}.tenantgate.dev` : `${subject}.${verb}.tenantgate.dev`;
}

function guardsPlatform(rule: Rule): boolean {
  return rule.type === 'check' && rule.guardsPlatform === true;
}

function subjectOf(kind: Kind): EntrySubject {
  if (kind === 'Namespace') return 'namespaces';
  return kinds[kind].namespaced ? 'objects' : 'cluster';
}

/** Resources with the same group, operations and scope share a rule. All is sorted, so that the rules are stable. */
function rulesOf(wanted: readonly (readonly [Kind, Wanted])[], verb: 'validate' | 'mutate'): readonly WebhookRule[] {
  const rules = new Map<string, WebhookRule>();
  for (const one of wanted.flatMap(([kind, ofKind]) => rulesOfKind(kind, ofKind, verb))) {
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
function rulesOfKind(kind: Kind, wanted: Wanted, verb: 'validate' | 'mutate'): readonly WebhookRule[] {
  const { group, resource, namespaced, subresources } = kinds[kind];
  const { operations } = wanted;
  const base = {
    apiGroups: [group],
    apiVersions: everyVersion,
    scope: namespaced ? ('Namespaced' as const) : ('Cluster' as const),
  };
  const carrying = verb === 'validate' && operations.includes('UPDATE') ? subresources : [];
  const parts = [...new Set([...carrying, ...wanted.subresources])].map((name) => `${resource}/${name}`);
  return [
    ...(operations.length === 0 ? [] : [{ ...base, operations, resources: [resource] }]),
    ...(parts.length === 0 ? [] : [{ ...base, operations: ['UPDATE'] as const, resources: parts }]),
  ];
}
