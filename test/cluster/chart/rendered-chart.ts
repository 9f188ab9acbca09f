import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import type { MatchCondition, WebhookRule } from '../../../src/admission/webhook-rules.ts';
import { type KubernetesObject } from '../cluster.ts';
import { type Helm } from '../helm.ts';
import { expectSuccess } from '../kubectl.ts';

export const chartFolder = join(import.meta.dirname, '../../../charts/tenantgate');

/** A webhook of a webhook configuration, as far as tests look at it. */
export interface Webhook {
  readonly name: string;
  readonly rules: readonly WebhookRule[];
  readonly matchConditions: readonly MatchCondition[];
  readonly failurePolicy: string;
  readonly matchPolicy: string;
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
  readonly reinvocationPolicy?: string;
  readonly admissionReviewVersions: readonly string[];
  readonly namespaceSelector: {
    readonly matchExpressions: readonly [
      { readonly key: string; readonly operator: string; readonly values: readonly string[] },
    ];
  };
  readonly objectSelector: object;
  readonly clientConfig: {
    readonly caBundle?: string;
    readonly service: {
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      readonly path: string;
    };
  };
}

/** Renders the chart without a cluster, as `helm template` does. */
export async function renderChart(
  helm: Helm,
  values: readonly string[] = [],
  { release = 'tenantgate', namespace = 'tenantgate-system' } = {},
): Promise<readonly KubernetesObject[]> {
  const sets = values.map((value) => `--set=${value}`);
  return objectsOf(expectSuccess(await helm(['template', release, chartFolder, `--namespace=${namespace}`, ...sets])));
}

/** The objects of a stream of YAML documents. */
function objectsOf(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** The object of a kind, and of a name where there are several. */
function objectOf(objects: readonly KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found === undefined) throw new Error(`no ${kind} ${name ?? ''} was rendered`);
  return found;
}

export function webhooksOf(objects: readonly KubernetesObject[]): readonly Webhook[] {
  return ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap(
    (kind) => objectOf(objects, kind)['webhooks'] as readonly Webhook[],
  );
}

/** What is there while the release stands: without what only runs as a hook on uninstall. */
export function standing(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== 'pre-delete');
}

/** What a ConfigMap holds under a key. */
export function textOf(objects: readonly KubernetesObject[], key: string): string {
  const data = objectOf(objects, 'ConfigMap')['data'] as Readonly<Record<string, string>>;
  return data[key] ?? '';
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly securityContext?: Readonly<Record<string, unknown>>;
    readonly resources?: {
      readonly requests?: Readonly<Record<string, string>>;
      readonly limits?: Readonly<Record<string, string>>;
    };
  }[];
}

/** The pod of a Deployment or a Job. */
export function podOf(objects: readonly KubernetesObject[], kind: 'Deployment' | 'Job'): PodSpec {
  const spec = objectOf(objects, kind)['spec'] as { readonly template: { readonly spec: PodSpec } };
  return spec.template.spec;
}
