import { quote, type Fault, type Parsed } from '../../algebra/fault.ts';
import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
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
  const read = new FieldReader(object, '', faults);
  const metadata = read.member('metadata');
  const configuration: WebhookConfiguration = {
    kind,
    name: metadata.text('name'),
    labels: metadata.textMap('labels'),
    annotations: metadata.textMap('annotations'),
    webhooks: read.members('webhooks').map(readWebhook),
  };
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: configuration };
}

function readWebhook(entry: FieldReader): RegisteredWebhook {
  const client = entry.member('clientConfig');
  return {
    name: entry.text('name'),
    rules: entry.members('rules').map(readRule),
    target: readTarget(client),
    caBundle: client.text('caBundle', ''),
    failurePolicy: entry.text('failurePolicy', 'Fail'),
    matchPolicy: entry.text('matchPolicy', 'Equivalent'),
    sideEffects: entry.text('sideEffects'),
    reinvocationPolicy: entry.text('reinvocationPolicy', 'Never'),
    timeoutSeconds: entry.number('timeoutSeconds', 10),
    admissionReviewVersions: entry.texts('admissionReviewVersions'),
    namespaceSelector: entry.selector('namespaceSelector'),
    objectSelector: entry.selector('objectSelector'),
    matchConditions: entry.members('matchConditions').map(readCondition),
  };
}

function readRule(rule: FieldReader): RegisteredRule {
  return {
    apiGroups: rule.texts('apiGroups'),
    apiVersions: rule.texts('apiVersions'),
    operations: rule.texts('operations'),
    resources: rule.texts('resources'),
    scope: rule.text('scope', '*'),
  };
}

function readTarget(client: FieldReader): WebhookTarget {
  const url = client.text('url', '');
  if (url !== '') return { kind: 'url', url };
  const service = client.member('service');
  return {
    kind: 'service',
    namespace: service.text('namespace'),
    name: service.text('name'),
    port: service.number('port', 443),
    path: service.text('path', ''),
  };
}

function readCondition(condition: FieldReader): MatchCondition {
  return { name: condition.text('name'), expression: condition.text('expression') };
}

/** Reads members of one object and keeps every fault. Of what is no object, that is the only fault. */
class FieldReader {
  readonly #object: JsonObject | undefined;
  readonly #field: string;
  readonly #faults: Fault[];

  constructor(value: unknown, field: string, faults: Fault[]) {
    this.#object = isJsonObject(value) ? value : undefined;
    this.#field = field;
    this.#faults = faults;
    if (this.#object === undefined) faults.push({ field, message: `must be an object, not ${quote(value)}` });
  }

  member(name: string): FieldReader {
    // Nothing more is said of what is missing inside of what is missing.
    const faults = this.#object === undefined ? [] : this.#faults;
    return new FieldReader(this.#value(name), this.#path(name), faults);
  }

  members(name: string): readonly FieldReader[] {
    return this.#list(name).map(
      (value, index) => new FieldReader(value, this.#path(`${name}[${index}]`), this.#faults),
    );
  }

  /** Without a default the text must be there. */
  text(name: string, preset?: string): string {
    const value = this.#value(name) ?? preset;
    if (typeof value === 'string') return value;
    this.#fault(name, `must be a text, not ${quote(value)}`);
    return '';
  }

  number(name: string, preset: number): number {
    const value = this.#value(name) ?? preset;
    if (typeof value === 'number') return value;
    this.#fault(name, `must be a number, not ${quote(value)}`);
    return preset;
  }

  texts(name: string): readonly string[] {
    return this.#list(name).flatMap((value, index) => {
      if (typeof value === 'string') return [value];
      this.#fault(`${name}[${index}]`, `must be a text, not ${quote(value)}`);
      return [];
    });
  }

  /** A map of texts; nothing depends on members of it that are none. */
  textMap(name: string): Readonly<Record<string, string>> {
    const value = this.#value(name);
    const entries = isJsonObject(value) ? Object.entries(value) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  }

  selector(name: string): RegisteredSelector {
    const written = this.#value(name) ?? {};
    const parsed = parseLabelSelector(written, this.#path(name));
    if (parsed.ok && isJsonObject(written)) return { space: parsed.value, written };
    if (!parsed.ok) this.#faults.push(...parsed.faults);
    return { space: emptyLabelSpace, written: {} };
  }

  #list(name: string): readonly unknown[] {
    const value = this.#value(name) ?? [];
    if (Array.isArray(value)) return value as readonly unknown[];
    this.#fault(name, `must be a list, not ${quote(value)}`);
    return [];
  }

  #value(name: string): unknown {
    return this.#object === undefined ? undefined : ownMember(this.#object, name);
  }

  #path(name: string): string {
    return this.#field === '' ? name : `${this.#field}.${name}`;
  }

  #fault(name: string, message: string): void {
    if (this.#object !== undefined) this.#faults.push({ field: this.#path(name), message });
  }
}
