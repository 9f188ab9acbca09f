import { quote, type Fault, type Parsed } from '../../algebra/fault.ts';
import { isJsonObject, ownList, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { parseLabelSelector } from '../../algebra/label-selector.ts';
import { emptyLabelSpace, type LabelSpace } from '../../algebra/label-space.ts';

export const configurationKinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
export type ConfigurationKind = (typeof configurationKinds)[number];

/** A RuleWithOperations as it is stored, wildcards and all. */
export interface RegisteredRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope: string;
}

/** Where the API server sends reviews. */
export type WebhookTarget =
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      readonly path: string;
    }
  | { readonly kind: 'url'; readonly url: string };

/** A selector as the set that it means, and as it is written, which is what mends another. */
export interface RegisteredSelector {
  readonly space: LabelSpace;
  readonly written: JsonObject;
}

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** One webhook of a configuration, with the defaults of the API server filled in. */
export interface RegisteredWebhook {
  readonly name: string;
  readonly rules: readonly RegisteredRule[];
  readonly target: WebhookTarget;
  /** Base64 as it is stored; empty where there is none. */
  readonly caBundle: string;
  readonly failurePolicy: string;
  readonly matchPolicy: string;
  readonly sideEffects: string;
  /** Of mutating webhooks only; `Never` for the others, which are never called again. */
  readonly reinvocationPolicy: string;
  readonly timeoutSeconds: number;
  readonly admissionReviewVersions: readonly string[];
  readonly namespaceSelector: RegisteredSelector;
  readonly objectSelector: RegisteredSelector;
  readonly matchConditions: readonly MatchCondition[];
}

/** A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration. */
export interface WebhookConfiguration {
  readonly kind: ConfigurationKind;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly webhooks: readonly RegisteredWebhook[];
}

/** The kind of configuration that the object is, or undefined for anything else. */
export function configurationKindOf(object: JsonObject): ConfigurationKind | undefined {
  const apiVersion = ownMember(object, 'apiVersion');
  const kind = ownMember(object, 'kind');
  return typeof apiVersion === 'string' && apiVersion.startsWith('admissionregistration.k8s.io/')
    ? configurationKinds.find((known) => known === kind)
    : undefined;
}

/**
 * Reads a configuration as the API server would: what is absent has the default of admissionregistration.k8s.io/v1, so that
 * a rendered file and a stored object can be compared. Items of a list carry no kind; the caller knows it.
 */
export function readWebhookConfiguration(kind: ConfigurationKind, object: unknown): Parsed<WebhookConfiguration> {
  const faults: Fault[] = [];
  const whole = objectOf(object, kind, faults);
  const metadata = objectOf(ownMember(whole, 'metadata'), 'metadata', faults);
  const configuration: WebhookConfiguration = {
    kind,
    name: new FieldReader(metadata, 'metadata', faults).text('name'),
    labels: textsOf(ownMember(metadata, 'labels')),
    annotations: textsOf(ownMember(metadata, 'annotations')),
    webhooks: (ownList(whole, 'webhooks', kind, faults) ?? []).map((entry, index) =>
      readWebhook(entry, `webhooks[${index}]`, faults),
    ),
  };
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: configuration };
}

function readWebhook(value: unknown, field: string, faults: Fault[]): RegisteredWebhook {
  const entry = objectOf(value, field, faults);
  const read = new FieldReader(entry, field, faults);
  const client = objectOf(ownMember(entry, 'clientConfig'), `${field}.clientConfig`, faults);
  return {
    name: read.text('name'),
    rules: read.list('rules').map((rule, index) => readRule(rule, `${field}.rules[${index}]`, faults)),
    target: readTarget(client, `${field}.clientConfig`, faults),
    caBundle: new FieldReader(client, `${field}.clientConfig`, faults).text('caBundle', ''),
    failurePolicy: read.text('failurePolicy', 'Fail'),
    matchPolicy: read.text('matchPolicy', 'Equivalent'),
    sideEffects: read.text('sideEffects'),
    reinvocationPolicy: read.text('reinvocationPolicy', 'Never'),
    timeoutSeconds: read.number('timeoutSeconds', 10),
    admissionReviewVersions: read.texts('admissionReviewVersions'),
    namespaceSelector: readSelector(entry, 'namespaceSelector', field, faults),
    objectSelector: readSelector(entry, 'objectSelector', field, faults),
    matchConditions: read
      .list('matchConditions')
      .map((condition, index) => readCondition(condition, `${field}.matchConditions[${index}]`, faults)),
  };
}

function readRule(value: unknown, field: string, faults: Fault[]): RegisteredRule {
  const read = new FieldReader(objectOf(value, field, faults), field, faults);
  return {
    apiGroups: read.texts('apiGroups'),
    apiVersions: read.texts('apiVersions'),
    operations: read.texts('operations'),
    resources: read.texts('resources'),
    scope: read.text('scope', '*'),
  };
}

function readTarget(client: JsonObject, field: string, faults: Fault[]): WebhookTarget {
  const url = ownMember(client, 'url');
  if (typeof url === 'string') return { kind: 'url', url };
  const path = `${field}.service`;
  const read = new FieldReader(objectOf(ownMember(client, 'service'), path, faults), path, faults);
  return {
    kind: 'service',
    namespace: read.text('namespace'),
    name: read.text('name'),
    port: read.number('port', 443),
    path: read.text('path', ''),
  };
}

function readSelector(entry: JsonObject, name: string, field: string, faults: Fault[]): RegisteredSelector {
  const written = ownMember(entry, name) ?? {};
  const parsed = parseLabelSelector(written, `${field}.${name}`);
  if (parsed.ok && isJsonObject(written)) return { space: parsed.value, written };
  if (!parsed.ok) faults.push(...parsed.faults);
  return { space: emptyLabelSpace, written: {} };
}

function readCondition(value: unknown, field: string, faults: Fault[]): MatchCondition {
  const read = new FieldReader(objectOf(value, field, faults), field, faults);
  return { name: read.text('name'), expression: read.text('expression') };
}

function objectOf(value: unknown, field: string, faults: Fault[]): JsonObject {
  if (isJsonObject(value)) return value;
  faults.push({ field, message: `must be an object, not ${quote(value)}` });
  return {};
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Reads members of one object and keeps every fault. */
class FieldReader {
  readonly #object: JsonObject;
  readonly #field: string;
  readonly #faults: Fault[];

  constructor(object: JsonObject, field: string, faults: Fault[]) {
    this.#object = object;
    this.#field = field;
    this.#faults = faults;
  }

  /** Without a default the text must be there. */
  text(name: string, preset?: string): string {
    const value = ownMember(this.#object, name) ?? preset;
    if (typeof value === 'string') return value;
    this.#faults.push({ field: `${this.#field}.${name}`, message: `must be a text, not ${quote(value)}` });
    return '';
  }

  number(name: string, preset: number): number {
    const value = ownMember(this.#object, name) ?? preset;
    if (typeof value === 'number') return value;
    this.#faults.push({ field: `${this.#field}.${name}`, message: `must be a number, not ${quote(value)}` });
    return preset;
  }

  list(name: string): readonly unknown[] {
    return ownList(this.#object, name, this.#field, this.#faults) ?? [];
  }

  texts(name: string): readonly string[] {
    return this.list(name).flatMap((value, index) => {
      if (typeof value === 'string') return [value];
      const field = `${this.#field}.${name}[${index}]`;
      this.#faults.push({ field, message: `must be a text, not ${quote(value)}` });
      return [];
    });
  }
}
