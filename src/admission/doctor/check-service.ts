import type { JsonObject } from '../../algebra/json-object.ts';
import type { StoredObjectReader } from '../object-ports.ts';
import type { ApiRequest } from '../registration/configuration-request.ts';
import type { WebhookConfiguration, WebhookTarget } from '../registration/webhook-configuration.ts';
import { ask, memberOf, objectsOf, textOf, unansweredRemark } from './cluster-question.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';

export type ServiceTarget = Extract<WebhookTarget, { readonly kind: 'service' }>;

/** What was seen of one Service. */
interface ServiceFinding {
  readonly evidence: string;
  readonly remarks: readonly DoctorRemark[];
}

/** Whether what the API server calls is there: the Service, its port, and somebody who answers behind it. */
export async function checkService(
  reader: StoredObjectReader,
  configurations: readonly WebhookConfiguration[],
  reapply: string,
): Promise<DoctorCheck> {
  const findings = await Promise.all(serviceTargets(configurations).map((target) => lookAt(reader, target, reapply)));
  const evidence =
    findings.length === 0 ? 'no Service is called' : findings.map((finding) => finding.evidence).join('; ');
  return checkOf(
    'service',
    evidence,
    findings.flatMap(({ remarks }) => remarks),
  );
}

/** Each Service that is called, once. */
export function serviceTargets(configurations: readonly WebhookConfiguration[]): readonly ServiceTarget[] {
  const targets = configurations.flatMap(({ webhooks }) => webhooks.map(({ target }) => target));
  const services = new Map(
    targets
      .filter((target): target is ServiceTarget => target.kind === 'service')
      .map((target) => [`${target.namespace}/${target.name}:${target.port}`, target]),
  );
  return [...services.values()];
}

/** The EndpointSlices of a Service; undefined where they cannot be read, which is told of the Service. */
export async function slicesOf(
  reader: StoredObjectReader,
  target: ServiceTarget,
): Promise<readonly JsonObject[] | undefined> {
  const reading = await ask(reader, endpointsRequest(target));
  if (reading.state === 'missing') return [];
  return reading.state === 'read' ? objectsOf(reading.object, 'items') : undefined;
}

async function lookAt(reader: StoredObjectReader, target: ServiceTarget, reapply: string): Promise<ServiceFinding> {
  const { namespace, name } = target;
  const what = `Service ${namespace}/${name}`;
  const request = serviceRequest(target);
  const reading = await ask(reader, request);
  if (reading.state === 'missing') {
    const message = `${what} does not exist: no call succeeds`;
    return { evidence: `${what} is missing`, remarks: [{ status: 'wrong', message, fix: reapply }] };
  }
  if (reading.state !== 'read') return { evidence: what, remarks: [unansweredRemark(what, reading, request)] };
  const spec = memberOf(reading.object, 'spec');
  const ports = objectsOf(spec, 'ports');
  const port = ports.find((one) => memberOf(one, 'port') === target.port);
  if (port === undefined) {
    const offered = ports.map((one) => String(memberOf(one, 'port'))).join(', ');
    const message = `${what} has no port ${target.port}, which the API server calls; it has ${offered === '' ? 'none' : offered}`;
    return { evidence: what, remarks: [{ status: 'wrong', message, fix: reapply }] };
  }
  if (textOf(spec, 'type') === 'ExternalName') {
    const message = `${what} leads out of the cluster, to ${textOf(spec, 'externalName')}: whether somebody answers cannot be seen`;
    return { evidence: what, remarks: [{ status: 'note', message, fix: undefined }] };
  }
  return lookBehind(reader, target, textOf(port, 'name'));
}

async function lookBehind(
  reader: StoredObjectReader,
  target: ServiceTarget,
  portName: string,
): Promise<ServiceFinding> {
  const { namespace, name } = target;
  const what = `Service ${namespace}/${name}`;
  const request = endpointsRequest(target);
  const reading = await ask(reader, request);
  if (reading.state !== 'read') {
    return { evidence: what, remarks: [unansweredRemark(`Endpoints of ${what}`, reading, request)] };
  }
  const slices = objectsOf(reading.object, 'items');
  const offering = slices.filter((slice) =>
    objectsOf(slice, 'ports').some((port) => textOf(port, 'name') === portName),
  );
  const ready = offering.flatMap((slice) => objectsOf(slice, 'endpoints')).filter(isReady).length;
  const evidence = `${what} with ${ready} ready endpoints`;
  if (ready > 0) return { evidence, remarks: [] };
  const message = `${what} has no ready endpoint: no call succeeds`;
  return { evidence, remarks: [{ status: 'wrong', message, fix: `kubectl --namespace ${namespace} get pods` }] };
}

/** Absent counts as ready (discovery.k8s.io/v1, EndpointConditions). */
function isReady(endpoint: unknown): boolean {
  return memberOf(memberOf(endpoint, 'conditions'), 'ready') !== false;
}

function serviceRequest({ namespace, name }: ServiceTarget): ApiRequest {
  return {
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`,
    rule: { apiGroups: [''], resources: ['services'], resourceNames: [name], verbs: ['get'] },
    namespace,
  };
}

function endpointsRequest({ namespace, name }: ServiceTarget): ApiRequest {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  return {
    path: `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices?labelSelector=${selector}`,
    rule: { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
    namespace,
  };
}
