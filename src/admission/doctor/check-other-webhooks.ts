import { intersectLabelSpaces, matchesLabels, type Labels } from '../../algebra/label-space.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';
import type { StoredObjectReader } from '../object-ports.ts';
import { configurationsRequest, type ApiRequest } from '../registration/configuration-request.ts';
import { overlapsRequests, requestSpaces } from '../registration/request-space.ts';
import { everyNamespaceIn } from '../registration/selector-drift.ts';
import {
  configurationKinds,
  readWebhookConfiguration,
  type ConfigurationKind,
  type RegisteredWebhook,
  type WebhookConfiguration,
} from '../registration/webhook-configuration.ts';
import { ask, memberOf, objectsOf, textOf, unansweredRemark } from './cluster-question.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';
import type { RegistrationIdentity } from './usual-registration.ts';

export interface OtherWebhooksQuestion extends RegistrationIdentity {
  readonly reader: StoredObjectReader;
  readonly live: readonly WebhookConfiguration[];
}

/** Webhooks of others that could change what ours has seen, keep our pods from starting, or call us unbidden. */
export async function checkOtherWebhooks(question: OtherWebhooksQuestion): Promise<DoctorCheck> {
  const { reader, name } = question;
  const [lists, home] = await Promise.all([
    Promise.all(configurationKinds.map((kind) => readAll(reader, kind))),
    readHome(question),
  ]);
  const others = lists.flatMap(({ configurations }) => configurations).filter((one) => one.name !== name);
  const remarks = others.flatMap((other) => [
    ...laterRemarks(other, question),
    ...blockingRemarks(other, question, home.labels),
    ...callingRemarks(other, question),
  ]);
  const gaps = [...lists.flatMap((list) => list.gaps), ...home.gaps];
  return checkOf('other-webhooks', `${others.length} other configurations`, [...remarks, ...gaps]);
}

interface ReadAll {
  readonly configurations: readonly WebhookConfiguration[];
  readonly gaps: readonly DoctorRemark[];
}

async function readAll(reader: StoredObjectReader, kind: ConfigurationKind): Promise<ReadAll> {
  const request = configurationsRequest(kind);
  const reading = await ask(reader, request);
  if (reading.state !== 'read') {
    return { configurations: [], gaps: [unansweredRemark(`The list of every ${kind}`, reading, request)] };
  }
  const parsed = objectsOf(reading.object, 'items').map((item) => readWebhookConfiguration(kind, item));
  const unread = parsed.filter(({ ok }) => !ok).length;
  return {
    configurations: parsed.flatMap((one) => (one.ok ? [one.value] : [])),
    gaps:
      unread === 0
        ? []
        : [{ status: 'unknown', message: `${unread} of the list of every ${kind} cannot be read`, fix: undefined }],
  };
}

/** The labels of our own namespace: what selectors of others see of it. */
async function readHome({
  reader,
  serviceNamespace,
}: OtherWebhooksQuestion): Promise<{ readonly labels: Labels; readonly gaps: readonly DoctorRemark[] }> {
  const request: ApiRequest = {
    path: `/api/v1/namespaces/${encodeURIComponent(serviceNamespace)}`,
    rule: { apiGroups: [''], resources: ['namespaces'], resourceNames: [serviceNamespace], verbs: ['get'] },
  };
  const byName = { [namespaceNameLabel]: serviceNamespace };
  const reading = await ask(reader, request);
  if (reading.state !== 'read') {
    return { labels: byName, gaps: [unansweredRemark(`Namespace ${serviceNamespace}`, reading, request)] };
  }
  const labels = memberOf(memberOf(reading.object, 'metadata'), 'labels');
  const keys = Object.keys(labels ?? {});
  return { labels: { ...Object.fromEntries(keys.map((key) => [key, textOf(labels, key)])), ...byName }, gaps: [] };
}

/** Mutating webhooks are called in the order of the names of their configurations. */
function laterRemarks(other: WebhookConfiguration, { name, live }: OtherWebhooksQuestion): readonly DoctorRemark[] {
  if (other.kind !== 'MutatingWebhookConfiguration' || other.name < name) return [];
  const ours = live.flatMap(({ webhooks }) => webhooks);
  const shared = other.webhooks
    .filter((webhook) => ours.some((own) => canMeet(webhook, own)))
    .map((webhook) => webhook.name);
  if (shared.length === 0) return [];
  const message = `${other.kind} ${other.name} runs after ours on the same requests (${shared.sort().join(', ')}): what it changes is judged, and with reinvocationPolicy IfNeeded gets defaults again`;
  return [{ status: 'note', message, fix: undefined }];
}

function canMeet(one: RegisteredWebhook, other: RegisteredWebhook): boolean {
  const common = intersectLabelSpaces(one.namespaceSelector.space, other.namespaceSelector.space);
  if (everyNamespaceIn(common).isEmpty) return false;
  const spaces = requestSpaces(other.rules);
  return requestSpaces(one.rules).some((a) => spaces.some((b) => !intersectLabelSpaces(a, b).isEmpty));
}

/** While such a webhook does not answer, none of our pods starts; and ours may be what it waits for. */
function blockingRemarks(
  other: WebhookConfiguration,
  { serviceNamespace }: OtherWebhooksQuestion,
  home: Labels,
): readonly DoctorRemark[] {
  const pods = {
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    operation: 'CREATE',
    scope: 'Namespaced',
  };
  const blocking = other.webhooks.filter(
    ({ failurePolicy, namespaceSelector, rules }) =>
      failurePolicy === 'Fail' &&
      matchesLabels(namespaceSelector.space, home) &&
      overlapsRequests(requestSpaces(rules), pods),
  );
  if (blocking.length === 0) return [];
  const names = blocking
    .map(({ name }) => name)
    .sort()
    .join(', ');
  const message = `${other.kind} ${other.name} fails closed on pods in ${serviceNamespace} (${names}): while it does not answer, no pod of Tenantgate starts`;
  return [{ status: 'note', message, fix: undefined }];
}

function callingRemarks(other: WebhookConfiguration, { live }: OtherWebhooksQuestion): readonly DoctorRemark[] {
  const ours = new Set(live.flatMap(({ webhooks }) => webhooks.flatMap(({ target }) => serviceOf(target))));
  const calling = other.webhooks.filter(({ target }) => serviceOf(target).some((service) => ours.has(service)));
  return calling.map(({ name }) => ({
    status: 'note',
    message: `${other.kind} ${other.name}, webhook ${name} calls the Service of Tenantgate as well`,
    fix: undefined,
  }));
}

function serviceOf(target: RegisteredWebhook['target']): readonly string[] {
  return target.kind === 'service' ? [`${target.namespace}/${target.name}`] : [];
}
