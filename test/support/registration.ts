import { subjectsWithoutPlatform, webhookRules, type WebhookEntry } from '../../src/admission/webhook-rules.ts';
import {
  readWebhookConfiguration,
  type ConfigurationKind,
  type WebhookConfiguration,
} from '../../src/admission/registration/webhook-configuration.ts';
import type { LabelSelector } from '../../src/algebra/label-selector.ts';
import { rules } from '../../src/policy/rules/index.ts';

/** A configuration as JSON, free to be changed by a test. */
export interface RawConfiguration {
  apiVersion: string;
  kind: ConfigurationKind;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  webhooks: RawWebhook[];
}

export interface RawWebhook {
  name: string;
  admissionReviewVersions: string[];
  clientConfig: RawClientConfig;
  failurePolicy: string;
  matchPolicy: string;
  sideEffects: string;
  timeoutSeconds: number;
  reinvocationPolicy?: string;
  namespaceSelector: LabelSelector;
  objectSelector?: LabelSelector;
  matchConditions: { name: string; expression: string }[];
  rules: RawRule[];
}

export interface RawClientConfig {
  service: { namespace: string; name: string; port: number; path: string };
  caBundle?: string;
}

export interface RawRule {
  apiGroups: string[];
  apiVersions: string[];
  operations: string[];
  resources: string[];
  scope: string;
}

export const service = { namespace: 'tenantgate-system', name: 'tenantgate', port: 443 };

/** Requests in these are never sent to us. */
export const platformNamespaces = [
  'cert-manager',
  'flux-system',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  service.namespace,
];

/** Selects every namespace but these. */
export function selectorFor(...excluded: readonly string[]): LabelSelector {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: excluded }] };
}

/** Selects the platform's namespaces and no other. */
const platformSelector: LabelSelector = {
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: platformNamespaces }],
};

/** The configuration as it is rendered: what the rules need, everything else as explicit as it can be. */
export function rendered(kind: ConfigurationKind): RawConfiguration {
  const { validating, mutating } = webhookRules(rules);
  const entries = kind === 'ValidatingWebhookConfiguration' ? validating : mutating;
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'tenantgate', labels: { 'app.kubernetes.io/instance': 'gate' } },
    webhooks: entries.map((entry) => renderedWebhook(kind, entry)),
  };
}

/** Who is left out on objects of the whole cluster, as the installation says. */
const platformCondition = { name: 'not-the-platform', expression: "request.userInfo.username != 'root'" };

function renderedWebhook(kind: ConfigurationKind, entry: WebhookEntry): RawWebhook {
  const { name, path, rules: wanted, matchConditions, subject } = entry;
  const isValidating = kind === 'ValidatingWebhookConfiguration';
  return {
    name,
    admissionReviewVersions: ['v1'],
    clientConfig: { service: { ...service, path } },
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: isValidating ? 3 : 2,
    ...(isValidating ? {} : { reinvocationPolicy: 'IfNeeded' }),
    namespaceSelector: subject === 'platform' ? platformSelector : selectorFor(...platformNamespaces),
    matchConditions: [...matchConditions, ...(subjectsWithoutPlatform.has(subject) ? [platformCondition] : [])],
    rules: structuredClone(wanted) as RawRule[],
  };
}

/** The same as the API server stores it: with a caBundle in each webhook. */
export function stored(kind: ConfigurationKind, caBundle: string): RawConfiguration {
  const object = rendered(kind);
  for (const webhook of object.webhooks) webhook.clientConfig.caBundle = caBundle;
  return object;
}

/** A clientConfig that leads to a URL. */
export function clientConfigOf(url: string, caBundle?: string): RawClientConfig {
  return { url, ...(caBundle === undefined ? {} : { caBundle }) } as unknown as RawClientConfig;
}

/** The webhook of this name. */
export function webhookOf(object: RawConfiguration, name: string): RawWebhook {
  const found = object.webhooks.find((webhook) => webhook.name === name);
  if (found === undefined) throw new Error(`there is no webhook ${name}`);
  return found;
}

/** Reads what a test has made; one that cannot be read is a fault of the test. */
export function read(object: RawConfiguration): WebhookConfiguration {
  const parsed = readWebhookConfiguration(object.kind, object);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}
