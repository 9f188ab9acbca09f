import { constraintOn, type LabelSpace } from '../../algebra/label-space.ts';
import { sortedList } from '../../algebra/string-set.ts';
import type { Rule } from '../../policy/rule.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';
import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { emptyLabelSpace, everyLabelSpace } from '../../algebra/label-space.ts';
import type { LiveRegistration } from '../registration/compare-registration.ts';
import {
  configurationKinds,
  type ConfigurationKind,
  type MatchCondition,
  type RegisteredSelector,
  type RegisteredWebhook,
  type WebhookConfiguration,
  type WebhookTarget,
} from '../registration/webhook-configuration.ts';
import { subjectsWithoutPlatform, webhookRules, type WebhookEntry } from '../webhook-rules.ts';

/** Longer than this nobody should wait for a webhook. */
const longestTimeoutSeconds = 10;

/** What the doctor is asked about. */
export interface RegistrationIdentity {
  /** Of both configurations. */
  readonly name: string;
  readonly serviceNamespace: string;
}

/** Namespaces whose requests must never wait for Tenantgate, whatever else is left out. */
export function unguardedNamespaces({
  serviceNamespace,
}: Pick<RegistrationIdentity, 'serviceNamespace'>): readonly string[] {
  return [...new Set(['kube-node-lease', 'kube-public', 'kube-system', serviceNamespace])].sort();
}

/**
 * What should be registered, where nobody says what was rendered: the rules of this version in the usual shape. What may
 * well be chosen is taken from what is registered: the port, a short timeout, the failure policy, and further namespaces
 * that are left out by name.
 */
export function usualRegistration(
  rules: readonly Rule[],
  identity: RegistrationIdentity,
  live: LiveRegistration,
): readonly WebhookConfiguration[] {
  const { validating, mutating } = webhookRules(rules);
  const entries = { ValidatingWebhookConfiguration: validating, MutatingWebhookConfiguration: mutating };
  return configurationKinds.map((kind) => {
    const found = live.get(kind);
    const webhooks = found === undefined || found === 'missing' ? [] : found.webhooks;
    return {
      kind,
      name: identity.name,
      labels: {},
      annotations: {},
      webhooks: entries[kind].map((entry) =>
        usualWebhook(
          kind,
          entry,
          identity,
          webhooks.find(({ name }) => name === entry.name),
        ),
      ),
    };
  });
}

function usualWebhook(
  kind: ConfigurationKind,
  { name, path, rules, matchConditions, subject }: WebhookEntry,
  identity: RegistrationIdentity,
  live: RegisteredWebhook | undefined,
): RegisteredWebhook {
  return {
    name,
    rules,
    target: usualTarget(path, identity, live?.target),
    caBundle: '',
    // It follows the mode, which cannot be seen from outside.
    failurePolicy: live?.failurePolicy ?? 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: usualSideEffects(live),
    reinvocationPolicy: kind === 'ValidatingWebhookConfiguration' ? 'Never' : 'IfNeeded',
    timeoutSeconds: usualTimeout(kind, live?.timeoutSeconds),
    admissionReviewVersions: ['v1'],
    namespaceSelector: (subject === 'platform' ? usualPlatform : usualSelector)(
      identity,
      live?.namespaceSelector.space ?? everyLabelSpace,
    ),
    objectSelector: { space: everyLabelSpace, written: {} },
    matchConditions: subjectsWithoutPlatform.has(subject)
      ? [...matchConditions, ...platformCondition(live)]
      : matchConditions,
  };
}

/** With Events on there are some; the API server calls us alike in both cases. */
function usualSideEffects(live: RegisteredWebhook | undefined): string {
  return live?.sideEffects === 'NoneOnDryRun' ? live.sideEffects : 'None';
}

function usualTimeout(kind: ConfigurationKind, live: number | undefined): number {
  if (live !== undefined && live <= longestTimeoutSeconds) return live;
  return kind === 'ValidatingWebhookConfiguration' ? 3 : 2;
}

/** Where the platform is left out by who it is, the installation says who that is. */
function platformCondition(live: RegisteredWebhook | undefined): readonly MatchCondition[] {
  return live?.matchConditions.filter(({ name }) => name === 'not-the-platform') ?? [];
}

/** Any Service of the namespace may be ours; what it is called is up to the installation. */
function usualTarget(
  path: string,
  { name, serviceNamespace }: RegistrationIdentity,
  live: WebhookTarget | undefined,
): WebhookTarget {
  const target = { kind: 'service', namespace: serviceNamespace, path } as const;
  return live?.kind === 'service' && live.namespace === serviceNamespace
    ? { ...target, name: live.name, port: live.port }
    : { ...target, name, port: 443 };
}

/** Every namespace but some that are left out by their names: no other label is safe from tenants. */
function usualSelector(identity: RegistrationIdentity, live: LabelSpace): RegisteredSelector {
  return selectorByName('NotIn', [...unguardedNamespaces(identity), ...excludedNames(live)]);
}

/** The platform's namespaces by their names: the same that the other entries leave out, as far as is known from outside. */
function usualPlatform(identity: RegistrationIdentity, live: LabelSpace): RegisteredSelector {
  return selectorByName('In', [...unguardedNamespaces(identity), ...includedNames(live)]);
}

function selectorByName(operator: 'In' | 'NotIn', names: readonly string[]): RegisteredSelector {
  const written = { matchExpressions: [{ key: namespaceNameLabel, operator, values: [...new Set(names)].sort() }] };
  const parsed = parseLabelSelector(written, 'namespaceSelector');
  return { space: parsed.ok ? parsed.value : emptyLabelSpace, written };
}

/** The namespaces that the space names, where it names all that it holds. */
export function includedNames(space: LabelSpace): readonly string[] {
  const { values } = constraintOn(space, namespaceNameLabel);
  return values.isComplement ? [] : sortedList(values);
}

/** The namespaces that the space leaves out by name, where those are all that it leaves out by name. */
export function excludedNames(space: LabelSpace): readonly string[] {
  const { values } = constraintOn(space, namespaceNameLabel);
  return values.isComplement ? sortedList(values) : [];
}
